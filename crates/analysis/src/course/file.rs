//! The file that describes a time course: TOML with strict keys; faults name their line.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{
    Concentration, Course, CourseError, Fluctuation, Panel, Presented, Process, Segment, Shape,
    Train, Window, odour_class, steps_of_ms,
};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Duration of a trial, millisecond.
    duration_ms: Spanned<f64>,
    #[serde(default)]
    segment: Vec<Spanned<SegmentEntry>>,
    #[serde(default)]
    train: Vec<Spanned<TrainEntry>>,
    #[serde(default)]
    window: Vec<Spanned<WindowEntry>>,
}

/// An odour by name or number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Odour {
    Number(u32),
    Name(String),
}

impl Odour {
    fn class(&self, panel: &Panel<'_>) -> Result<usize, CourseError> {
        match self {
            Self::Number(number) => odour_class(&number.to_string(), panel.names),
            Self::Name(name) => odour_class(name, panel.names),
        }
    }
}

/// `[[segment]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SegmentEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    onset_ms: f64,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    odour: Option<Odour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mixture: Option<Vec<Odour>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concentration: Option<f64>,
    /// Concentration in the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    ramp_to: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ramp: Option<Ramp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fluctuation: Option<FluctuationEntry>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ramp {
    Linear,
    Exponential,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FluctuationEntry {
    process: ProcessEntry,
    standard_deviation: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_constant_ms: Option<f64>,
    #[serde(default)]
    frozen: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProcessEntry {
    White,
    OrnsteinUhlenbeck,
}

/// `[[train]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainEntry {
    onset_ms: f64,
    duration_ms: f64,
    gap_ms: f64,
    odours: Vec<Odour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concentration: Option<f64>,
}

/// `[[window]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowEntry {
    name: String,
    onset_ms: f64,
    duration_ms: f64,
}

impl Course {
    /// Reads the description of a course.
    ///
    /// # Errors
    /// A text that is not TOML or has other keys, odours that the panel lacks, times that are negative
    /// or fall between steps, segments that overlap.
    pub fn parse(text: &str, panel: &Panel<'_>) -> Result<Self, CourseError> {
        let file: File = toml::from_str(text).map_err(|error| CourseError::Syntax {
            message: error.to_string(),
        })?;
        let lines = Lines::new(text);
        let steps = duration(&file.duration_ms, &lines, panel)?;
        let segments = segments(&file.segment, &file.train, steps, &lines, panel)?;
        let mut windows: Vec<(usize, Window)> = Vec::new();
        for entry in &file.window {
            let place = lines.of(entry.span().start);
            let window = window(entry.get_ref(), panel).map_err(|it| it.on_line(place))?;
            windows.push((place, window));
        }
        for (place, window) in &windows {
            Self::new(steps, Vec::new(), vec![window.clone()]).map_err(|it| it.on_line(*place))?;
        }
        let windows = windows.into_iter().map(|(_, window)| window);
        Self::new(steps, segments, windows.collect())
    }
}

/// Where the lines of a text end: the line of a byte is found without counting through the text.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub fn new(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, counted from 1.
    pub fn of(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|&end| end < offset)
    }
}

/// Steps of a trial.
pub(super) fn duration(
    duration_ms: &Spanned<f64>,
    lines: &Lines,
    panel: &Panel<'_>,
) -> Result<usize, CourseError> {
    steps_of_ms("duration_ms", *duration_ms.get_ref(), panel.step_s)
        .and_then(|steps| match steps {
            0 => Err(CourseError::whole("duration_ms is 0; a trial takes time")),
            _ => Ok(steps),
        })
        .map_err(|error| error.on_line(lines.of(duration_ms.span().start)))
}

/// The segments of a trial of `steps` steps, in the order of time.
pub(super) fn segments(
    entries: &[Spanned<SegmentEntry>],
    trains: &[Spanned<TrainEntry>],
    steps: usize,
    lines: &Lines,
    panel: &Panel<'_>,
) -> Result<Vec<Segment>, CourseError> {
    let mut segments: Vec<(usize, Segment)> = Vec::new();
    for entry in entries {
        let place = lines.of(entry.span().start);
        let segment = segment(entry.get_ref(), panel).map_err(|it| it.on_line(place))?;
        segments.push((place, segment));
    }
    for entry in trains {
        let place = lines.of(entry.span().start);
        let train = train(entry.get_ref(), steps, panel).map_err(|it| it.on_line(place))?;
        segments.extend(train.into_iter().map(|segment| (place, segment)));
        // Segments do not overlap, so there are not more of them than steps. Small texts describe many.
        if segments.len() > steps {
            let problem =
                format!("there are more segments up to here than the {steps} steps of a trial");
            return Err(CourseError::whole(problem).on_line(place));
        }
    }
    // Each entry is checked against those of earlier onset, so that a fault has a line.
    segments.sort_by_key(|(_, segment)| segment.steps.start);
    for (index, (place, _)) in segments.iter().enumerate() {
        let pair = &segments[index.saturating_sub(1)..=index];
        let pair = pair.iter().map(|(_, segment)| segment.clone()).collect();
        Course::new(steps, pair, Vec::new()).map_err(|it| it.on_line(*place))?;
    }
    Ok(segments.into_iter().map(|(_, segment)| segment).collect())
}

fn segment(entry: &SegmentEntry, panel: &Panel<'_>) -> Result<Segment, CourseError> {
    let onset = steps_of_ms("onset_ms", entry.onset_ms, panel.step_s)?;
    let duration = steps_of_ms("duration_ms", entry.duration_ms, panel.step_s)?;
    let components = match (&entry.odour, &entry.mixture) {
        (Some(odour), None) => vec![odour.class(panel)?],
        (None, Some(odours)) => mixture(odours, panel)?,
        _ => {
            return Err(CourseError::whole(
                "a segment presents either an `odour` or a `mixture`",
            ));
        }
    };
    let from = entry.concentration.unwrap_or(1.0);
    let shape = match (entry.ramp_to, entry.ramp) {
        (None, None) => Shape::Constant(from),
        (Some(to), None | Some(Ramp::Linear)) => Shape::Linear(from, to),
        (Some(to), Some(Ramp::Exponential)) => Shape::Exponential(from, to),
        (None, Some(_)) => {
            return Err(CourseError::whole(
                "a `ramp` goes from `concentration` to `ramp_to`, which is missing",
            ));
        }
    };
    let fluctuation = match &entry.fluctuation {
        Some(entry) => Some(fluctuation(entry, panel)?),
        None => None,
    };
    let concentration = Concentration { shape, fluctuation };
    concentration.check()?;
    Ok(Segment {
        name: entry
            .name
            .clone()
            .unwrap_or_else(|| odour_name(panel, &components)),
        steps: onset..onset + duration,
        presented: Presented::Odour {
            components,
            concentration,
        },
    })
}

fn fluctuation(entry: &FluctuationEntry, panel: &Panel<'_>) -> Result<Fluctuation, CourseError> {
    let (process, time_constant_ms) = match (entry.process, entry.time_constant_ms) {
        (ProcessEntry::White, None) => (Process::White, 0.0),
        (ProcessEntry::OrnsteinUhlenbeck, Some(time)) => (Process::OrnsteinUhlenbeck, time),
        (ProcessEntry::White, Some(_)) => {
            return Err(CourseError::whole(
                "white noise has no `time_constant_ms`; the process with one is ornstein_uhlenbeck",
            ));
        }
        (ProcessEntry::OrnsteinUhlenbeck, None) => {
            return Err(CourseError::whole(
                "an ornstein_uhlenbeck fluctuation needs `time_constant_ms`",
            ));
        }
    };
    Ok(Fluctuation {
        process,
        standard_deviation: entry.standard_deviation,
        time_constant_steps: 1e-3 * time_constant_ms / panel.step_s,
        frozen: entry.frozen,
    })
}

fn train(entry: &TrainEntry, steps: usize, panel: &Panel<'_>) -> Result<Vec<Segment>, CourseError> {
    let onset = steps_of_ms("onset_ms", entry.onset_ms, panel.step_s)?;
    let duration = steps_of_ms("duration_ms", entry.duration_ms, panel.step_s)?;
    let gap = steps_of_ms("gap_ms", entry.gap_ms, panel.step_s)?;
    let repeats = entry.repeats.unwrap_or(1) as usize;
    if entry.odours.is_empty() || repeats == 0 {
        return Err(CourseError::whole(
            "a train needs at least one of `odours` and of `repeats`",
        ));
    }
    let classes = entry
        .odours
        .iter()
        .map(|odour| Ok(vec![odour.class(panel)?]));
    let classes = classes.collect::<Result<Vec<Vec<usize>>, CourseError>>()?;
    let pulses = classes.len().saturating_mul(repeats);
    if pulses > steps {
        return Err(CourseError::whole(format!(
            "a train of {pulses} pulses is longer than the trial of {steps} steps"
        )));
    }
    let concentration = Concentration::constant(entry.concentration.unwrap_or(1.0));
    concentration.check()?;
    let train = Train {
        onset,
        duration,
        gap,
        pulses,
    };
    Ok(train.segments(panel, &classes, &concentration))
}

fn window(entry: &WindowEntry, panel: &Panel<'_>) -> Result<Window, CourseError> {
    let onset = steps_of_ms("onset_ms", entry.onset_ms, panel.step_s)?;
    let duration = steps_of_ms("duration_ms", entry.duration_ms, panel.step_s)?;
    Ok(Window {
        name: entry.name.clone(),
        steps: onset..onset + duration,
        components: Vec::new(),
    })
}

fn mixture(odours: &[Odour], panel: &Panel<'_>) -> Result<Vec<usize>, CourseError> {
    let mut components = Vec::new();
    for odour in odours {
        let class = odour.class(panel)?;
        let shown = &panel.names[class];
        if Some(class) == panel.blank {
            return Err(CourseError::whole(format!(
                "\"{shown}\" is the blank, which is part of every stimulus and no component of a mixture"
            )));
        }
        if components.contains(&class) {
            return Err(CourseError::whole(format!(
                "`mixture` names \"{shown}\" twice; once is enough"
            )));
        }
        components.push(class);
    }
    if components.len() < 2 {
        return Err(CourseError::whole(
            "`mixture` needs two or more odours; a single one is an `odour`",
        ));
    }
    Ok(components)
}

/// The names of odours, joined: "1-hexanol + geraniol". Like a slice, it panics without the class.
#[must_use]
pub fn odour_name(panel: &Panel<'_>, components: &[usize]) -> String {
    let names: Vec<&str> = components
        .iter()
        .map(|&class| panel.names[class].as_str())
        .collect();
    names.join(" + ")
}
