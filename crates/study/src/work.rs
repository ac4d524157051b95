//! Carrying out the units of a plan: train what is not trained, measure what is not measured.
//!
//! A unit is idempotent: everything it leaves is written completely or not at all and is recognised by
//! what determined it, so a unit that was killed is simply carried out again, here or elsewhere.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use kenyon_analysis::headline::Figure;
use kenyon_analysis::{Model, protocol};
use kenyon_circuit::{Interventions, Parameters};
use kenyon_learning::{
    Callbacks, Checkpoint, Existing, Kind, Monitor, Outcome, Phase, RunError, RunOptions, Start,
    TrainedTeacher, train_teacher, untaught_start,
};

use crate::identity::hash_of;
use crate::measure::{Candidate, Stored, measure};
use crate::parallel::parallel;
use crate::plan::{Plan, Unit};
use crate::store::{wait_for_folder, write_json_if_changed};
use crate::{StudyError, Subject};

/// How much of a unit is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Train and measure whatever is missing.
    Complete,
    /// Measure stored models anew and train nothing.
    MeasureAgain,
    /// Only read what is there.
    Collect,
}

/// Something happened; events of different units arrive from different threads.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Teachers and students that others need, and measurements, are about to be made.
    Planned {
        /// Trials of training that are to be gone through in all; those found done count as gone through.
        training_trials: u64,
        /// Units.
        units: usize,
    },
    /// An epoch of a training is done.
    Epoch {
        /// The unit.
        unit: &'a Unit,
        /// Teacher or student.
        phase: Phase,
        /// Epochs done.
        done: usize,
        /// Epochs in all.
        of: usize,
    },
    /// A student is trained.
    Trained {
        /// The unit.
        unit: &'a Unit,
        /// Whether anything was trained now.
        fresh: bool,
    },
    /// A unit is trained and measured.
    Finished {
        /// The unit.
        unit: &'a Unit,
    },
    /// A unit cannot be carried out; the others go on.
    Failed {
        /// The unit.
        unit: &'a Unit,
        /// Why.
        problem: &'a StudyError,
    },
}

/// What hears of events.
pub type Observer<'o> = dyn Fn(Event<'_>) + Sync + 'o;

/// What hears of events and may end the work: `Break` stops a training at the end of its epoch, with a
/// checkpoint, and lets nothing else begin.
pub type Overseer<'o> = dyn Fn(Event<'_>) -> ControlFlow<()> + Sync + 'o;

/// An overseer with the memory that it wanted to stop, shared by all threads.
pub(crate) struct Oversight<'o> {
    overseer: &'o Overseer<'o>,
    stopped: AtomicBool,
}

impl<'o> Oversight<'o> {
    pub fn new(overseer: &'o Overseer<'o>) -> Self {
        Self {
            overseer,
            stopped: AtomicBool::new(false),
        }
    }

    /// Reports an event; `Break` if the work is to end.
    pub fn report(&self, event: Event<'_>) -> ControlFlow<()> {
        if (self.overseer)(event).is_break() {
            self.stopped.store(true, Ordering::Relaxed);
        }
        if self.stopped() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Whether the work is to end.
    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// An error if the work is to end.
    fn go_on(&self) -> Result<(), StudyError> {
        if self.stopped() {
            Err(StudyError::Stopped)
        } else {
            Ok(())
        }
    }
}

/// A unit that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// SHA-256 of the trained parameters.
    pub digest: String,
    /// Figures of each measurement, by name, with the hash of all that it found.
    pub measurements: Vec<FinishedMeasurement>,
    /// Teacher and student, where models of several seeds are measured together.
    pub models: Option<(Option<Parameters>, Parameters)>,
    /// Whether the student was trained now.
    pub fresh: bool,
    /// Seconds that training the student took.
    pub training_seconds: f64,
}

/// A measurement of a unit that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedMeasurement {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// SHA-256 of its whole outcome.
    pub sha256: String,
    /// Seconds it took.
    pub seconds: f64,
}

/// File of the certificate of a null model, in the folder of its run.
pub(crate) const CERTIFICATE: &str = "wiring.json";

/// The metrics that a training records every 50 epochs (spec/training.md section 5.1).
#[must_use]
pub fn monitor_figures(subject: &Subject, seed: u64, monitor: &Monitor<'_>) -> serde_json::Value {
    let none = Interventions::default();
    let model = Model {
        network: &subject.network,
        parameters: monitor.parameters,
        roles: &subject.roles,
        interventions: &none,
    };
    let settings = protocol::MonitorSettings::canonical(seed);
    let figures = if subject.not_the_published_task().is_some() {
        protocol::evaluation_monitor(&model, subject.labelled(), settings.repeats, seed)
            .map(|figures| serde_json::to_value(figures).unwrap_or_default())
    } else {
        protocol::monitor(&model, subject.odours.templates(), &settings)
            .map(|figures| serde_json::to_value(figures).unwrap_or_default())
    };
    // A circuit without some of the measured parts has no such figures; training goes on.
    figures.unwrap_or_else(|problem| serde_json::json!({ "not_measured": problem.to_string() }))
}

/// Trains the teachers of these units that are not there yet, each once. Returns the seconds spent by
/// all threads together. A teacher that fails fails again, and is reported, with its first student.
pub(crate) fn prepare_teachers(plan: &Plan, units: &[&Unit], oversight: &Oversight<'_>) -> f64 {
    let mut seen = BTreeSet::new();
    let missing: Vec<&Unit> = units
        .iter()
        .filter(|unit| {
            let own = unit.teacher_folder.as_deref();
            own.is_some_and(|own| {
                let file = plan.folder.join(own).join("teacher.safetensors");
                seen.insert(own) && !file.exists()
            })
        })
        .copied()
        .collect();
    let seconds = parallel(
        &missing,
        |unit| unit.training_trials,
        |unit| {
            let start = Instant::now();
            // The error comes back when the unit asks for its teacher.
            let _ = teacher(plan, unit, oversight);
            start.elapsed().as_secs_f64()
        },
    );
    // `sum` of nothing is -0.
    seconds.iter().fold(0.0, |sum, seconds| sum + seconds)
}

/// The trained teacher of a unit; `None` if its circuit has none.
fn teacher(
    plan: &Plan,
    unit: &Unit,
    oversight: &Oversight<'_>,
) -> Result<Option<TrainedTeacher>, StudyError> {
    oversight.go_on()?;
    let subject = plan.subject_of(unit);
    let (Some(teacher), Some(identity), Some(folder)) =
        (&subject.teacher, &unit.teacher, &unit.teacher_folder)
    else {
        return Ok(None);
    };
    let folder = plan.folder.join(folder);
    let progress = &mut |news: &kenyon_learning::Progress<'_>| {
        oversight.report(Event::Epoch {
            unit,
            phase: Phase::Teacher,
            done: news.record.epoch,
            of: news.epochs,
        })
    };
    let (teacher, odours) = (&teacher.network, &subject.odours);
    train_teacher(&folder, identity, teacher, odours, progress)?
        .map(Some)
        .ok_or(StudyError::Stopped)
}

/// Carries out units on all threads. Each comes back with its outcome or with why there is none.
pub(crate) fn work(
    plan: &Plan,
    units: &[&Unit],
    effort: Effort,
    oversight: &Oversight<'_>,
) -> Vec<Result<Finished, StudyError>> {
    parallel(
        units,
        |unit| unit.training_trials,
        |unit| {
            let finished = carry_out(plan, unit, effort, oversight);
            let _ = match &finished {
                Ok(_) => oversight.report(Event::Finished { unit }),
                // What was stopped did not fail.
                Err(StudyError::Stopped) => ControlFlow::Break(()),
                Err(problem) => oversight.report(Event::Failed { unit, problem }),
            };
            finished
        },
    )
}

/// A trained student, found or made.
struct Trained {
    /// `None` if the circuit has none.
    teacher: Option<TrainedTeacher>,
    student: Parameters,
    digest: String,
    fresh: bool,
}

fn carry_out(
    plan: &Plan,
    unit: &Unit,
    effort: Effort,
    oversight: &Oversight<'_>,
) -> Result<Finished, StudyError> {
    oversight.go_on()?;
    let start = Instant::now();
    let folder = plan.folder.join(&unit.folder);
    // The same run under another name, or in another process, would write the same files.
    let _lock = (effort == Effort::Complete)
        .then(|| wait_for_folder(&folder))
        .transpose()?;
    let trained = match effort {
        Effort::Complete => train_unit(plan, unit, &folder, oversight)?,
        Effort::MeasureAgain | Effort::Collect => read_unit(plan, unit, &folder)?,
    };
    let _ = oversight.report(Event::Trained {
        unit,
        fresh: trained.fresh,
    });
    let training_seconds = start.elapsed().as_secs_f64();
    let (experiment, subject) = (plan.experiment_of(unit), plan.subject_of(unit));
    let candidate = Candidate {
        subject,
        parameters: &trained.student,
        digest: &trained.digest,
        seed: unit.seed,
        depression_off: unit.identity.settings.depression_off,
        teacher_accuracy: trained.teacher.as_ref().map(|teacher| teacher.accuracy),
    };
    let stored_ones = match effort {
        Effort::Complete => Stored::Use,
        Effort::MeasureAgain => Stored::Ignore,
        Effort::Collect => Stored::Require,
    };
    let mut measurements = Vec::with_capacity(experiment.measurements.len());
    for (name, measurement) in &experiment.measurements {
        oversight.go_on()?;
        let start = Instant::now();
        let file = folder.join(format!("{name}.json"));
        let measured = measure(&candidate, measurement, plan.quick, stored_ones, &file)?;
        let measured = measured.ok_or_else(|| StudyError::Incomplete {
            unit: unit.id.clone(),
            what: format!("the measurement \"{name}\""),
            folder: folder.clone(),
        })?;
        measurements.push(FinishedMeasurement {
            name: name.clone(),
            sha256: hash_of(&measured).map_err(|source| StudyError::Json { path: file, source })?,
            figures: measured.figures,
            seconds: start.elapsed().as_secs_f64(),
        });
    }
    Ok(Finished {
        digest: trained.digest,
        measurements,
        models: experiment.across_seeds.then_some((
            trained.teacher.map(|teacher| teacher.parameters),
            trained.student,
        )),
        fresh: trained.fresh,
        training_seconds,
    })
}

fn train_unit(
    plan: &Plan,
    unit: &Unit,
    folder: &Path,
    oversight: &Oversight<'_>,
) -> Result<Trained, StudyError> {
    let subject = plan.subject_of(unit);
    let teacher = teacher(plan, unit, oversight)?;
    let untaught = untaught_start(&subject.network, unit.seed);
    let start = match (&subject.teacher, &teacher) {
        (Some(of_subject), Some(trained)) => Start::Teacher {
            teacher: &of_subject.network,
            rule: &of_subject.rule,
            trained: Some(trained),
        },
        _ => Start::Values(&untaught),
    };
    let options = RunOptions {
        existing: Existing::Resume,
        ..RunOptions::default()
    };
    let mut fresh = false;
    let mut callbacks = Callbacks {
        progress: &mut |progress| {
            fresh = true;
            oversight.report(Event::Epoch {
                unit,
                phase: progress.phase,
                done: progress.record.epoch,
                of: progress.epochs,
            })
        },
        monitor: &mut |monitor| monitor_figures(subject, unit.seed, monitor),
    };
    let outcome = subject.train(folder, &unit.identity, start, options, &mut callbacks)?;
    let Outcome::Complete(student) = outcome else {
        return Err(StudyError::Stopped);
    };
    if let Some(certificate) = &subject.certificate {
        write_json_if_changed(&folder.join(CERTIFICATE), certificate)?;
    }
    Ok(Trained {
        teacher,
        digest: student.digest.clone(),
        student: student.parameters,
        fresh,
    })
}

/// Reads a trained unit; what is missing is an error.
fn read_unit(plan: &Plan, unit: &Unit, folder: &Path) -> Result<Trained, StudyError> {
    let subject = plan.subject_of(unit);
    let own = |name| (folder.to_path_buf(), name);
    let mut needed = vec![own("run.json")];
    let teacher_folder = (unit.teacher_folder.as_ref()).map(|folder| plan.folder.join(folder));
    needed.extend((teacher_folder.iter()).map(|folder| (folder.clone(), "run.json")));
    needed.extend(subject.certificate.is_some().then(|| own(CERTIFICATE)));
    for (folder, name) in needed {
        if !folder.join(name).exists() {
            return Err(StudyError::Incomplete {
                unit: unit.id.clone(),
                what: name.to_owned(),
                folder,
            });
        }
    }
    let read = |groups: &[_], file: &Path, kind: Kind, run_id: &str| {
        if !file.exists() {
            return Err(StudyError::Incomplete {
                unit: unit.id.clone(),
                what: format!("the {kind}"),
                folder: folder.to_path_buf(),
            });
        }
        Checkpoint::read(groups, file, kind, Some(run_id))
            .map_err(|error| StudyError::from(RunError::from(error)))
    };
    let teacher = match (&subject.teacher, &unit.teacher, teacher_folder) {
        (Some(teacher), Some(identity), Some(folder)) => {
            let file = folder.join("teacher.safetensors");
            let groups = teacher.network.groups();
            let stored = read(groups, &file, Kind::Teacher, &identity.run_id)?;
            Some(TrainedTeacher {
                accuracy: (stored.header.teacher_accuracy).ok_or(RunError::NoAccuracy { file })?,
                parameters: stored.parameters,
                history: stored.header.history,
            })
        }
        _ => None,
    };
    let groups = subject.network.table().groups();
    let file = folder.join("model.safetensors");
    let model = read(groups, &file, Kind::Model, &unit.identity.run_id)?;
    Ok(Trained {
        teacher,
        digest: kenyon_learning::digest(groups, &model.parameters),
        student: model.parameters,
        fresh: false,
    })
}
