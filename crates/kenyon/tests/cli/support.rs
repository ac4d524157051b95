//! Running the binary.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

#[path = "../common/isolated.rs"]
mod environment;

pub use environment::isolated;

/// The binary under test.
pub const KENYON: &str = env!("CARGO_BIN_EXE_kenyon");
/// Makes a command independent of data.
pub const LARVA: [&str; 2] = ["--statistical-larva", "3"];
/// A training of about a second.
pub const SHORT: [&str; 8] = [
    "train",
    "--teacher-epochs",
    "2",
    "--epochs",
    "4",
    "--checkpoint-every",
    "1",
    "--quiet",
];

/// What a command left behind.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the binary in a folder.
pub fn kenyon(folder: &Path, arguments: &[&str]) -> Run {
    outcome(isolated(KENYON, folder).args(arguments))
}

/// Runs a command to its end.
pub fn outcome(command: &mut Command) -> Run {
    let output = command.output().expect("the command can be started");
    let run = Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

impl Run {
    /// The last line of standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("{error}: {line}\n{}", self.stderr))
    }

    /// Asserts that it ended well.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// Asserts exit code 2 and a message of one line (besides warnings and the hint) with all parts.
    #[track_caller]
    pub fn refused(self, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(2), "{}{}", self.stdout, self.stderr);
        let errors: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "{}", self.stderr);
        for part in parts {
            assert!(
                errors[0].contains(part),
                "\"{part}\" is not in: {}",
                self.stderr
            );
        }
        let others = self.stderr.lines().filter(|line| {
            !["error: ", "hint: ", "warning: "]
                .iter()
                .any(|start| line.starts_with(start))
        });
        assert_eq!(others.count(), 0, "{}", self.stderr);
        self
    }
}

/// A training as an argument list; `out` is its folder.
pub fn short<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&SHORT, &LARVA[..], &["--out", out], more].concat()
}

/// A trained model that tests share and must not change: its folder is `run` below this one.
pub fn trained() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        kenyon(folder.path(), &short("run", &["--threads", "1"])).succeeded();
        folder
    });
    folder.path()
}

/// The bytes of a file.
#[track_caller]
pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A study of some hundred milliseconds: the canonical runs, an edit of the circuit, two null models,
/// and a twin of a canonical run.
pub const TINY_STUDY: &str = r#"
name = "tiny"
seeds = [1, 2]

[training]
repeats = 1
teacher_epochs = 2
student_epochs = 2
test_repeats = 1

[circuit.no_ln_gaps.set]
"gap_junction.ln_ln.conductance_S" = { start = 1e-30, form = "log", learned = false }

[wiring.swaps]
kind = "null"
family = "degree_preserving_swaps"
connectomes = 2

[measurement.brief]
kind = "reevaluation"
trials = 2
suppression = false

[measurement.briefer]
kind = "reevaluation"
trials = 3
suppression = false

[[experiment]]
name = "canonical"
measure = ["brief"]

[[experiment]]
name = "no_ln_gaps"
circuit = "no_ln_gaps"
seeds = [1]
measure = ["brief"]

[[experiment]]
name = "swaps"
wiring = "swaps"
seeds = [2]
measure = ["brief"]

[[experiment]]
name = "twin"
seeds = [2]
measure = ["briefer"]
"#;

/// Units of [`TINY_STUDY`]; the last is the same run as the second, measured otherwise.
pub const UNITS_OF_TINY: [&str; 6] = [
    "canonical/seed1",
    "canonical/seed2",
    "no_ln_gaps/seed1",
    "swaps/draw1/seed2",
    "swaps/draw2/seed2",
    "twin/seed2",
];

/// [`TINY_STUDY`], carried out without an interruption, in `results/tiny` below this folder; tests
/// share it and must not change it.
pub fn finished_study() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        std::fs::write(folder.path().join("tiny.toml"), TINY_STUDY).expect("the study file");
        let arguments = ["study", "run", "tiny.toml", "--threads", "1", "--quiet"];
        kenyon(
            folder.path(),
            &[&arguments[..], &["--no-report"], &LARVA].concat(),
        )
        .succeeded();
        folder
    });
    folder.path()
}
