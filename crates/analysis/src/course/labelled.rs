//! The file of a task of time courses: TOML with strict keys; faults name their line.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::file::{Lines, SegmentEntry, TrainEntry, duration, segments};
use super::{Course, CourseError, Panel};

/// Most steps of a trial that is trained: the adjoint remembers each of them, a third of a megabyte for 16
/// trials of the larva.
pub const MOST_STEPS_OF_A_TASK: usize = 5_000;

/// Most stimuli of a task: every two classes have an entry in the confusion matrix.
const MOST_STIMULI: usize = 10_000;

/// Time courses that are told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledCourses {
    /// The courses, all of the same length.
    pub courses: Vec<Course>,
    /// What each presents, such as "geraniol, then 1-hexanol".
    pub names: Vec<String>,
    /// The class of each.
    pub labels: Vec<usize>,
    /// Names of the classes, numbered as they first appear.
    pub classes: Vec<String>,
}

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Duration of every trial, millisecond.
    duration_ms: Spanned<f64>,
    #[serde(default)]
    stimulus: Vec<Spanned<StimulusEntry>>,
}

/// `[[stimulus]]`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StimulusEntry {
    class: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segment: Vec<Spanned<SegmentEntry>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    train: Vec<Spanned<TrainEntry>>,
}

fn file(text: &str) -> Result<File, CourseError> {
    toml::from_str(text).map_err(|error| CourseError::Syntax {
        message: error.to_string(),
    })
}

impl LabelledCourses {
    /// Reads a task.
    ///
    /// # Errors
    /// What [`Course::parse`] refuses of a course, trials too long to be trained, and fewer than two
    /// classes.
    pub fn parse(text: &str, panel: &Panel<'_>) -> Result<Self, CourseError> {
        let file = file(text)?;
        let lines = Lines::new(text);
        let steps = duration(&file.duration_ms, &lines, panel)?;
        if steps > MOST_STEPS_OF_A_TASK {
            let place = lines.of(file.duration_ms.span().start);
            return Err(CourseError::whole(format!(
                "a trial of {steps} steps is too long to be trained, because the adjoint remembers every step; \
                 at most {MOST_STEPS_OF_A_TASK} are possible"
            ))
            .on_line(place));
        }
        if file.stimulus.len() > MOST_STIMULI {
            return Err(CourseError::whole(format!(
                "there are {} stimuli; at most {MOST_STIMULI} can be told apart",
                file.stimulus.len()
            )));
        }
        let mut task = Self {
            courses: Vec::with_capacity(file.stimulus.len()),
            names: Vec::with_capacity(file.stimulus.len()),
            labels: Vec::with_capacity(file.stimulus.len()),
            classes: Vec::new(),
        };
        for entry in &file.stimulus {
            let place = lines.of(entry.span().start);
            let StimulusEntry {
                class,
                segment,
                train,
            } = entry.get_ref();
            if class.trim().is_empty() {
                return Err(CourseError::whole("the class has no name").on_line(place));
            }
            let segments = segments(segment, train, steps, &lines, panel)?;
            let shown: Vec<&str> = segments.iter().map(|it| it.name.as_str()).collect();
            task.names.push(match shown[..] {
                [] => "nothing".to_owned(),
                _ => shown.join(", then "),
            });
            let label = task.classes.iter().position(|known| known == class);
            task.labels.push(label.unwrap_or(task.classes.len()));
            if label.is_none() {
                task.classes.push(class.clone());
            }
            task.courses.push(Course::new(steps, segments, Vec::new())?);
        }
        match &task.classes[..] {
            [] => Err(CourseError::whole(
                "there is no [[stimulus]]; a task needs some of at least two classes",
            )),
            [only] => Err(CourseError::whole(format!(
                "all stimuli are of class \"{only}\"; there is nothing to tell apart, give at least two"
            ))),
            _ => Ok(task),
        }
    }

    /// The text of a task without what does not matter: comments, blanks and notation.
    ///
    /// # Errors
    /// A text that is not TOML or has other keys.
    pub fn canonical(text: &str) -> Result<String, CourseError> {
        toml::to_string(&file(text)?).map_err(|error| CourseError::Syntax {
            message: error.to_string(),
        })
    }

    /// Number of steps of a trial.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.courses.first().map_or(0, Course::steps)
    }
}
