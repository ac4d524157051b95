//! What is presented in a trial: receptor responses, constant or changing from step to step.

use std::sync::Arc;

use crate::Scalar;

/// One trial with receptor responses that do not change; it lasts as long as the circuit says.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    /// Response of each receptor channel, odour noise already applied.
    pub input: Vec<f32>,
    /// Address of the trial's circuit noise.
    pub trial: u32,
}

/// Most steps of a trial, as for `time.steps` of a circuit file.
pub const MOST_STEPS: usize = 100_000;

/// Why numbers are not a time course.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeCourseError {
    /// No step, or too many.
    #[error("a time course has 1 to {MOST_STEPS} steps, not {steps}")]
    Steps {
        /// The number given.
        steps: usize,
    },
    /// The frames do not have one value per channel.
    #[error("{values} receptor responses are no whole number of frames of {channels} channels")]
    Frames {
        /// Number of values.
        values: usize,
        /// Number of channels.
        channels: usize,
    },
    /// A step shows a frame that does not exist.
    #[error("step {step} shows frame {frame}, but there are {frames}, counted from 0")]
    UnknownFrame {
        /// The step.
        step: usize,
        /// The frame it names.
        frame: u32,
        /// How many there are.
        frames: usize,
    },
    /// A response is infinite or not a number.
    #[error("frame {frame}, channel {channel}: the response {value} is not finite")]
    NotFinite {
        /// The frame.
        frame: usize,
        /// The channel.
        channel: usize,
        /// The response.
        value: String,
    },
}

/// Receptor responses as a function of the step: frames, and which of them each step shows. A pulse
/// has two frames, whatever its length; a fluctuation has one per step.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeCourse {
    channels: usize,
    frames: Vec<f32>,
    frame_of_step: Vec<u32>,
}

impl TimeCourse {
    /// A time course of `frames`, `[frame][channel]`, before odour noise.
    ///
    /// # Errors
    /// See [`TimeCourseError`].
    pub fn new(
        channels: usize,
        frames: Vec<f32>,
        frame_of_step: Vec<u32>,
    ) -> Result<Self, TimeCourseError> {
        let steps = frame_of_step.len();
        if steps == 0 || steps > MOST_STEPS {
            return Err(TimeCourseError::Steps { steps });
        }
        if channels == 0 || frames.is_empty() || !frames.len().is_multiple_of(channels) {
            return Err(TimeCourseError::Frames {
                values: frames.len(),
                channels,
            });
        }
        let count = frames.len() / channels;
        if let Some(step) = (0..steps).find(|&step| frame_of_step[step] as usize >= count) {
            return Err(TimeCourseError::UnknownFrame {
                step,
                frame: frame_of_step[step],
                frames: count,
            });
        }
        if let Some(place) = frames.iter().position(|value| !value.is_finite()) {
            return Err(TimeCourseError::NotFinite {
                frame: place / channels,
                channel: place % channels,
                value: frames[place].to_string(),
            });
        }
        Ok(Self {
            channels,
            frames,
            frame_of_step,
        })
    }

    /// The same responses in every one of `steps` steps: a trial of another length than the circuit's.
    ///
    /// # Errors
    /// See [`TimeCourseError`].
    pub fn constant(responses: Vec<f32>, steps: usize) -> Result<Self, TimeCourseError> {
        Self::new(
            responses.len(),
            responses,
            vec![0; steps.min(MOST_STEPS + 1)],
        )
    }

    /// Number of receptor channels.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.channels
    }

    /// Number of steps.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.frame_of_step.len()
    }

    /// Number of frames.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames.len() / self.channels
    }

    /// The frame that each step shows.
    #[must_use]
    pub fn frame_of_step(&self) -> &[u32] {
        &self.frame_of_step
    }

    /// Responses of one frame, by channel; like a slice, it panics without the frame.
    #[must_use]
    pub fn frame(&self, frame: u32) -> &[f32] {
        &self.frames[frame as usize * self.channels..][..self.channels]
    }
}

/// One trial of a time course. Trials share the course and differ in noise.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedStimulus {
    /// What is presented; its length is that of the trial.
    pub course: Arc<TimeCourse>,
    /// Odour noise: a factor per channel, drawn once per trial
    /// ([`NoiseStream::odour_factors`](crate::NoiseStream::odour_factors)). The receptor input is
    /// `max(0, response * factor)`.
    pub odour_factors: Vec<f32>,
    /// Address of the trial's circuit noise.
    pub trial: u32,
}

/// What can be presented in a trial: a constant [`Stimulus`] or a [`TimedStimulus`].
pub trait Presentation: Sync {
    /// Address of the trial's circuit noise.
    fn trial(&self) -> u32;

    /// Number of receptor channels.
    fn channels(&self) -> usize;

    /// The frame that each step shows; `None` if there is one frame for as long as the circuit says.
    fn frame_of_step(&self) -> Option<&[u32]>;

    /// Number of frames.
    fn frames(&self) -> usize;

    /// Receptor input of a channel in a frame, odour noise applied.
    fn response(&self, frame: u32, channel: usize) -> f32;

    /// Number of steps, `constant` if the stimulus does not say.
    fn steps(&self, constant: usize) -> usize {
        self.frame_of_step().map_or(constant, <[u32]>::len)
    }
}

impl Presentation for Stimulus {
    fn trial(&self) -> u32 {
        self.trial
    }

    fn channels(&self) -> usize {
        self.input.len()
    }

    fn frame_of_step(&self) -> Option<&[u32]> {
        None
    }

    fn frames(&self) -> usize {
        1
    }

    fn response(&self, _frame: u32, channel: usize) -> f32 {
        self.input[channel]
    }
}

impl Presentation for TimedStimulus {
    fn trial(&self) -> u32 {
        self.trial
    }

    fn channels(&self) -> usize {
        // Factors are part of the stimulus: too few of them are a wrong number of channels.
        self.course.channels().min(self.odour_factors.len())
    }

    fn frame_of_step(&self) -> Option<&[u32]> {
        Some(self.course.frame_of_step())
    }

    fn frames(&self) -> usize {
        self.course.frames()
    }

    fn response(&self, frame: u32, channel: usize) -> f32 {
        (self.course.frame(frame)[channel] * self.odour_factors[channel]).max(0.0)
    }
}

/// Receptor input of a group of lanes over a trial.
#[derive(Clone, Copy)]
pub(crate) struct ReceptorInput<'a, S> {
    channels: usize,
    frames: &'a [S],
    /// One per step.
    pub frame_of_step: &'a [u32],
}

impl<S> ReceptorInput<'_, S> {
    /// One value per channel.
    #[inline(always)]
    pub fn frame(&self, frame: u32) -> &[S] {
        &self.frames[frame as usize * self.channels..][..self.channels]
    }
}

/// Receptor input and noise addresses of one group of lanes. A group that is not full repeats its last
/// trial.
pub(crate) struct Group<S> {
    channels: usize,
    frames: Vec<S>,
    frame_of_step: Vec<u32>,
    pub trials: Vec<u32>,
    pub size: usize,
}

impl<S: Scalar> Group<S> {
    /// `constant` is the number of steps of stimuli that do not say.
    pub fn new<P: Presentation>(channels: usize, constant: usize, stimuli: &[P]) -> Self {
        let of_lane = |lane: usize| &stimuli[lane.min(stimuli.len() - 1)];
        let schedule = of_lane(0).frame_of_step();
        // Lanes that change in the same steps share the schedule; others get a frame per step.
        let together = stimuli
            .iter()
            .all(|it| it.frame_of_step() == schedule && it.frames() == of_lane(0).frames());
        let steps = of_lane(0).steps(constant);
        let (frames, frame_of_step): (usize, Vec<u32>) = match schedule {
            None => (1, vec![0; steps]),
            Some(schedule) if together => (of_lane(0).frames(), schedule.to_vec()),
            Some(_) => (steps, (0..steps as u32).collect()),
        };
        let mut group = Self {
            channels,
            frames: vec![S::splat(0.0); frames * channels],
            frame_of_step,
            trials: (0..S::LANES).map(|lane| of_lane(lane).trial()).collect(),
            size: stimuli.len(),
        };
        for lane in 0..S::LANES {
            let stimulus = of_lane(lane);
            let own = stimulus.frame_of_step();
            for (frame, values) in group.frames.chunks_mut(channels).enumerate() {
                let frame = match own {
                    Some(own) if !together => own[frame],
                    _ => frame as u32,
                };
                for (channel, value) in values.iter_mut().enumerate() {
                    value.set_lane(lane, f64::from(stimulus.response(frame, channel)));
                }
            }
        }
        group
    }

    pub fn input(&self) -> ReceptorInput<'_, S> {
        ReceptorInput {
            channels: self.channels,
            frames: &self.frames,
            frame_of_step: &self.frame_of_step,
        }
    }
}

/// What the engine takes for granted. Returns the number of steps of all trials.
///
/// # Panics
/// If a stimulus does not have one value per receptor channel, or trials differ in length.
pub(crate) fn check_stimuli<P: Presentation>(
    channels: usize,
    constant: usize,
    stimuli: &[P],
) -> usize {
    let steps = stimuli.first().map_or(constant, |it| it.steps(constant));
    for stimulus in stimuli {
        assert_eq!(
            stimulus.channels(),
            channels,
            "one value per receptor channel"
        );
        assert_eq!(
            stimulus.steps(constant),
            steps,
            "trials of one call last equally long"
        );
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_no_time_course() {
        let course = |frames: &[f32], steps: &[u32]| {
            TimeCourse::new(2, frames.to_vec(), steps.to_vec()).map_err(|it| it.to_string())
        };
        assert!(course(&[0.0, 1.0], &[0, 0]).is_ok());
        for (frames, steps, words) in [
            (&[0.0, 1.0][..], &[][..], "1 to 100000 steps, not 0"),
            (&[0.0, 1.0, 2.0], &[0], "3 receptor responses"),
            (&[], &[0], "0 receptor responses"),
            (&[0.0, 1.0], &[0, 1], "step 1 shows frame 1"),
            (&[0.0, f32::NAN], &[0], "frame 0, channel 1"),
        ] {
            let message = course(frames, steps).expect_err("a fault");
            assert!(message.contains(words), "{message}");
        }
        let long = TimeCourse::constant(vec![0.0], usize::MAX);
        assert!(matches!(long, Err(TimeCourseError::Steps { .. })));
    }

    /// Lanes that change at different times see their own frames.
    #[test]
    fn lanes_keep_their_own_schedules() {
        let stimulus = |steps: [u32; 3]| TimedStimulus {
            course: Arc::new(
                TimeCourse::new(1, vec![0.0, 1.0, 2.0], steps.to_vec()).expect("a course"),
            ),
            odour_factors: vec![1.0],
            trial: 7,
        };
        let trials = [stimulus([0, 1, 2]), stimulus([2, 2, 0])];
        let group = Group::<crate::Lanes<4>>::new(1, 30, &trials);
        let shown = |lane: usize| -> Vec<f32> {
            let input = group.input();
            let steps = input.frame_of_step.iter();
            steps.map(|&it| input.frame(it)[0].0[lane]).collect()
        };
        assert_eq!(shown(0), [0.0, 1.0, 2.0]);
        assert_eq!(shown(1), [2.0, 2.0, 0.0]);
        assert_eq!(shown(3), shown(1), "the last trial is repeated");
        let same = Group::<crate::Lanes<4>>::new(1, 30, &trials[1..]);
        assert_eq!(same.input().frame_of_step, [2, 2, 0]);
    }
}
