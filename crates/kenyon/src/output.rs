//! Where commands write: results to standard output, progress and warnings to standard error.
//!
//! A reader that closes the pipe (`| head`) ends the output, not the command. Any other failure to
//! write is reported when the command is done.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::arguments::SharedArguments;

/// The streams, and the options that all commands share.
pub(crate) struct Output {
    /// Options of every command.
    pub shared: SharedArguments,
    state: Mutex<State>,
}

enum State {
    Open,
    /// The reader has gone; further output is dropped.
    Closed,
    Failed(io::Error),
}

impl Output {
    pub(crate) const fn new(shared: SharedArguments) -> Self {
        Self {
            shared,
            state: Mutex::new(State::Open),
        }
    }

    /// A line of the result, on standard output.
    pub(crate) fn line(&self, text: impl Display) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, State::Open) {
            return;
        }
        let mut stream = io::stdout().lock();
        *state = match writeln!(stream, "{text}").and_then(|()| stream.flush()) {
            Ok(()) => State::Open,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => State::Closed,
            Err(error) => State::Failed(error),
        };
    }

    /// The machine-readable result, if it was asked for; call it last.
    pub(crate) fn json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        if self.shared.json {
            self.line(serde_json::to_string(value)?);
        }
        Ok(())
    }

    /// Something the user must not miss, on standard error.
    pub(crate) fn warning(&self, text: impl Display) {
        to_stderr(format_args!("warning: {text}"));
    }

    /// What is going on, on standard error, unless `--quiet` was given.
    pub(crate) fn progress(&self, text: impl Display) {
        if !self.shared.quiet {
            to_stderr(text);
        }
    }

    /// Whether progress can be drawn in place.
    pub(crate) fn draws_progress(&self) -> bool {
        !self.shared.quiet && io::stderr().is_terminal()
    }

    /// The first failure to write, if there was one.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Closed) {
            State::Failed(error) => Err(error),
            State::Open | State::Closed => Ok(()),
        }
    }
}

fn to_stderr(text: impl Display) {
    // There is nowhere left to report that standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
