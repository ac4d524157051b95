//! A study with everything that figures are made of, in seconds.

use std::path::Path;
use std::sync::OnceLock;

use kenyon_circuit::Circuit;
use kenyon_connectome::sample::sample;
use kenyon_report::{Figure, Results, figures};
use kenyon_study::{Comparison, Effort, Plan, Publication, StudyFile, run};
use tempfile::TempDir;

/// Names of experiments and measurements are those that the publication's figures look for.
const STUDY: &str = r#"
name = "specimen"
about = "A study to draw"
seeds = [1, 2]
training = { teacher_epochs = 3, student_epochs = 4 }

[wiring.shuffled]
kind = "null"
family = "independent_permutation"

[wiring.swaps]
kind = "null"
family = "degree_preserving_swaps"
connectomes = 6

[task.odours_7]
kind = "subset"
odours = 7

[task.odours_14]
kind = "subset"
odours = 14

[measurement.after_training_brief]
kind = "after_training"
concentrations = false

[[experiment]]
name = "canonical"
about = "As it is"
monitor = true
measure = ["after_training", "reevaluation", "reevaluation_without_apl", "figure_four", "recordings"]
across_seeds = true

[[experiment]]
name = "shuffled"
wiring = "shuffled"
measure = ["reevaluation", "figure_four"]

[[experiment]]
name = "no_apl"
replicate = 1
measure = ["reevaluation", "figure_four"]

[[experiment]]
name = "no_sparsity"
loss = "ce_only"
measure = ["reevaluation", "figure_four"]

[[experiment]]
name = "odours"
task = ["odours_7", "odours_14"]
measure = ["after_training_brief"]

[[experiment]]
name = "swaps"
wiring = "swaps"
seeds = [1]
measure = ["reevaluation"]
"#;

/// A finished study and its figures.
pub struct Specimen {
    folder: TempDir,
    pub results: Results,
    pub figures: Vec<Figure>,
}

impl Specimen {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    #[track_caller]
    pub fn figure(&self, id: &str) -> &Figure {
        let found = self.figures.iter().find(|figure| figure.id == id);
        found.unwrap_or_else(|| {
            let drawn: Vec<&str> = self.figures.iter().map(|it| it.id.as_str()).collect();
            panic!("no figure {id} among {drawn:?}")
        })
    }
}

/// The study, carried out once.
pub fn specimen() -> &'static Specimen {
    static SPECIMEN: OnceLock<Specimen> = OnceLock::new();
    SPECIMEN.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let file = StudyFile::parse(STUDY).expect("the study");
        let data = sample(7, 1).expect("the larva");
        let plan =
            Plan::new(file, &data, &Circuit::larva(), folder.path(), true).expect("the plan");
        let comparison = Comparison {
            publication: Some(Publication::whole().measured_by(&plan)),
            not_judged: None,
        };
        let (summary, _) = run(&plan, Effort::Complete, &comparison, &|_| ()).expect("the study");
        assert!(summary.complete, "{:?}", summary.failures);
        let results = Results::read(folder.path()).expect("the results");
        let figures = figures(&results).expect("the figures");
        Specimen {
            folder,
            results,
            figures,
        }
    })
}
