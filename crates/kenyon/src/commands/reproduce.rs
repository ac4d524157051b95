//! `kenyon reproduce`: train and measure the published models and judge them.

use std::path::{Path, PathBuf};

use clap::Args;
use kenyon_circuit::Circuit;
use kenyon_connectome::{DataSet, Individual};
use kenyon_study::{
    BuiltIn, CANONICAL_SEEDS, Choice, Effort, Plan, RESULTS, StudyFile, run as run_study,
};
use serde_json::json;

use super::report::{self, ReportArguments};
use crate::arguments::Mapping;
use crate::data;
use crate::ending::Ending;
use crate::model::mapping_name;
use crate::output::Output;
use crate::study_progress::StudyProgress;
use crate::summary;

/// Arguments of `kenyon reproduce`.
#[derive(Debug, Args)]
#[command(
    after_help = "Finished runs are kept and skipped unless data, circuit, settings or code have \
                  changed; an interrupted one goes on where it stopped.\n\nExample: kenyon reproduce --out results/reproduce"
)]
pub(crate) struct Arguments {
    /// Every experiment of the publication, not only its main figures: 100 students
    #[arg(long)]
    all: bool,
    /// Measure the stored models again and train nothing
    #[arg(long)]
    measure_again: bool,
    /// Seeds, one teacher and one student each [default: 42,43,44,45,46]
    #[arg(long, value_name = "SEED,...", value_delimiter = ',')]
    seeds: Vec<u64>,
    /// Folder of the results [default: results/reproduce or results/paper; results/quick,
    /// results/reproduce-by_name and so on for other studies]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// One seed, fewer epochs and trials: a look at the whole in seconds, not judged
    #[arg(long)]
    quick: bool,
    /// How receptor responses are assigned to receptor neurons; only by_position is judged
    #[arg(long, value_enum, default_value_t = Mapping::ByPosition)]
    mapping: Mapping,
    #[command(flatten)]
    report: ReportArguments,
}

/// Seeds that the name of a results folder shows.
const SEEDS_IN_NAME: usize = 6;

/// Epochs of `--quick`; with `--all` there are 20 times as many students.
const QUICK_TEACHER_EPOCHS: usize = 60;
const QUICK_STUDENT_EPOCHS: usize = 30;
const QUICK_EPOCHS_OF_ALL: usize = 4;

/// Trains and measures the published models.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let study = if arguments.all {
        BuiltIn::Paper
    } else {
        BuiltIn::Headline
    };
    let file = file(arguments, study);
    let folder = arguments
        .out
        .clone()
        .unwrap_or_else(|| Path::new(RESULTS).join(study_name(arguments, study, &data)));
    let plan = Plan::new(file, &data, &Circuit::larva(), &folder, arguments.quick)?;
    output.line(format_args!(
        "{}, receptors {}; {} students",
        data::describe(&data),
        mapping_name(arguments.mapping.into()),
        plan.units.len()
    ));
    let progress = StudyProgress::new(output);
    let effort = if arguments.measure_again {
        Effort::MeasureAgain
    } else {
        Effort::Complete
    };
    let comparison = study.comparison(&plan);
    let result = run_study(&plan, effort, &comparison, &|event| progress.update(event));
    progress.finish();
    let (summary, timings) = result?;
    let (failed, rows) = match &summary.judgement {
        Some(judgement) => {
            summary::judgement(output, judgement);
            (judgement.failed, judgement.rows.as_slice())
        }
        None => (0, &[][..]),
    };
    summary::ending(output, &summary, &timings);
    data::warn_if_statistical(output, &data);
    output.line(format_args!("results: {}", folder.display()));
    let page = report::of_study(&folder, arguments.report, output);
    let judgement = summary.judgement.as_ref();
    output.json(&json!({
        "passed": judgement.map(|judgement| judgement.passed),
        "failed": failed,
        "not_judged": judgement.map(|judgement| judgement.not_judged),
        "tolerated": judgement.map(|judgement| judgement.tolerated),
        "not_judged_because": judgement.and_then(|judgement| judgement.not_judged_because.clone()),
        "complete": summary.complete,
        "failures": summary.failures,
        "digest": summary.digest,
        "mapping": kenyon_connectome::ReceptorMapping::from(arguments.mapping),
        "statistical_larva": data.manifest.statistical,
        "seeds": plan.file.seeds,
        "folder": folder,
        "report": page,
        "seconds": timings.last().map(|timing| timing.seconds),
        "timings": timings,
        "rows": rows,
    }))?;
    Ok(Ending::of_failures(failed + summary.failures.len()))
}

/// The study's file with what the arguments change.
fn file(arguments: &Arguments, study: BuiltIn) -> StudyFile {
    let mut file = study.file();
    if !arguments.seeds.is_empty() {
        file.seeds.clone_from(&arguments.seeds);
    } else if arguments.quick {
        file.seeds.truncate(1);
    }
    if arguments.quick {
        let (teacher, student) = match study {
            BuiltIn::Paper => (QUICK_EPOCHS_OF_ALL, QUICK_EPOCHS_OF_ALL),
            _ => (QUICK_TEACHER_EPOCHS, QUICK_STUDENT_EPOCHS),
        };
        file.training.teacher_epochs = teacher;
        file.training.student_epochs = student;
    }
    for experiment in &mut file.experiment {
        experiment.mapping = Choice::One(arguments.mapping.into());
    }
    file
}

/// Name of the results folder: each kind of study has its own, so that none replaces another's
/// summary.
fn study_name(arguments: &Arguments, study: BuiltIn, data: &DataSet) -> String {
    let mut name = match (study, arguments.quick) {
        (BuiltIn::Headline, true) => "quick",
        (BuiltIn::Paper, true) => "quick-paper",
        (study, _) => study.name(),
    }
    .to_owned();
    if arguments.mapping == Mapping::ByName {
        name.push_str("-by_name");
    }
    if let Individual::Sampled { seed, scale } = data.individual {
        name.push_str(&format!("-statistical{seed}x{scale}"));
    }
    if !arguments.seeds.is_empty() && arguments.seeds != CANONICAL_SEEDS {
        let shown: Vec<String> = arguments
            .seeds
            .iter()
            .take(SEEDS_IN_NAME)
            .map(u64::to_string)
            .collect();
        name.push_str(&format!(
            "-{}seeds{}",
            arguments.seeds.len(),
            shown.join("_")
        ));
    }
    name
}
