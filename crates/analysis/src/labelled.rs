//! What is told apart: stimuli, and the class of each.

use kenyon_circuit::{
    Interventions, Network, NoiseStream, Presentation, Responses, Stimulus, TimedStimulus,
};

use crate::block::{BlockNoise, noisy_stimuli, run};
use crate::course::{Course, Drawn, Panel};
use crate::error::{AnalysisError, same_size};
use crate::model::Model;

/// Stimuli whose right answers are known.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// What is presented.
    pub stimuli: Shown<'a>,
    /// The class of each.
    pub labels: &'a [usize],
}

/// What is presented, one after the other, in many noisy trials each.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Odours that stay for the whole trial: receptor responses, `[odour][channel]`.
    Odours(&'a [Vec<f64>]),
    /// Time courses of the odours of a panel, all of the same length.
    Courses(&'a [Course], Panel<'a>),
}

impl<'a> Labelled<'a> {
    /// Odours that stay for the whole trial.
    #[must_use]
    pub const fn odours(templates: &'a [Vec<f64>], labels: &'a [usize]) -> Self {
        Self {
            stimuli: Shown::Odours(templates),
            labels,
        }
    }

    /// Number of stimuli.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self.stimuli {
            Shown::Odours(templates) => templates.len(),
            Shown::Courses(courses, _) => courses.len(),
        }
    }

    /// Steps of a trial.
    pub(crate) fn steps(&self, network: &Network) -> usize {
        match self.stimuli {
            Shown::Odours(_) => network.steps(),
            Shown::Courses(courses, _) => courses.first().map_or(0, Course::steps),
        }
    }

    /// Stimuli must fit the receptors, and their classes the decoder.
    pub(crate) fn check(&self, model: &Model<'_>) -> Result<(), AnalysisError> {
        same_size("labels of the stimuli", self.count(), self.labels.len())?;
        let channels = model.network.channels();
        let templates = match self.stimuli {
            Shown::Odours(templates) => templates,
            Shown::Courses(_, panel) => panel.templates,
        };
        for (row, template) in templates.iter().enumerate() {
            let what = format!("channels of template {row}");
            same_size(&what, channels, template.len())?;
        }
        let limit = model.network.classes();
        match self.labels.iter().find(|&&label| label >= limit) {
            Some(&found) => Err(AnalysisError::TooMany {
                what: "classes of the labels".to_owned(),
                limit,
                found: found + 1,
            }),
            None => Ok(()),
        }
    }

    /// `trials` noisy trials of every stimulus, stimulus by stimulus, numbered as those of
    /// [`noisy_stimuli`].
    pub(crate) fn trials(
        &self,
        cv: f64,
        trials: usize,
        noise: &BlockNoise,
    ) -> Result<Presented, AnalysisError> {
        let (courses, panel) = match self.stimuli {
            Shown::Odours(templates) => {
                return noisy_stimuli(templates, trials, cv, noise).map(Presented::Constant);
            }
            Shown::Courses(courses, panel) => (courses, panel),
        };
        noise.after(courses.len(), trials)?;
        let fault = |problem| AnalysisError::Course(Box::new(problem));
        let drawn = Drawn::new(courses, panel, cv).map_err(fault)?;
        drawn.check_trials(trials).map_err(fault)?;
        let repeated = (0..courses.len()).flat_map(|course| std::iter::repeat_n(course, trials));
        let numbered = (noise.first_trial..).zip(repeated);
        Ok(Presented::Timed(
            numbered
                .map(|(trial, course)| drawn.trial(course, noise.odour, trial))
                .collect(),
        ))
    }
}

/// Trials of stimuli.
pub(crate) enum Presented {
    Constant(Vec<Stimulus>),
    Timed(Vec<TimedStimulus>),
}

impl Presented {
    /// One call of the engine for all trials.
    pub fn run(
        &self,
        model: &Model<'_>,
        circuit: NoiseStream,
        interventions: &Interventions,
    ) -> Result<Responses, AnalysisError> {
        match self {
            Self::Constant(trials) => run(model, trials, circuit, interventions),
            Self::Timed(trials) => run(model, trials, circuit, interventions),
        }
    }

    /// Realised receptor input, `[trial][channel]`; of a time course its mean over the trial.
    pub fn input(&self) -> Vec<f32> {
        match self {
            Self::Constant(trials) => {
                let inputs = trials.iter().map(|it| it.input.iter().copied());
                inputs.flatten().collect()
            }
            Self::Timed(trials) => trials.iter().flat_map(mean_input).collect(),
        }
    }
}

fn mean_input(trial: &TimedStimulus) -> Vec<f32> {
    let frames = trial.course.frame_of_step();
    let mean = |channel: usize| {
        let shown = frames
            .iter()
            .map(|&it| f64::from(trial.response(it, channel)));
        (shown.sum::<f64>() / frames.len() as f64) as f32
    };
    (0..trial.course.channels()).map(mean).collect()
}
