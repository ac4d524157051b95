//! Trials of time courses, one at a time.

use std::sync::Arc;

use kenyon_circuit::{NoiseStream, TimeCourse, TimedStimulus};

use super::{Course, CourseError, Fluctuations, Panel, fits_memory};

/// Time courses ready to be presented: what is the same in all trials is made once.
pub struct Drawn<'a> {
    courses: &'a [Course],
    panel: Panel<'a>,
    noise_cv: f64,
    /// Trial 0 of each, which is every trial unless concentrations are drawn anew.
    made: Vec<Arc<TimeCourse>>,
}

impl<'a> Drawn<'a> {
    /// Courses of a panel's odours, presented with odour noise of coefficient of variation `noise_cv`.
    ///
    /// # Errors
    /// Courses of unequal length or too many for the memory, or with odours or responses that do not fit the panel.
    pub fn new(
        courses: &'a [Course],
        panel: Panel<'a>,
        noise_cv: f64,
    ) -> Result<Self, CourseError> {
        for (index, course) in courses.iter().enumerate() {
            if course.steps() != courses[0].steps() {
                return Err(CourseError::whole(format!(
                    "time course {index} has {} steps and time course 0 has {}; those that are told apart are \
                     equally long",
                    course.steps(),
                    courses[0].steps()
                )));
            }
        }
        let steps = courses.first().map_or(0, Course::steps);
        fits_memory(steps, panel.channels(), courses.len())?;
        let unused = NoiseStream::new(0, "concentration");
        let made = courses.iter().enumerate().map(|(index, course)| {
            let made = course.time_course(&panel, 0, fluctuations(index, unused))?;
            Ok(Arc::new(made))
        });
        Ok(Self {
            made: made.collect::<Result<_, CourseError>>()?,
            courses,
            panel,
            noise_cv,
        })
    }

    /// `trials` of each course must fit in memory, if they are kept all at once.
    ///
    /// # Errors
    /// Trials with too many fluctuating concentrations.
    pub fn check_trials(&self, trials: usize) -> Result<(), CourseError> {
        let own = self.courses.iter().filter(|it| it.is_per_trial()).count();
        let steps = self.courses.first().map_or(0, Course::steps);
        fits_memory(steps, self.panel.channels(), own.saturating_mul(trials))
    }

    /// A trial of one of the courses. `noise` draws one odour factor per channel for the whole trial, and
    /// the fluctuations of concentrations, both addressed by `trial`. Frozen fluctuations belong to the
    /// course's place in the list: they are the same for every `noise`, in training as in evaluation.
    ///
    /// # Panics
    /// Without such a course.
    #[must_use]
    pub fn trial(&self, course: usize, noise: NoiseStream, trial: u32) -> TimedStimulus {
        let time_course = if self.courses[course].is_per_trial() {
            let noise = fluctuations(course, noise);
            let drawn = self.courses[course].time_course(&self.panel, trial, noise);
            Arc::new(drawn.expect("what can be wrong was wrong in trial 0 too"))
        } else {
            self.made[course].clone()
        };
        TimedStimulus {
            course: time_course,
            odour_factors: noise.odour_factors(self.panel.channels(), self.noise_cv, trial),
            trial,
        }
    }
}

fn fluctuations(course: usize, of_trials: NoiseStream) -> Fluctuations {
    Fluctuations {
        of_trials,
        frozen: NoiseStream::new(course as u64, "frozen/concentration"),
    }
}
