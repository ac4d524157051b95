//! Test suites whose members may be skipped, and where test data is found.
//!
//! The standard harness has no way to say "not run because the data is absent": such a test would
//! count as passed. Integration tests therefore use a [`Suite`] (with `harness = false` in
//! `Cargo.toml`), whose tests that need absent data are reported as *ignored*, with the reason.
//!
//! ```no_run
//! use kenyon_testing::Suite;
//!
//! fn main() {
//!     Suite::new("addition")
//!         .test("one and one", || assert_eq!(1 + 1, 2))
//!         .test_with_shared("golden", "golden/metrics.safetensors", |path| assert!(path.exists()))
//!         .run();
//! }
//! ```

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

/// A list of tests of one integration-test binary.
pub struct Suite {
    name: &'static str,
    trials: Vec<Trial>,
    missing: Vec<String>,
}

impl Suite {
    /// An empty suite; `name` prefixes every test.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            trials: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Adds a test that always runs; it fails by panicking.
    #[must_use]
    pub fn test(mut self, test: &str, body: impl FnOnce() + Send + 'static) -> Self {
        self.trials
            .push(Trial::test(format!("{}::{test}", self.name), move || {
                run(body)
            }));
        self
    }

    /// Adds a test that needs something of the machine. If `possible` is false it is reported as
    /// ignored, never as passed; `needs` says what is missing.
    #[must_use]
    pub fn test_if(
        mut self,
        possible: bool,
        needs: &str,
        test: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> Self {
        if possible {
            return self.test(test, body);
        }
        let name = format!("{}::{test}", self.name);
        self.missing.push(format!("{name} (needs {needs})"));
        let skipped = Trial::test(name, || Ok(())).with_ignored_flag(true);
        self.trials.push(skipped);
        self
    }

    /// Adds a test that needs `path` below the shared folder (see [`shared`]).
    /// Without it the test is reported as ignored, never as passed.
    #[must_use]
    pub fn test_with_shared(
        mut self,
        test: &str,
        path: &str,
        body: impl FnOnce(PathBuf) + Send + 'static,
    ) -> Self {
        let name = format!("{}::{test}", self.name);
        self.trials.push(match shared(path) {
            Some(found) => Trial::test(name, move || run(move || body(found))),
            None => {
                self.missing.push(format!("{name} (needs shared/{path})"));
                Trial::test(name, || Ok(())).with_ignored_flag(true)
            }
        });
        self
    }

    /// Runs the suite with the arguments of the process and exits.
    pub fn run(self) -> ! {
        for test in &self.missing {
            eprintln!("skipped: {test}");
        }
        libtest_mimic::run(&Arguments::from_args(), self.trials).exit()
    }
}

fn run(body: impl FnOnce()) -> Result<(), Failed> {
    body();
    Ok(())
}

/// A file or folder below the folder of shared data and test vectors, if it is there.
///
/// The folder is `KENYON_SHARED` or `../shared` from the root of the workspace.
#[must_use]
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("KENYON_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => workspace_root().join("../shared"),
    };
    let found = root.join(path);
    found.exists().then_some(found)
}

/// The folder that holds the workspace's `Cargo.toml`.
#[must_use]
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
