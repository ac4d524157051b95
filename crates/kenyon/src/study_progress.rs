//! Progress of a study: a bar on a terminal, a line now and then elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use kenyon_learning::Phase;
use kenyon_study::{Event, Unit};

use crate::output::Output;

/// Shortest time between two lines where no bar can be drawn.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Progress of all units together, measured in trials that students are trained on.
pub(crate) struct StudyProgress<'a> {
    output: &'a Output,
    state: Mutex<State>,
}

struct State {
    bar: Option<ProgressBar>,
    total: u64,
    units: usize,
    finished: usize,
    /// Trials gone through, by unit.
    done: BTreeMap<String, u64>,
    /// When work began that was not there before, and how much was there.
    began: Option<(Instant, u64)>,
    last_line: Instant,
}

impl<'a> StudyProgress<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        let state = Mutex::new(State {
            bar: None,
            total: 0,
            units: 0,
            finished: 0,
            done: BTreeMap::new(),
            began: None,
            last_line: Instant::now(),
        });
        Self { output, state }
    }

    pub(crate) fn update(&self, event: Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let milestone = !matches!(event, Event::Epoch { .. } | Event::Planned { .. });
        let note = match event {
            Event::Planned {
                training_trials,
                units,
            } => {
                state.total = training_trials.max(1);
                state.units = units;
                state.bar = self.output.draws_progress().then(|| bar(state.total));
                return;
            }
            Event::Epoch {
                unit,
                phase,
                done,
                of,
            } => {
                let student = phase == Phase::Student;
                if student {
                    let trials = trials(unit, of, done);
                    state.done.insert(unit.id.clone(), trials);
                }
                let what = if student { "student" } else { "teacher" };
                format!("{} {what} {done}/{of}", unit.id)
            }
            Event::Trained { unit, fresh } => {
                let epochs = unit.identity.settings.student_epochs;
                let trials = trials(unit, epochs, epochs);
                state.done.insert(unit.id.clone(), trials);
                let how = if fresh { "trained" } else { "found trained" };
                format!("{} {how}", unit.id)
            }
            Event::Finished { unit } => {
                state.finished += 1;
                format!(
                    "{} measured, {}/{} done",
                    unit.id, state.finished, state.units
                )
            }
            Event::Failed { unit, problem } => format!("{} FAILED: {problem}", unit.id),
        };
        let sum: u64 = state.done.values().sum();
        let (began, first) = *state.began.get_or_insert_with(|| (Instant::now(), sum));
        if let Some(bar) = &state.bar {
            bar.set_position(sum.min(state.total));
            bar.set_message(note.clone());
            if matches!(event, Event::Failed { .. }) {
                bar.println(note);
            }
            return;
        }
        if milestone || state.last_line.elapsed() >= BETWEEN_LINES {
            state.last_line = Instant::now();
            let share = 100.0 * sum as f64 / state.total as f64;
            let rate = (sum - first) as f64 / began.elapsed().as_secs_f64();
            let left = if sum > first {
                let rest = state.total.saturating_sub(sum) as f64 / rate;
                format!(", about {rest:.0} s left")
            } else {
                String::new()
            };
            self.output
                .progress(format_args!("{share:3.0} % trained{left}: {note}"));
        }
    }

    pub(crate) fn finish(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = &state.bar {
            bar.finish_and_clear();
        }
    }
}

/// Trials of the first `done` epochs; a unit's cost in training is in proportion to them.
fn trials(unit: &Unit, of: usize, done: usize) -> u64 {
    if of == 0 {
        return 0;
    }
    unit.training_trials * done as u64 / of as u64
}

fn bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "training {bar:30} {percent:>3} %, {per_sec}, {elapsed} passed, {eta} left, {msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
