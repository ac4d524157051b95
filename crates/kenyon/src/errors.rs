//! Errors as people read them: one line with all causes, and a hint where there is one.

use std::io::Write;

use kenyon_connectome::DataError;
use kenyon_learning::RunError;
use kenyon_study::StudyError;

/// Prints an error on standard error.
pub(crate) fn print(error: &anyhow::Error) {
    let mut text = format!("error: {}\n", one_line(error));
    if let Some(hint) = hint(error) {
        text.push_str(&format!("hint: {hint}\n"));
    }
    // There is nowhere left to report that standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The messages of an error and its causes, joined by ": ". Libraries that repeat a cause in their
/// own message do not make it appear twice.
fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let message = flatten(&cause.to_string());
        if text.is_empty() {
            text = message;
        } else if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
    }
    text
}

/// A message of several lines as one; excerpts of the source (`3 | key = 1`, `  | ^^^`) are left out,
/// because the message names the line.
fn flatten(message: &str) -> String {
    let mut text = String::new();
    for line in message.lines().map(str::trim) {
        let excerpt = line
            .split_once('|')
            .is_some_and(|(number, _)| number.trim().chars().all(|sign| sign.is_ascii_digit()));
        if line.is_empty() || excerpt {
            continue;
        }
        if !text.is_empty() {
            text.push_str(if text.ends_with(':') { " " } else { "; " });
        }
        text.push_str(line);
    }
    text
}

/// What to do about an error, where its message does not say so in terms of the command line.
fn hint(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| {
        let run = match cause.downcast_ref() {
            Some(StudyError::Run(run)) => Some(run),
            _ => cause.downcast_ref(),
        };
        if let Some(RunError::ExistingRun { .. }) = run {
            return Some("add --resume to continue it, or give another folder with --out");
        }
        if let Some(DataError::NotFound { .. }) = cause.downcast_ref() {
            return Some(
                "`kenyon data fetch` downloads the data; --statistical-larva SEED goes on without them",
            );
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn causes_are_joined_once_and_excerpts_left_out() {
        let cause = anyhow!(
            "TOML parse error at line 3, column 1\n  |\n3 | bad = 1\n  | ^^^\nunknown field `bad`"
        );
        let error = cause.context("cannot use larva.toml");
        assert_eq!(
            one_line(&error),
            "cannot use larva.toml: TOML parse error at line 3, column 1; unknown field `bad`"
        );
        let repeated = anyhow!("no such file").context("cannot read x: no such file");
        assert_eq!(one_line(&repeated), "cannot read x: no such file");
        assert_eq!(
            flatten("looked in:\n  --data (-): not given\nName it"),
            "looked in: --data (-): not given; Name it"
        );
    }
}
