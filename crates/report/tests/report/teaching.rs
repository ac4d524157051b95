//! The report of a circuit that has nothing of the larva: five neurons, from their data to the page.

use std::sync::OnceLock;

use kenyon_circuit::Circuit;
use kenyon_connectome::DataSet;
use kenyon_report::{Figure, Formats, Results, figures, write};
use kenyon_study::{Comparison, Effort, Plan, StudyFile, run};
use kenyon_testing::{Suite, workspace_root};
use tempfile::TempDir;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("five_neurons_learn_their_odours", learned)
        .test("the_report_of_five_neurons_is_complete", complete)
        .test(
            "the_report_of_five_neurons_has_no_words_of_the_larva",
            no_larva,
        )
}

struct Specimen {
    /// Kept as long as the results are read.
    folder: TempDir,
    results: Results,
    figures: Vec<Figure>,
}

fn specimen() -> &'static Specimen {
    static SPECIMEN: OnceLock<Specimen> = OnceLock::new();
    SPECIMEN.get_or_init(|| {
        let source = workspace_root().join("circuits/teaching");
        let text = |file: &str| std::fs::read_to_string(source.join(file)).expect("a file");
        let mut study = StudyFile::parse(&text("study.toml")).expect("the study");
        study.read_tables(&source).expect("its tables");
        let circuit = Circuit::parse(&text("circuit.toml")).expect("the circuit");
        let data = DataSet::load(&source).expect("the neurons");
        let folder = TempDir::new().expect("a temporary folder");
        let plan = Plan::new(study, &data, &circuit, folder.path(), false).expect("the plan");
        let (summary, _) =
            run(&plan, Effort::Complete, &Comparison::default(), &|_| ()).expect("the study");
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

fn learned() {
    let results = &specimen().results;
    let of = |figure: &str| {
        let quantity = results.quantity("canonical", "evaluation", figure);
        quantity.unwrap_or_else(|| panic!("no {figure}")).mean
    };
    assert!((of("chance_accuracy_pct") - 100.0 / 3.0).abs() < 1e-9);
    assert!(of("accuracy_pct") > 95.0, "{} %", of("accuracy_pct"));
}

fn complete() {
    let drawn: Vec<&str> = specimen().figures.iter().map(|it| it.id.as_str()).collect();
    for id in [
        "1_circuit",
        "accuracy",
        "decisions",
        "populations",
        "effects",
        "raster_mint",
        "currents",
        "training",
        "parameters",
    ] {
        assert!(
            drawn.iter().any(|it| it.starts_with(id)),
            "no {id} in {drawn:?}"
        );
    }
    let published: Vec<&str> = (specimen().figures.iter())
        .filter(|it| it.published)
        .map(|it| it.id.as_str())
        .collect();
    assert!(
        published.is_empty(),
        "{published:?} are nobody's publication"
    );
}

fn no_larva() {
    let specimen = specimen();
    let folder = TempDir::new().expect("a temporary folder");
    let results = Results::read(specimen.folder.path()).expect("the results");
    let page = write(&results, folder.path(), Formats::PageOnly)
        .expect("a page")
        .page;
    let page = std::fs::read_to_string(page).expect("the page");
    let (_, body) = page.split_once("<body>").expect("a body");
    let body = body.split("<div id=\"tip\"").next().expect("what is read");
    for foreign in [
        "Kenyon cell",
        "KC",
        "APL",
        "MBON",
        "ORN",
        "larva",
        "antennal",
        "mushroom",
        "Projection neuron",
        "projection neuron",
        "publication",
        "rate network",
        "receptors by position",
        "NaN",
    ] {
        if let Some(at) = body.find(foreign) {
            let from = body[..at].char_indices().rev().nth(60).map_or(0, |it| it.0);
            let around: String = body[from..].chars().take(160).collect();
            panic!("\"{foreign}\" in: {around}");
        }
    }
    for own in [
        "five neurons",
        "Receptor",
        "Local",
        "Output",
        "apple",
        "mint",
    ] {
        assert!(body.contains(own), "{own}");
    }
}
