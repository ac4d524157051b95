//! A stimulus that changes in time, from a file or from options.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::Args;
use kenyon_analysis::course::{
    Concentration, Course, Fluctuation, Panel, Process, Shape, Train, odour_class, steps_of_ms,
};

use super::stimulus::StimulusArguments;

/// Larger files are no time courses.
const LARGEST_FILE: u64 = 100_000_000;

/// Options of usual time courses.
#[derive(Debug, Args)]
#[command(next_help_heading = "Time course")]
pub(super) struct CourseArguments {
    /// Duration of a trial, millisecond [default: the circuit's, or until the last pulse ends]
    #[arg(long, value_name = "MS", conflicts_with = "course")]
    duration: Option<f64>,
    /// Present the odour for a while only, as ONSET:DURATION in millisecond; before and after it is the
    /// spontaneous activity
    #[arg(long, value_name = "MS:MS", conflicts_with = "course")]
    pulse: Option<Pulse>,
    /// Let the concentration rise or fall linearly, from --concentration to this
    #[arg(long, value_name = "C", conflicts_with = "course")]
    ramp_to: Option<f64>,
    /// Let the concentration fluctuate: standard deviation relative to it, and the time constant of an
    /// Ornstein-Uhlenbeck process in millisecond (white noise without)
    #[arg(long, value_name = "SD[:MS]", conflicts_with = "course")]
    fluctuation: Option<Noise>,
    /// Present this odour, by name or number, after a gap: a pair of pulses of equal length
    #[arg(
        long,
        value_name = "NAME",
        requires = "pulse",
        conflicts_with = "course"
    )]
    then: Option<String>,
    /// Time between pulses, millisecond [default: 0]
    #[arg(long, value_name = "MS", requires = "pulse", conflicts_with = "course")]
    gap: Option<f64>,
    /// Present the pulse, or the pair, so often
    #[arg(long, value_name = "N", requires = "pulse", conflicts_with = "course",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    repeats: Option<u32>,
}

/// `ONSET:DURATION`.
#[derive(Clone, Copy, Debug)]
struct Pulse {
    onset_ms: f64,
    duration_ms: f64,
}

impl FromStr for Pulse {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse().ok();
        let both = text.split_once(':');
        let both = both.and_then(|(onset, duration)| Some((number(onset)?, number(duration)?)));
        let (onset_ms, duration_ms) =
            both.ok_or("a pulse is ONSET:DURATION in millisecond, such as 50:100")?;
        Ok(Self {
            onset_ms,
            duration_ms,
        })
    }
}

/// `SD` or `SD:MS`.
#[derive(Clone, Copy, Debug)]
struct Noise {
    standard_deviation: f64,
    time_constant_ms: Option<f64>,
}

impl FromStr for Noise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (deviation, time) = match text.split_once(':') {
            None => (text, None),
            Some((deviation, time)) => (deviation, Some(time)),
        };
        let number = |text: &str| {
            let wrong = |_| "a fluctuation is SD or SD:MS, such as 0.3:20".to_owned();
            text.trim().parse().map_err(wrong)
        };
        Ok(Self {
            standard_deviation: number(deviation)?,
            time_constant_ms: time.map(number).transpose()?,
        })
    }
}

impl CourseArguments {
    const fn any(&self) -> bool {
        self.duration.is_some()
            || self.pulse.is_some()
            || self.ramp_to.is_some()
            || self.fluctuation.is_some()
    }

    /// The time course that was asked for, if one was. `steps` are those of the circuit.
    pub(super) fn resolve(
        &self,
        stimulus: &StimulusArguments,
        concentration: Option<f64>,
        panel: &Panel<'_>,
        steps: usize,
    ) -> anyhow::Result<Option<Course>> {
        if let Some(file) = stimulus.course() {
            if concentration.is_some() {
                bail!("--concentration is part of the file that --course names");
            }
            return read(file, panel).map(Some);
        }
        if !self.any() {
            return Ok(None);
        }
        let in_steps = |what: &str, time_ms: f64| steps_of_ms(what, time_ms, panel.step_s);
        let duration = match self.duration {
            Some(time_ms) => Some(in_steps("--duration", time_ms)?),
            None => None,
        };
        let mut odours = vec![stimulus.components(panel.names, panel.blank)?];
        if let Some(then) = &self.then {
            odours.push(vec![odour_class(then, panel.names)?]);
        }
        let train = match self.pulse {
            Some(pulse) => Train {
                onset: in_steps("the onset of --pulse", pulse.onset_ms)?,
                duration: in_steps("the duration of --pulse", pulse.duration_ms)?,
                gap: in_steps("--gap", self.gap.unwrap_or(0.0))?,
                pulses: odours.len() * self.repeats.unwrap_or(1) as usize,
            },
            None => Train {
                onset: 0,
                duration: duration.unwrap_or(steps),
                gap: 0,
                pulses: 1,
            },
        };
        let segments = train.segments(panel, &odours, &self.concentration(concentration, panel));
        let end = segments.last().map_or(0, |last| last.steps.end);
        let course = Course::new(duration.unwrap_or(end.max(steps)), segments, Vec::new());
        Ok(Some(course.context("this time course is not possible")?))
    }

    fn concentration(&self, concentration: Option<f64>, panel: &Panel<'_>) -> Concentration {
        let from = concentration.unwrap_or(1.0);
        let fluctuation = self.fluctuation.map(|it| Fluctuation {
            process: match it.time_constant_ms {
                Some(_) => Process::OrnsteinUhlenbeck,
                None => Process::White,
            },
            standard_deviation: it.standard_deviation,
            time_constant_steps: 1e-3 * it.time_constant_ms.unwrap_or(0.0) / panel.step_s,
            frozen: false,
        });
        Concentration {
            shape: match self.ramp_to {
                Some(to) => Shape::Linear(from, to),
                None => Shape::Constant(from),
            },
            fluctuation,
        }
    }
}

/// Reads the description of a course, or its table.
fn read(file: &Path, panel: &Panel<'_>) -> anyhow::Result<Course> {
    let shown = file.display();
    let ending = file.extension().and_then(|ending| ending.to_str());
    let parse = match ending {
        Some("toml") => Course::parse,
        Some("csv") => Course::from_table,
        _ => bail!("--course is {shown}; its name must end in .toml or .csv"),
    };
    let mut text = String::new();
    File::open(file)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_string(&mut text))
        .with_context(|| format!("cannot read the time course {shown}"))?;
    if text.len() as u64 > LARGEST_FILE {
        bail!("{shown} is larger than {LARGEST_FILE} bytes, so it is no time course");
    }
    parse(&text, panel).with_context(|| format!("the time course {shown} cannot be used"))
}
