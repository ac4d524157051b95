//! `--help` of every command, compared with the files in `help/`.
//!
//! After a wanted change: `KENYON_UPDATE_HELP=1 cargo test -p kenyon --test cli help`.

use std::path::Path;

use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::kenyon;

const COMMANDS: [&str; 28] = [
    "",
    "reproduce",
    "study",
    "study plan",
    "study run",
    "study status",
    "study work",
    "study merge",
    "study nulls",
    "study show",
    "report",
    "data",
    "data list",
    "data verify",
    "data fetch",
    "data import",
    "data export",
    "data sample",
    "inspect",
    "train",
    "evaluate",
    "simulate",
    "parameters",
    "parameters export",
    "parameters import",
    "verify",
    "gradcheck",
    "bench",
];

pub fn add(mut suite: Suite) -> Suite {
    for command in COMMANDS {
        let name: &'static str = match command {
            "" => "help",
            other => other,
        };
        suite = suite.test(&format!("help::{}", name.replace(' ', "_")), move || {
            check(command)
        });
    }
    suite.test("help::version", || {
        let folder = TempDir::new().expect("a temporary folder");
        let run = kenyon(folder.path(), &["--version"]).succeeded();
        assert_eq!(
            run.stdout,
            format!("kenyon {}\n", env!("CARGO_PKG_VERSION"))
        );
    })
}

/// The help of a command, which must end with an example.
fn help(command: &str) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let help = kenyon(folder.path(), &arguments).succeeded().stdout;
    let last = help.trim_end().lines().last().unwrap_or_default();
    assert!(
        last.starts_with("Example: kenyon "),
        "no example at the end of {command}: {last}"
    );
    help
}

fn check(command: &str) {
    let help = help(command);
    let name = if command.is_empty() {
        "kenyon".to_owned()
    } else {
        command.replace(' ', "_")
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cli/help/{name}.txt"));
    if std::env::var_os("KENYON_UPDATE_HELP").is_some() {
        std::fs::write(&file, &help).expect("the snapshot can be written");
    }
    let expected = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(
        help == expected,
        "{name}.txt is out of date; it should be:\n{help}"
    );
}
