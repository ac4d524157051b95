//! What can go wrong.

use std::path::PathBuf;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder does not hold results.
    #[error(
        "{} holds no results of a study: there is no {file}; name a folder that `kenyon reproduce` or `kenyon study run` made, such as results/reproduce",
        folder.display()
    )]
    NoResults {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        file: &'static str,
    },
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
    /// A file is not what was written.
    #[error(
        "{} is damaged or was changed after it was written ({problem}); run the study again, which keeps what is whole",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
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
