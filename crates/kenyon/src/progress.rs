//! Progress of trainings: a bar on a terminal, a line every few seconds elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use kenyon_learning::{Phase, Progress};

use crate::output::Output;

/// Shortest time between two lines where no bar can be drawn.
const BETWEEN_LINES: Duration = Duration::from_secs(3);

/// Shows the epochs of one run.
pub(crate) struct TrainingProgress<'a> {
    output: &'a Output,
    bar: Option<ProgressBar>,
    phase: Option<Phase>,
    /// Start of the phase, and the epoch it started with (a resumed run does not start at 0).
    started: (Instant, usize),
    last_line: Instant,
}

impl<'a> TrainingProgress<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        let now = Instant::now();
        Self {
            output,
            bar: None,
            phase: None,
            started: (now, 0),
            last_line: now,
        }
    }

    /// Takes note of a finished epoch.
    pub(crate) fn update(&mut self, news: &Progress<'_>) {
        let epoch = news.record.epoch;
        if self.phase != Some(news.phase) {
            self.finish();
            self.phase = Some(news.phase);
            self.started = (Instant::now(), epoch);
            self.bar = self.output.draws_progress().then(|| bar(news, epoch));
        }
        let loss = news.record.loss.total;
        let accuracy = 100.0 * news.record.accuracy();
        let figures = format!("loss {loss:.3}, training accuracy {accuracy:.1} %");
        if let Some(bar) = &self.bar {
            bar.set_position(epoch as u64);
            bar.set_message(figures);
        } else if epoch == news.epochs || self.last_line.elapsed() >= BETWEEN_LINES {
            self.last_line = Instant::now();
            let (started, first) = self.started;
            let rate = (epoch - first) as f64 / started.elapsed().as_secs_f64();
            let remaining = (news.epochs - epoch) as f64 / rate;
            let time = if epoch == first || epoch == news.epochs {
                String::new()
            } else {
                format!(", {rate:.1} epochs/s, {remaining:.0} s left")
            };
            let (name, epochs) = (name(news.phase), news.epochs);
            self.output
                .progress(format_args!("{name} {epoch}/{epochs}: {figures}{time}"));
        }
    }

    /// Ends the bar of the current phase, if there is one.
    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Teacher => "teacher",
        Phase::Student => "student",
    }
}

fn bar(news: &Progress<'_>, epoch: usize) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{prefix} {bar:30} {pos}/{len} epochs, {per_sec}, {eta} left, {msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(news.epochs as u64)
        .with_style(style)
        .with_prefix(name(news.phase))
        .with_position(epoch as u64);
    bar.reset_eta();
    bar
}
