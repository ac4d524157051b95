//! Long work: on a thread of its own, without the interpreter's lock, and interrupted by Ctrl-C.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;

use crate::errors::wrong;

/// How long a key press may wait.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Whether the work is to end early.
pub(crate) struct Stop(AtomicBool);

impl Stop {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `work` on `threads` threads (all cores if `None`), while the interpreter is free for others.
/// `work` should look at its [`Stop`] from time to time: it is set by Ctrl-C, whose exception is what
/// comes back then, once the work has ended.
///
/// The threads end with the work: a process that forks afterwards does not inherit the lock of a pool.
/// A panic becomes pyo3's `PanicException`.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    work: impl FnOnce(&Stop) -> T + Send,
) -> PyResult<T> {
    if threads == Some(0) {
        return Err(wrong("threads is 0; it must be at least 1"));
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|error| wrong(format!("cannot start the threads: {error}")))?;
    py.detach(|| {
        let stop = Stop(AtomicBool::new(false));
        let (working, ended) = channel::<()>();
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                // Dropped at the end whatever happens, which wakes up whoever waits.
                let _working = working;
                pool.install(|| work(&stop))
            });
            let mut interrupted = None;
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(BETWEEN_LOOKS) {
                if interrupted.is_some() {
                    continue;
                }
                if let Err(interrupt) = Python::attach(|py| py.check_signals()) {
                    stop.set();
                    interrupted = Some(interrupt);
                }
            }
            match (worker.join(), interrupted) {
                (Err(panic), _) => resume_unwind(panic),
                (Ok(_), Some(interrupt)) => Err(interrupt),
                (Ok(result), None) => Ok(result),
            }
        })
    })
}

/// A progress callback: called with a dictionary after each epoch.
pub(crate) struct Progress {
    callable: Option<Py<PyAny>>,
    raised: std::sync::Mutex<Option<PyErr>>,
}

impl Progress {
    pub(crate) fn new(callable: Option<Py<PyAny>>) -> Self {
        Self {
            callable,
            raised: std::sync::Mutex::new(None),
        }
    }

    /// Calls the callable with what `news` makes; whether the work is to go on. It is not to if the
    /// callable returns `False` or raises, or has raised before.
    pub(crate) fn report(
        &self,
        news: impl FnOnce(Python<'_>) -> PyResult<Bound<'_, PyAny>>,
    ) -> bool {
        let Some(callable) = &self.callable else {
            return true;
        };
        Python::attach(|py| {
            let told = news(py).and_then(|news| callable.bind(py).call1((news,)));
            // Only `False` stops: a callback that returns nothing, or 0, goes on.
            match told {
                Ok(answer) => !answer.is(pyo3::types::PyBool::new(py, false)),
                Err(error) => {
                    // The first one counts; others are of threads that did not know of it yet.
                    self.slot().get_or_insert(error);
                    false
                }
            }
        })
    }

    /// The exception that the callable raised.
    pub(crate) fn check(&self) -> PyResult<()> {
        self.slot().take().map_or(Ok(()), Err)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<PyErr>> {
        self.raised
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
