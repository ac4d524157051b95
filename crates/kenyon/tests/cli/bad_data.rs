//! Data that are missing or damaged. Data that were named are never replaced by others.

use std::fs;
use std::path::Path;

use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::{KENYON, isolated, kenyon, outcome};

const ARCHIVE: &str = "winding2023/Supplementary-Data-S1.zip";

pub fn add(suite: Suite) -> Suite {
    suite
        .test("named_folder_that_is_missing", missing)
        .test("damaged_archive", damaged)
        .test("import_of_damaged_files", import)
        .test("fetch_without_network", fetch)
}

fn folder_with_bad_archive() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let archive = folder.path().join("bad").join(ARCHIVE);
    fs::create_dir_all(archive.parent().unwrap_or(Path::new("."))).expect("a folder");
    fs::write(archive, b"PK\x03\x04 and then nothing").expect("a file");
    folder
}

fn missing() {
    let folder = TempDir::new().expect("a temporary folder");
    for command in ["inspect", "gradcheck", "bench"] {
        kenyon(folder.path(), &[command, "--data", "gone"]).refused(&["--data", "gone"]);
    }
    kenyon(folder.path(), &["data", "verify", "--data", "gone"]).refused(&["gone"]);
    let mut command = isolated(KENYON, folder.path());
    outcome(command.arg("inspect").env("KENYON_DATA", "lost")).refused(&["KENYON_DATA", "lost"]);
}

fn damaged() {
    let folder = folder_with_bad_archive();
    let run = kenyon(folder.path(), &["inspect", "--data", "bad"]);
    run.refused(&["Supplementary-Data-S1.zip", "not a complete zip archive"]);
    // As the first place of the look-up it is not skipped either.
    fs::rename(folder.path().join("bad"), folder.path().join("data")).expect("a new name");
    kenyon(folder.path(), &["inspect"]).refused(&["not a complete zip archive"]);
    // Checking data is what `verify` is for: a failed check, not an error.
    let run = kenyon(folder.path(), &["data", "verify", "--json"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(run.json()["failed"], 1);
}

fn import() {
    let folder = folder_with_bad_archive();
    let run = kenyon(folder.path(), &["data", "import", "bad", "--data", "good"]);
    run.refused(&["cannot import bad", "zip archive"]);
    assert!(!folder.path().join("good").exists());
    kenyon(folder.path(), &["data", "import", "none", "--data", "good"]).refused(&["none"]);
}

fn fetch() {
    let folder = TempDir::new().expect("a temporary folder");
    let run = kenyon(
        folder.path(),
        &["data", "fetch", "--data", "new", "--quiet"],
    );
    run.refused(&["cannot download", "import"]);
    assert!(!folder.path().join("new").exists());
}
