//! Progress of a screen: a bar on a terminal, a line every few seconds elsewhere.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// Shortest time between two lines where no bar can be drawn.
const BETWEEN_LINES: Duration = Duration::from_secs(3);

/// Counts targets that are done, from any thread.
pub(crate) struct TargetProgress<'a> {
    output: &'a Output,
    total: usize,
    bar: Option<ProgressBar>,
    started: Instant,
    /// Targets done, and when the last line was printed.
    state: Mutex<(usize, Instant)>,
}

impl<'a> TargetProgress<'a> {
    pub(crate) fn new(output: &'a Output, total: usize) -> Self {
        let style = ProgressStyle::with_template(
            "screen {bar:30} {pos}/{len} targets, {per_sec}, {eta} left",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = output
            .draws_progress()
            .then(|| ProgressBar::new(total as u64).with_style(style));
        Self {
            output,
            total,
            bar,
            started: Instant::now(),
            state: Mutex::new((0, Instant::now())),
        }
    }

    /// Another target is done.
    pub(crate) fn one_more(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += 1;
        let done = state.0;
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        } else if state.1.elapsed() >= BETWEEN_LINES && done < self.total {
            state.1 = Instant::now();
            let rate = done as f64 / self.started.elapsed().as_secs_f64();
            let left = (self.total - done) as f64 / rate;
            let total = self.total;
            self.output.progress(format_args!(
                "screen {done}/{total} targets: {rate:.1} targets/s, {left:.0} s left"
            ));
        }
    }

    /// Ends the bar, if there is one, and says how long it took.
    pub(crate) fn finish(self) {
        let seconds = self.started.elapsed().as_secs_f64();
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        let total = self.total;
        self.output.progress(format_args!(
            "screened {total} targets in {seconds:.1} s, {:.1} targets/s",
            total as f64 / seconds
        ));
    }
}
