//! What can go wrong.

use std::path::PathBuf;

use kenyon_study::ResultsError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The results cannot be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// A file cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A picture cannot be made.
    #[error("cannot make the {format}: {problem}")]
    Render {
        /// The format.
        format: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The page cannot be made.
    #[error("cannot make the page")]
    Page(#[source] askama::Error),
}
