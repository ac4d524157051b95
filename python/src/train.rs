//! Training: a teacher, and a spiking student that starts from it.

use std::ops::ControlFlow;
use std::path::PathBuf;

use kenyon_analysis::spiking_populations;
use kenyon_learning::{
    Callbacks, Checkpoint, Existing, Kind, Loss, Monitor, Outcome, Phase, Progress as News,
    RunOptions, Start, TrainingSettings, untaught_start,
};
use kenyon_study::{Edits, monitor_figures};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use crate::arguments::mapping as mapping_of;
use crate::circuit::Circuit;
use crate::data::Data;
use crate::errors::{Stopped, TrainingError, study, training as problem, wrong};
use crate::model::Model;
use crate::network::Network;
use crate::task::task;
use crate::values::json_text;
use crate::work::{self, Progress};

/// Trains a teacher and a spiking student, and returns the student as a `Model`.
///
/// Equal arguments give equal parameters on every machine and with any number of threads: those of
/// `kenyon train` with the same settings. `loss` is one of the published objectives ("canonical", "ce_only",
/// "energy_1", ...) or a dictionary such as the table `[loss.NAME]` of a study file.
///
/// `panel` takes the place of the data's odours: responses `[channel]`, between 0 and 1, by name of the
/// odour. `labels` are classes by name of the odour; otherwise every odour is a class. A circuit without
/// `[teacher]` has no teacher, and its student starts from the start values of the circuit.
///
/// `courses` are time courses to be told apart instead: a dictionary of `Course`s, one or a list, by class, or
/// the file of `kenyon train --courses`. All are equally long, and the decoder reads mean spikes of the whole
/// trial. A rate teacher knows no time, so there is none.
///
/// With `out` the run is written to a folder, as the command line does; a run that is there already is
/// refused, or continued with `resume=True`, which ends in the same bytes as if it had never been
/// interrupted.
///
/// `progress` is called after each epoch with a dictionary: `phase` ("teacher" or "student"), `epoch` (from
/// 1), `epochs`, `loss`, `accuracy` (share of training trials). If it returns `False`, training ends there and the
/// student so far is returned; if the student has not begun, `Stopped` is raised. What it raises is raised
/// here. Ctrl-C ends the training at the end of an epoch. With `out` all of these leave a run that can be
/// resumed.
///
/// Other threads of Python go on meanwhile.
///
/// >>> model = kenyon.train(data, epochs=2, teacher_epochs=2, seed=42)
/// >>> model.history["loss"].shape
/// (2,)
#[pyfunction]
#[pyo3(signature = (
    data, circuit=None, *, seed=42, epochs=300, teacher_epochs=300, loss=None, mapping="by_position",
    panel=None, labels=None, courses=None, out=None, resume=false, checkpoint_every=10, progress=None, threads=None
))]
#[allow(
    clippy::too_many_arguments,
    reason = "keywords of Python, each with a default"
)]
pub(crate) fn train(
    py: Python<'_>,
    data: PyRef<'_, Data>,
    circuit: Option<PyRef<'_, Circuit>>,
    seed: u64,
    epochs: usize,
    teacher_epochs: usize,
    loss: Option<Bound<'_, PyAny>>,
    mapping: &str,
    panel: Option<Bound<'_, PyMapping>>,
    labels: Option<Bound<'_, PyMapping>>,
    courses: Option<Bound<'_, PyAny>>,
    out: Option<PathBuf>,
    resume: bool,
    checkpoint_every: usize,
    progress: Option<Py<PyAny>>,
    threads: Option<usize>,
) -> PyResult<Model> {
    if checkpoint_every == 0 {
        return Err(wrong("checkpoint_every is 0; it must be at least 1"));
    }
    if resume && out.is_none() {
        return Err(wrong("resume needs out, the folder of the run"));
    }
    let circuit = Circuit::or_larva(circuit);
    let task = task(panel.as_ref(), labels.as_ref(), courses.as_ref())?;
    let edits = Edits {
        task: task.as_ref(),
        ..Edits::default()
    };
    let network = Network::new(py, &data.set, &circuit, mapping_of(mapping)?, edits)?;
    let settings = TrainingSettings {
        seed,
        student_epochs: epochs,
        teacher_epochs,
        loss: objective(loss.as_ref(), &network)?,
        ..TrainingSettings::default()
    };
    let identity = network.subject.identity(&settings).map_err(study)?;
    let temporary = match &out {
        Some(_) => None,
        None => Some(tempfile::tempdir().map_err(problem)?),
    };
    let folder = match (&out, &temporary) {
        (Some(folder), _) => folder.as_path(),
        (None, Some(temporary)) => temporary.path(),
        (None, None) => unreachable!("one of them is there"),
    };
    let options = RunOptions {
        existing: if resume {
            Existing::Resume
        } else {
            Existing::Refuse
        },
        checkpoint_every,
    };
    let progress = Progress::new(progress);
    let subject = &*network.subject;
    let untaught = untaught_start(&subject.network, seed);
    let outcome = work::run(py, threads, |stop| {
        let start = match &subject.teacher {
            Some(teacher) => Start::Teacher {
                teacher: &teacher.network,
                rule: &teacher.rule,
                trained: None,
            },
            None => Start::Values(&untaught),
        };
        let mut report = |news: &News<'_>| {
            if stop.is_set() || !progress.report(|py| told(py, news)) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let mut monitor = |news: &Monitor<'_>| monitor_figures(subject, seed, news);
        let callbacks = &mut Callbacks {
            progress: &mut report,
            monitor: &mut monitor,
        };
        subject.train(folder, &identity, start, options, callbacks)
    })?;
    progress.check()?;
    let (kind, file, accuracy) = match outcome.map_err(study)? {
        Outcome::Complete(trained) => (Kind::Model, "model.safetensors", trained.teacher_accuracy),
        Outcome::Stopped { epoch: 0 } => {
            return Err(Stopped::new_err(
                "the training was stopped before the student began, so there is no model",
            ));
        }
        Outcome::Stopped { .. } => (Kind::Checkpoint, "checkpoint.safetensors", None),
    };
    let groups = network.subject.network.table().groups();
    let checkpoint = Checkpoint::read(groups, &folder.join(file), kind, Some(&identity.run_id));
    let checkpoint = checkpoint.map_err(problem)?;
    Ok(Model::trained(network, checkpoint, accuracy))
}

fn told<'py>(py: Python<'py>, news: &News<'_>) -> PyResult<Bound<'py, PyAny>> {
    let told = PyDict::new(py);
    let phase = match news.phase {
        Phase::Teacher => "teacher",
        Phase::Student => "student",
    };
    told.set_item("phase", phase)?;
    told.set_item("epoch", news.record.epoch)?;
    told.set_item("epochs", news.epochs)?;
    told.set_item("loss", news.record.loss.total)?;
    told.set_item("cross_entropy", news.record.loss.cross_entropy)?;
    told.set_item("accuracy", news.record.accuracy())?;
    Ok(told.into_any())
}

/// The objective by its label, or as a dictionary.
fn objective(loss: Option<&Bound<'_, PyAny>>, network: &Network) -> PyResult<Loss> {
    let Some(loss) = loss else {
        return Ok(Loss::default());
    };
    if loss.is_instance_of::<PyString>() {
        let label: String = loss.extract()?;
        let compiled = &network.subject.network;
        let readout = &compiled.readout_population().name;
        let spiking = spiking_populations(compiled.circuit());
        return Loss::published(&label, &spiking, readout).ok_or_else(|| {
            wrong(format!(
                "there is no objective \"{label}\"; the published ones are {}",
                Loss::PUBLISHED.join(", ")
            ))
        });
    }
    serde_json::from_str(&json_text(loss)?)
        .map_err(|cause| TrainingError::new_err(format!("the objective cannot be used: {cause}")))
}
