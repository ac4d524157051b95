//! What a command that did its work came to.

/// How a command ended; errors are separate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Done; every judged check passed (exit code 0).
    Done,
    /// Done, but at least one check failed (exit code 1).
    CheckFailed,
}

impl Ending {
    /// The ending of a command with that many failed checks.
    pub(crate) const fn of_failures(failed: usize) -> Self {
        if failed == 0 {
            Self::Done
        } else {
            Self::CheckFailed
        }
    }
}
