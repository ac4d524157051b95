//! Time courses as stimuli of a training.

use std::path::Path;

use kenyon_analysis::course::{CourseError, Drawn, LabelledCourses, Panel};
use kenyon_analysis::{Labelled, Shown};
use kenyon_circuit::{NoiseStream, TimedStimulus};
use kenyon_learning::{
    Callbacks, DescribedOdour, FitState, Outcome, RunError, RunIdentity, RunInputs, RunOptions,
    Start, Stimuli, TaskDescription, TrainingSettings, student_run, train,
};

use crate::{StudyError, Subject};

/// Labelled time courses of the odours of a subject.
struct TimedStimuli<'a> {
    drawn: Drawn<'a>,
    labels: &'a [usize],
    channels: usize,
}

impl Stimuli for TimedStimuli<'_> {
    type Trial = TimedStimulus;

    fn labels(&self) -> &[usize] {
        self.labels
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn trial(&self, stimulus: usize, noise: NoiseStream, trial: u32) -> TimedStimulus {
        self.drawn.trial(stimulus, noise, trial)
    }
}

/// Courses that cannot be presented, with where they stand.
pub(crate) fn fault(table: &str) -> impl Fn(CourseError) -> StudyError {
    move |problem| StudyError::Courses {
        table: table.to_owned(),
        problem,
    }
}

/// The task of telling time courses of these odours apart.
pub(crate) fn task(
    presented: &TaskDescription,
    text: &str,
    of_data: &[String],
    step_s: f64,
) -> Result<TaskDescription, CourseError> {
    let (templates, names) = (presented.templates(), presented.names());
    let panel = Panel {
        templates: &templates,
        names: &names,
        blank: blank_of(&names, of_data),
        step_s,
    };
    let parsed = LabelledCourses::parse(text, &panel)?;
    let odours = presented.odours.iter().map(|odour| DescribedOdour {
        class: None,
        ..odour.clone()
    });
    Ok(TaskDescription {
        classes: parsed.classes,
        odours: odours.collect(),
        courses: Some(LabelledCourses::canonical(text)?),
    })
}

/// The blank among odours of one's own: the one that is called like the data's first odour, or "blank".
pub(crate) fn blank_of(names: &[String], of_data: &[String]) -> Option<usize> {
    let is = |name: &str| names.iter().position(|own| own.to_lowercase() == name);
    let first = of_data.first().map(|name| name.to_lowercase());
    first.and_then(|name| is(&name)).or_else(|| is("blank"))
}

impl Subject {
    /// The odours that time courses are made of.
    #[must_use]
    pub fn panel(&self) -> Panel<'_> {
        Panel {
            templates: self.odours.templates(),
            names: &self.odour_names,
            blank: self.blank,
            step_s: self.network.circuit().time.step_s,
        }
    }

    /// What is told apart, for the metrics of whatever circuit: odours, or time courses of them.
    #[must_use]
    pub fn labelled(&self) -> Labelled<'_> {
        match &self.courses {
            None => Labelled::odours(self.odours.templates(), self.odours.labels()),
            Some(task) => Labelled {
                stimuli: Shown::Courses(&task.courses, self.panel()),
                labels: &task.labels,
            },
        }
    }

    /// What is told apart, in a word: "odours", or "stimuli" if they are time courses.
    #[must_use]
    pub const fn told_apart(&self) -> &'static str {
        match self.courses {
            None => "odours",
            Some(_) => "stimuli",
        }
    }

    /// Names of what is told apart.
    #[must_use]
    pub fn stimulus_names(&self) -> &[String] {
        (self.courses.as_ref()).map_or(&self.odour_names, |task| &task.names)
    }

    /// The class of an odour; `None` if time courses are told apart.
    #[must_use]
    pub fn class_of_odour(&self, odour: usize) -> Option<usize> {
        match self.courses {
            None => self.odours.labels().get(odour).copied(),
            Some(_) => None,
        }
    }

    /// Trains a student on what this subject tells apart, see [`kenyon_learning::train`].
    ///
    /// # Errors
    /// As there.
    pub fn train(
        &self,
        folder: &Path,
        identity: &RunIdentity,
        start: Start<'_>,
        options: RunOptions,
        callbacks: &mut Callbacks<'_>,
    ) -> Result<Outcome, StudyError> {
        let network = &self.network;
        Ok(match &self.courses {
            None => {
                let stimuli = &self.odours;
                let inputs = RunInputs {
                    identity,
                    network,
                    start,
                    stimuli,
                };
                train(folder, &inputs, options, callbacks)?
            }
            Some(task) => {
                let stimuli = &self.timed(task)?;
                let inputs = RunInputs {
                    identity,
                    network,
                    start,
                    stimuli,
                };
                train(folder, &inputs, options, callbacks)?
            }
        })
    }

    /// Trains some epochs from `state` without a folder. Returns the number of trials.
    ///
    /// # Errors
    /// If training diverges.
    pub fn train_epochs(
        &self,
        settings: &TrainingSettings,
        state: FitState,
        epochs: usize,
    ) -> Result<usize, StudyError> {
        match &self.courses {
            None => train_epochs(self, &self.odours, settings, state, epochs),
            Some(task) => train_epochs(self, &self.timed(task)?, settings, state, epochs),
        }
    }

    fn timed<'a>(&'a self, task: &'a LabelledCourses) -> Result<TimedStimuli<'a>, StudyError> {
        let drawn = Drawn::new(&task.courses, self.panel(), self.network.odour_cv());
        Ok(TimedStimuli {
            drawn: drawn.map_err(fault("the task"))?,
            labels: &task.labels,
            channels: self.network.channels(),
        })
    }
}

fn train_epochs<S: Stimuli>(
    subject: &Subject,
    stimuli: &S,
    settings: &TrainingSettings,
    state: FitState,
    epochs: usize,
) -> Result<usize, StudyError> {
    let mut run = student_run(&subject.network, stimuli, settings, state);
    let mut trials = 0;
    for _ in 0..epochs {
        trials += run.epoch().map_err(RunError::from)?.trials;
    }
    Ok(trials)
}
