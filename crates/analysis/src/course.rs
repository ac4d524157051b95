//! Stimuli that change in time: segments of odours between which the spontaneous activity (the blank)
//! is presented.
//!
//! A [`Course`] comes from a file ([`Course::parse`]), from a table ([`Course::from_table`]) or from
//! segments ([`Course::new`]); [`Course::stimuli`] makes trials of it. In a segment the input of a
//! channel is `max(0, blank + h(c) (odour - blank))`, the law of the concentration test, with the
//! concentration `c` of the step; outside it is `blank`. Odour noise is one factor per channel and
//! trial, as for stimuli that do not change. Nothing is reset between segments.

mod concentration;
mod drawn;
mod error;
mod file;
mod labelled;
mod table;

use std::ops::Range;
use std::sync::Arc;

use kenyon_circuit::{MOST_STEPS, NoiseStream, TimeCourse, TimedStimulus};

use crate::block::BlockNoise;
use crate::concentration::effective_concentration;
use crate::error::{AnalysisError, at_least};
use crate::mixture::{Superposition, mixture_template};

pub use concentration::{Concentration, Fluctuation, LARGEST_CONCENTRATION, Process, Shape};
pub use drawn::Drawn;
pub use error::CourseError;
pub use file::odour_name;
pub use labelled::{LabelledCourses, MOST_STEPS_OF_A_TASK};

/// Bytes that the frames of all trials may take.
const LARGEST: usize = 2_000_000_000;

/// What odours there are, and how long a step is.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// Receptor responses, `[odour][channel]`.
    pub templates: &'a [Vec<f64>],
    /// Names of the odours.
    pub names: &'a [String],
    /// The odour that stands for spontaneous activity, if there is one; without it nothing drives the
    /// receptors between stimuli.
    pub blank: Option<usize>,
    /// Duration of a step, second.
    pub step_s: f64,
}

/// What is presented in a segment.
#[derive(Clone, Debug, PartialEq)]
pub enum Presented {
    /// An odour, or several at once.
    Odour {
        /// Classes; more than one is a mixture, none never occurs.
        components: Vec<usize>,
        /// Concentration relative to the panel's.
        concentration: Concentration,
    },
    /// Receptor responses, `[step][channel]`.
    Responses(Vec<f64>),
}

/// A stretch of time in which something is presented.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// What it is called.
    pub name: String,
    /// Its steps.
    pub steps: Range<usize>,
    /// What is presented.
    pub presented: Presented,
}

/// A stretch of time in which spikes are counted for the decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// What it is called.
    pub name: String,
    /// Its steps.
    pub steps: Range<usize>,
    /// Classes of the odours in it; empty if it is no segment of odours.
    pub components: Vec<usize>,
}

/// A stimulus that changes in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    steps: usize,
    segments: Vec<Segment>,
    windows: Vec<Window>,
}

/// The stimulus at a concentration: the distance from the blank scales with the Hill function of the
/// concentration test, `max(0, blank + h(c) (undiluted - blank))`.
#[must_use]
pub fn diluted(blank: &[f64], undiluted: &[f64], concentration: f64) -> Vec<f64> {
    let effect = effective_concentration(concentration);
    let mix = |(&blank, &full): (&f64, &f64)| (blank + effect * (full - blank)).max(0.0);
    blank.iter().zip(undiluted).map(mix).collect()
}

impl Course {
    /// A course of segments, in any order. `windows` are read out besides them.
    ///
    /// # Errors
    /// Segments that are empty, overlap, reach beyond the end or hold senseless values.
    pub fn new(
        steps: usize,
        mut segments: Vec<Segment>,
        windows: Vec<Window>,
    ) -> Result<Self, CourseError> {
        if steps == 0 || steps > MOST_STEPS {
            return Err(CourseError::whole(format!(
                "the trial has {steps} steps; it must have 1 to {MOST_STEPS}"
            )));
        }
        segments.sort_by_key(|segment| segment.steps.start);
        let places = segments.iter().map(|it| (&it.name, &it.steps));
        for (name, range) in places.chain(windows.iter().map(|it| (&it.name, &it.steps))) {
            if range.is_empty() {
                return Err(CourseError::whole(format!("\"{name}\" has no step")));
            }
            if range.end > steps {
                return Err(CourseError::whole(format!(
                    "\"{name}\" ends in step {}, after the trial, which has {steps}",
                    range.end
                )));
            }
        }
        for pair in segments.windows(2) {
            if pair[1].steps.start < pair[0].steps.end {
                return Err(CourseError::whole(format!(
                    "\"{}\" begins in step {}, before \"{}\" ends in step {}; segments must not overlap \
                     (name odours that are presented together in `mixture`)",
                    pair[1].name, pair[1].steps.start, pair[0].name, pair[0].steps.end
                )));
            }
        }
        for segment in &segments {
            if let Presented::Odour { concentration, .. } = &segment.presented {
                concentration.check()?;
            }
        }
        let own = segments.iter().map(|segment| Window {
            name: segment.name.clone(),
            steps: segment.steps.clone(),
            components: match &segment.presented {
                Presented::Odour { components, .. } => components.clone(),
                Presented::Responses(_) => Vec::new(),
            },
        });
        let windows = own.chain(windows).collect();
        Ok(Self {
            steps,
            segments,
            windows,
        })
    }

    /// Number of steps of a trial.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.steps
    }

    /// The segments, in the order of time.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What is read out: the segments, and then other windows.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Trials of the course. They share one time course unless something in it is drawn for each trial.
    ///
    /// `concentration` draws the fluctuations of concentrations, `noise` the odour noise with
    /// coefficient of variation `cv`.
    ///
    /// # Errors
    /// Without trials, if trial numbers or memory run out, or if odours or responses do not have one
    /// finite value per channel.
    pub fn stimuli(
        &self,
        panel: &Panel<'_>,
        trials: usize,
        cv: f64,
        noise: &BlockNoise,
        concentration: NoiseStream,
    ) -> Result<Vec<TimedStimulus>, CourseError> {
        at_least("trials", 1, trials)?;
        noise.after(1, trials)?;
        let channels = panel.channels();
        let per_trial = self.is_per_trial();
        if per_trial {
            fits_memory(self.steps, channels, trials)?;
        }
        let mut shared: Option<Arc<TimeCourse>> = None;
        let numbered = noise.first_trial..;
        let trials = numbered.take(trials).map(|trial| {
            let course = match &shared {
                Some(course) if !per_trial => course.clone(),
                _ => {
                    let noise = Fluctuations {
                        of_trials: concentration,
                        frozen: concentration,
                    };
                    Arc::new(self.time_course(panel, trial, noise)?)
                }
            };
            shared = Some(course.clone());
            Ok(TimedStimulus {
                course,
                odour_factors: noise.odour.odour_factors(channels, cv, trial),
                trial,
            })
        });
        trials.collect()
    }

    /// Whether something in it is drawn for each trial.
    fn is_per_trial(&self) -> bool {
        self.segments.iter().any(|segment| {
            matches!(&segment.presented, Presented::Odour { concentration, .. } if concentration.is_per_trial())
        })
    }

    /// What the receptors get in one trial, before odour noise.
    fn time_course(
        &self,
        panel: &Panel<'_>,
        trial: u32,
        noise: Fluctuations,
    ) -> Result<TimeCourse, CourseError> {
        let blank = panel.blank_responses();
        let channels = blank.len();
        let mut frames: Vec<f32> = blank.iter().map(|&value| value as f32).collect();
        let mut frame_of_step = vec![0_u32; self.steps];
        for (index, segment) in self.segments.iter().enumerate() {
            let first = (frames.len() / channels) as u32;
            let shown = &mut frame_of_step[segment.steps.clone()];
            let mut append =
                |responses: &[f64]| frames.extend(responses.iter().map(|&it| it as f32));
            match &segment.presented {
                Presented::Responses(responses) => {
                    if responses.len() != segment.steps.len() * channels {
                        return Err(AnalysisError::Shape {
                            what: format!("responses of segment \"{}\"", segment.name),
                            expected: segment.steps.len() * channels,
                            found: responses.len(),
                        }
                        .into());
                    }
                    append(responses);
                    (first..).zip(shown).for_each(|(frame, step)| *step = frame);
                }
                Presented::Odour {
                    components,
                    concentration,
                } => {
                    let odour = undiluted(panel, components)?;
                    let steps = if concentration.is_constant() {
                        1
                    } else {
                        shown.len()
                    };
                    let noise = if concentration.is_per_trial() {
                        noise.of_trials
                    } else {
                        noise.frozen
                    };
                    for value in concentration.values(steps, index as u32, trial, noise) {
                        append(&diluted(&blank, &odour, value));
                    }
                    let frames = (0..shown.len()).map(|step| first + step.min(steps - 1) as u32);
                    frames.zip(shown).for_each(|(frame, step)| *step = frame);
                }
            }
        }
        Ok(TimeCourse::new(channels, frames, frame_of_step)?)
    }
}

/// What draws the fluctuations of concentrations.
#[derive(Clone, Copy)]
struct Fluctuations {
    /// Those that are new in every trial.
    of_trials: NoiseStream,
    /// Those that are the same in all.
    frozen: NoiseStream,
}

impl Panel<'_> {
    /// Number of receptor channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.templates.first().map_or(0, Vec::len)
    }

    /// What the receptors get while nothing is presented.
    pub(crate) fn blank_responses(&self) -> Vec<f64> {
        let row = self.blank.and_then(|row| self.templates.get(row));
        row.cloned().unwrap_or_else(|| vec![0.0; self.channels()])
    }
}

/// Responses to an odour or a mixture at concentration 1.
fn undiluted(panel: &Panel<'_>, components: &[usize]) -> Result<Vec<f64>, CourseError> {
    match components {
        [class] if *class < panel.templates.len() => Ok(panel.templates[*class].clone()),
        [class] => Err(CourseError::whole(format!("there is no odour {class}"))),
        _ => Ok(mixture_template(
            panel.templates,
            components,
            Superposition::Sum,
        )?),
    }
}

/// Pulses of equal length, with the blank between them, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Train {
    /// Onset of the first pulse.
    pub onset: usize,
    /// Duration of each pulse.
    pub duration: usize,
    /// Time between the end of a pulse and the onset of the next.
    pub gap: usize,
    /// Number of pulses.
    pub pulses: usize,
}

impl Train {
    /// The pulses; odours, or mixtures of several classes, take turns.
    #[must_use]
    pub fn segments(
        &self,
        panel: &Panel<'_>,
        odours: &[Vec<usize>],
        concentration: &Concentration,
    ) -> Vec<Segment> {
        let in_turn = odours.iter().cycle().take(self.pulses).enumerate();
        let pulse = |(index, components): (usize, &Vec<usize>)| {
            let start = self.onset + index * (self.duration + self.gap);
            Segment {
                name: odour_name(panel, components),
                steps: start..start + self.duration,
                presented: Presented::Odour {
                    components: components.clone(),
                    concentration: concentration.clone(),
                },
            }
        };
        in_turn.map(pulse).collect()
    }
}

/// The class of an odour given by name (capitals do not matter) or number.
///
/// # Errors
/// If there is none; the message lists what there is.
pub fn odour_class(text: &str, names: &[String]) -> Result<usize, CourseError> {
    if let Some(class) = find_odour(text, names) {
        return Ok(class);
    }
    let wanted = text.trim();
    if wanted.parse::<usize>().is_ok() {
        return Err(CourseError::whole(format!(
            "there is no odour {wanted}; the numbers are 0 to {}",
            names.len().saturating_sub(1)
        )));
    }
    let listed: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(class, name)| format!("{class} {name}"))
        .collect();
    Err(CourseError::whole(format!(
        "there is no odour \"{wanted}\"; the odours are {}",
        listed.join(", ")
    )))
}

/// The class of an odour given by name (capitals do not matter) or number, if there is one.
#[must_use]
pub fn find_odour(text: &str, names: &[String]) -> Option<usize> {
    let wanted = text.trim().to_lowercase();
    let named = names.iter().position(|name| name.to_lowercase() == wanted);
    let numbered = || wanted.parse().ok().filter(|&class| class < names.len());
    named.or_else(numbered)
}

/// A number of steps from milliseconds; times must fall on steps.
///
/// # Errors
/// Times that are negative, not finite, longer than any trial or between two steps.
pub fn steps_of_ms(what: &str, time_ms: f64, step_s: f64) -> Result<usize, CourseError> {
    let steps = 1e-3 * time_ms / step_s;
    if !time_ms.is_finite() || time_ms < 0.0 || steps > MOST_STEPS as f64 {
        return Err(CourseError::whole(format!(
            "{what} is {time_ms} ms; it must be between 0 and {} ms",
            1e3 * step_s * MOST_STEPS as f64
        )));
    }
    let whole = steps.round();
    if (steps - whole).abs() > 1e-6 {
        return Err(CourseError::whole(format!(
            "{what} is {time_ms} ms, which is no whole number of steps of {} ms",
            1e3 * step_s
        )));
    }
    Ok(whole as usize)
}

/// `courses` time courses of their own, each with a response for every step and channel, must fit in memory.
pub(crate) fn fits_memory(
    steps: usize,
    channels: usize,
    courses: usize,
) -> Result<(), CourseError> {
    let bytes = steps.saturating_mul(channels + 1) * size_of::<f32>();
    if bytes.saturating_mul(courses) <= LARGEST {
        return Ok(());
    }
    Err(CourseError::whole(format!(
        "{courses} trials with concentrations of their own take more than {} GB of memory; at most {} trials of this \
         length are possible",
        LARGEST / 1_000_000_000,
        LARGEST / bytes.max(1)
    )))
}

#[cfg(test)]
mod tests;
