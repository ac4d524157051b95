//! The two trainings: of the rate teacher, and of the spiking student.

use std::ops::ControlFlow;

use kenyon_circuit::{
    GradientWorkspace, Interventions, Network, Noise, NoiseStream, ParameterGroup, Parameters,
    Presentation, Stimulus, gradient,
};

use crate::adam::{Adam, StepSize};
use crate::fit::{EpochRecord, Fit, FitError, FitState, History, Objective, Schedule};
use crate::loss::Loss;
use crate::samples::{Odours, Samples, Stimuli};
use crate::settings::TrainingSettings;
use crate::teacher::{RateTeacher, TeacherWorkspace};
use crate::terms::{LossReport, SparsityTerm};

/// A training of the student that can be stepped, stopped and continued.
pub type StudentRun<'a, S = Odours> = Fit<'a, StudentObjective<'a>, S>;

/// Which training is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The rate teacher.
    Teacher,
    /// The spiking student.
    Student,
}

/// Sent after each epoch.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Which training.
    pub phase: Phase,
    /// How many epochs it will have in all.
    pub epochs: usize,
    /// The epoch just finished.
    pub record: &'a EpochRecord,
}

/// Sent to the monitor every [`TrainingSettings::monitor_every`] epochs of the student.
#[derive(Clone, Copy, Debug)]
pub struct Monitor<'a> {
    /// Number of epochs done.
    pub epoch: usize,
    /// The epoch just finished.
    pub record: &'a EpochRecord,
    /// Stored values after that epoch.
    pub parameters: &'a Parameters,
}

/// What a training reports to, and who may stop it.
pub struct Callbacks<'a> {
    /// After each epoch. `Break` stops the training there.
    pub progress: &'a mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    /// Metrics of the student during training. What it returns becomes part of the history and of
    /// every checkpoint, so that a resumed run has all of it. It must depend on the [`Monitor`] only.
    pub monitor: &'a mut dyn FnMut(&Monitor<'_>) -> serde_json::Value,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All epochs are done.
    Complete,
    /// The progress callback stopped it at an epoch boundary.
    Stopped,
}

/// The teacher's loss on a batch.
#[derive(Debug)]
pub struct TeacherObjective<'a> {
    teacher: &'a RateTeacher,
    sparsity: SparsityTerm,
    workspace: TeacherWorkspace,
}

impl Objective for TeacherObjective<'_> {
    fn groups(&self) -> &[ParameterGroup] {
        self.teacher.groups()
    }

    fn evaluate(
        &mut self,
        _epoch: usize,
        parameters: &Parameters,
        stimuli: &[Stimulus],
        labels: &[usize],
        gradient: &mut [f64],
    ) -> LossReport {
        let (workspace, sparsity) = (&mut self.workspace, &self.sparsity);
        self.teacher.gradient(
            workspace,
            &parameters.values,
            stimuli,
            labels,
            sparsity,
            gradient,
        )
    }
}

/// The student's loss on a batch: graded-spike simulation with circuit noise, and its adjoint.
pub struct StudentObjective<'a> {
    network: &'a Network,
    loss: &'a Loss,
    noise: Noise<'a>,
    interventions: Interventions,
    workspace: GradientWorkspace,
}

impl<'a> StudentObjective<'a> {
    /// The objective `loss` of `network` under circuit noise `noise`, with `interventions` in every trial.
    #[must_use]
    pub fn new(
        network: &'a Network,
        loss: &'a Loss,
        noise: Noise<'a>,
        interventions: Interventions,
    ) -> Self {
        Self {
            network,
            loss,
            noise,
            interventions,
            workspace: GradientWorkspace::new(network),
        }
    }
}

impl<P: Presentation> Objective<P> for StudentObjective<'_> {
    fn groups(&self) -> &[ParameterGroup] {
        self.network.table().groups()
    }

    fn evaluate(
        &mut self,
        epoch: usize,
        parameters: &Parameters,
        stimuli: &[P],
        labels: &[usize],
        slopes: &mut [f64],
    ) -> LossReport {
        let Self {
            network,
            loss,
            noise,
            interventions,
            workspace,
        } = self;
        let mut report = LossReport::default();
        let computed = gradient(
            workspace,
            network,
            parameters,
            stimuli,
            *noise,
            interventions,
            &mut |responses| {
                let (terms, upstream) = loss.evaluate(epoch, responses, labels, network);
                report = terms;
                upstream
            },
        );
        slopes.copy_from_slice(&computed);
        report
    }
}

/// A trained teacher.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedTeacher {
    /// Stored values, laid out by [`RateTeacher::groups`].
    pub parameters: Parameters,
    /// Share of test trials decided correctly after the last epoch.
    pub accuracy: f64,
    /// The course of its training.
    pub history: History,
}

/// Fits the teacher (training.md section 2.3) and tests it. Returns `None` if the progress callback
/// stopped it; it takes about a second, so nothing of a stopped one is kept.
///
/// # Errors
/// If training diverges.
pub fn fit_teacher(
    teacher: &RateTeacher,
    odours: &Odours,
    settings: &TrainingSettings,
    progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Option<TrainedTeacher>, FitError> {
    let stream = |purpose| NoiseStream::new(settings.seed, purpose);
    let parameters = teacher.start(&stream("teacher/decoder"));
    let objective = TeacherObjective {
        teacher,
        sparsity: settings.teacher.sparsity,
        workspace: TeacherWorkspace::new(teacher),
    };
    let samples = Samples {
        stimuli: odours,
        repeats: settings.repeats,
        noise: stream("teacher/odour"),
    };
    let schedule = Schedule {
        batch: settings.batch,
        size: StepSize {
            base_rate: settings.teacher.learning_rate,
            clip_norm: None,
        },
        order: stream("teacher/order"),
    };
    let state = start_state(parameters, settings);
    let mut fit = Fit::new(objective, samples, schedule, state);
    while fit.state().epoch() < settings.teacher_epochs {
        let record = fit.epoch()?;
        let news = Progress {
            phase: Phase::Teacher,
            epochs: settings.teacher_epochs,
            record,
        };
        if progress(&news).is_break() {
            return Ok(None);
        }
    }
    let FitState {
        parameters,
        history,
        ..
    } = fit.into_state();
    let tests = Samples {
        stimuli: odours,
        repeats: settings.test_repeats,
        noise: stream("teacher/test-odour"),
    };
    let (stimuli, labels) = tests.all(0);
    let workspace = &mut TeacherWorkspace::new(teacher);
    let correct = teacher.correct(workspace, &parameters.values, &stimuli, &labels);
    Ok(Some(TrainedTeacher {
        parameters,
        accuracy: correct as f64 / labels.len() as f64,
        history,
    }))
}

/// The state before the first epoch.
#[must_use]
pub fn start_state(parameters: Parameters, settings: &TrainingSettings) -> FitState {
    let adam = Adam::new(settings.adam, parameters.values.len());
    FitState {
        parameters,
        adam,
        history: History::default(),
    }
}

/// The student's training, continued from `state`: [`start_state`] of transferred parameters, or a
/// state read from a checkpoint.
///
/// # Panics
/// If the state or the settings do not fit the network (see [`Loss::check`]).
#[must_use]
pub fn student_run<'a, S: Stimuli>(
    network: &'a Network,
    stimuli: &'a S,
    settings: &'a TrainingSettings,
    state: FitState,
) -> StudentRun<'a, S> {
    let noise = Noise::Generated(student_stream(settings, "circuit"));
    let interventions = Interventions {
        depression_off: settings.depression_off,
        ..Interventions::default()
    };
    let objective = StudentObjective::new(network, &settings.loss, noise, interventions);
    let (samples, schedule) = student_schedule(stimuli, settings);
    Fit::new(objective, samples, schedule, state)
}

/// The student's random numbers for one purpose.
fn student_stream(settings: &TrainingSettings, purpose: &str) -> NoiseStream {
    let purpose = match settings.replicate {
        0 => format!("student/{purpose}"),
        replicate => format!("student{replicate}/{purpose}"),
    };
    NoiseStream::new(settings.seed, &purpose)
}

fn student_schedule<'a, S>(
    stimuli: &'a S,
    settings: &TrainingSettings,
) -> (Samples<'a, S>, Schedule) {
    let samples = Samples {
        stimuli,
        repeats: settings.repeats,
        noise: student_stream(settings, "odour"),
    };
    let size = StepSize {
        base_rate: settings.base_rate,
        clip_norm: Some(settings.clip_norm),
    };
    (
        samples,
        Schedule {
            batch: settings.batch,
            size,
            order: student_stream(settings, "order"),
        },
    )
}

/// Runs the student's remaining epochs. `boundary` is called at every epoch boundary, after the
/// monitor (that is where checkpoints are written); its error ends the training.
///
/// # Errors
/// If training diverges, or the error of `boundary`.
pub fn fit_student<S: Stimuli, O: Objective<S::Trial>, E: From<FitError>>(
    run: &mut Fit<'_, O, S>,
    settings: &TrainingSettings,
    callbacks: &mut Callbacks<'_>,
    boundary: &mut dyn FnMut(&FitState) -> Result<(), E>,
) -> Result<Ending, E> {
    while run.state().epoch() < settings.student_epochs {
        run.epoch()?;
        let state = run.state();
        let epoch = state.epoch();
        let record = &state.history.epochs[epoch - 1];
        let news = Progress {
            phase: Phase::Student,
            epochs: settings.student_epochs,
            record,
        };
        let stopped = (callbacks.progress)(&news).is_break();
        // With 0 epochs between calls there is none: no epoch is a multiple of 0.
        if epoch.is_multiple_of(settings.monitor_every) {
            let monitor = Monitor {
                epoch,
                record,
                parameters: &state.parameters,
            };
            let figures = (callbacks.monitor)(&monitor);
            run.record_monitor(figures);
        }
        boundary(run.state())?;
        if stopped && epoch < settings.student_epochs {
            return Ok(Ending::Stopped);
        }
    }
    Ok(Ending::Complete)
}
