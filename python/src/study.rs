//! Studies: many runs that differ in declared edits.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use kenyon_learning::Phase;
use kenyon_study::{BuiltIn, Comparison, Effort, Event, Plan, StudyFile, run_overseen};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::circuit::Circuit;
use crate::data::Data;
use crate::errors::{StudyError, study as problem};
use crate::values::json;
use crate::work::{self, Progress};

/// Carries out a study in the folder `out` and returns its summary: trains and measures whatever is not
/// there yet. `study` is the path of a study file, the text of one (TOML), or the name of one that comes with
/// the program: "reproduce", "paper", "beyond", "deviations".
///
/// `progress` is called with dictionaries: `event` is "planned" (with `units`), "epoch" (with `unit`, `phase`,
/// `epoch`, `epochs`), "trained", "finished" or "failed" (with `unit`, and `problem`). If it returns `False`,
/// the work ends and `Stopped` is raised; what it raises is raised here, and Ctrl-C works. What was done
/// stays: the next call goes on from there. Other threads of Python go on meanwhile.
///
/// The summary is that of `summary.json`: `runs`, `quantities` (figures over seeds with spread and
/// effects), `failures`, `complete`, `judgement` (comparison with the publication, or None), `digest`.
///
/// >>> text = '''
/// ... name = "tiny"
/// ... seeds = [1]
/// ... training = { teacher_epochs = 1, student_epochs = 1 }
/// ... [[experiment]]
/// ... name = "canonical"
/// ... '''
/// >>> kenyon.run_study(text, data, "results/tiny", quick=True)["complete"]  # doctest: +SKIP
/// True
#[pyfunction]
#[pyo3(signature = (study, data, out, *, circuit=None, threads=None, quick=false, progress=None))]
#[allow(
    clippy::too_many_arguments,
    reason = "keywords of Python, each with a default"
)]
pub(crate) fn run_study<'py>(
    py: Python<'py>,
    study: PathBuf,
    data: PyRef<'py, Data>,
    out: PathBuf,
    circuit: Option<PyRef<'py, Circuit>>,
    threads: Option<usize>,
    quick: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (file, built_in) = read(&study)?;
    let circuit = Circuit::or_larva(circuit);
    let progress = Progress::new(progress);
    let set = &data.set;
    let outcome = work::run(py, threads, |stop| {
        let plan = Plan::new(file, set, &circuit, &out, quick)?;
        let comparison = built_in.map_or_else(Comparison::default, |it| it.comparison(&plan));
        run_overseen(&plan, Effort::Complete, &comparison, &|event| {
            if stop.is_set() || !progress.report(|py| told(py, event)) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    })?;
    progress.check()?;
    let (summary, _) = outcome.map_err(problem)?;
    json(py, &summary)
}

/// A study file, the text of one, or a study that comes with the program. Tables that it names are
/// relative to the file, or to the working folder.
fn read(study: &Path) -> PyResult<(StudyFile, Option<BuiltIn>)> {
    let shown = study.to_string_lossy();
    let is_text = shown.contains('\n');
    if !is_text
        && !study.exists()
        && let Some(built_in) = BuiltIn::named(&shown)
    {
        return Ok((built_in.file(), Some(built_in)));
    }
    let (text, folder, name) = if is_text {
        (shown.to_string(), Path::new(""), "the text of the study")
    } else {
        let text = std::fs::read_to_string(study).map_err(|cause| {
            let names: Vec<&str> = BuiltIn::ALL.iter().map(|it| it.name()).collect();
            StudyError::new_err(format!(
                "cannot read the study file {shown}: {cause}; the program comes with {}",
                names.join(", ")
            ))
        })?;
        (text, study.parent().unwrap_or(Path::new("")), &*shown)
    };
    let unusable = |cause: kenyon_study::StudyError| {
        StudyError::new_err(format!("cannot use {name}: {cause}"))
    };
    let mut file = StudyFile::parse(&text).map_err(unusable)?;
    file.read_tables(folder).map_err(unusable)?;
    Ok((file, None))
}

fn told<'py>(py: Python<'py>, event: Event<'_>) -> PyResult<Bound<'py, PyAny>> {
    let told = PyDict::new(py);
    let about = |name: &str, unit: &kenyon_study::Unit| -> PyResult<()> {
        told.set_item("event", name)?;
        told.set_item("unit", &unit.id)
    };
    match event {
        Event::Planned {
            units,
            training_trials,
        } => {
            told.set_item("event", "planned")?;
            told.set_item("units", units)?;
            told.set_item("training_trials", training_trials)?;
        }
        Event::Epoch {
            unit,
            phase,
            done,
            of,
        } => {
            about("epoch", unit)?;
            let phase = match phase {
                Phase::Teacher => "teacher",
                Phase::Student => "student",
            };
            told.set_item("phase", phase)?;
            told.set_item("epoch", done)?;
            told.set_item("epochs", of)?;
        }
        Event::Trained { unit, fresh } => {
            about("trained", unit)?;
            told.set_item("fresh", fresh)?;
        }
        Event::Finished { unit } => about("finished", unit)?,
        Event::Failed { unit, problem } => {
            about("failed", unit)?;
            told.set_item("problem", problem.to_string())?;
        }
    }
    Ok(told.into_any())
}
