//! `kill -9` of a whole study at random moments: carried out again, it ends in the same files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Instant;

use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::crash::fraction;
use crate::support::{KENYON, LARVA, TINY_STUDY, isolated, kenyon};

const KILLS: usize = 8;

pub fn add(suite: Suite) -> Suite {
    suite.test("eight_kills_of_a_study_end_in_the_same_files", eight_kills)
}

/// Longer than the other one, so that a kill hits something; the models are measured together too.
fn study() -> String {
    TINY_STUDY
        .replace("student_epochs = 2", "student_epochs = 8")
        .replacen(
            "measure = [\"brief\"]",
            "measure = [\"brief\"]\nacross_seeds = true",
            1,
        )
}

fn arguments() -> Vec<&'static str> {
    [
        &[
            "study",
            "run",
            "study.toml",
            "--quiet",
            "--no-report",
            "--out",
            "results",
        ],
        &LARVA[..],
    ]
    .concat()
}

fn eight_kills() {
    let (whole, killed) = (folder(), folder());
    let start = Instant::now();
    kenyon(whole.path(), &arguments()).succeeded();
    let duration = start.elapsed();
    let expected = files(whole.path());
    assert!(expected.contains_key("canonical/across.json"));

    let (mut kills, mut finished) = (0, 0);
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    while kills < KILLS {
        let mut command = isolated(KENYON, killed.path());
        command
            .args(arguments())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the command can be started");
        // A study that goes on is a shorter one, so half the time reaches every part of it.
        sleep(duration.mul_f64(0.5 * fraction(&mut state)));
        // Sends SIGKILL; the error means that it has just ended by itself.
        let _ = child.kill();
        let status = child.wait().expect("the command ends");
        if status.success() {
            finished += 1;
            same(&files(killed.path()), &expected);
            fs::remove_dir_all(killed.path().join("results")).expect("the folder can be removed");
        } else {
            assert_eq!(status.code(), None, "it must have been killed, not refused");
            kills += 1;
        }
    }
    kenyon(killed.path(), &arguments()).succeeded();
    same(&files(killed.path()), &expected);
    println!("{KILLS} kills, {finished} runs that ended between them");
}

fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    fs::write(folder.path().join("study.toml"), study()).expect("the study file");
    folder
}

/// Every file of the results but locks and times, `manifest.json` among them.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                collect(&path, &format!("{prefix}{name}/"), files);
            } else if name != ".lock" && !name.starts_with("timings") {
                files.insert(
                    format!("{prefix}{name}"),
                    fs::read(&path).expect("the file"),
                );
            }
        }
    }
    let mut all = BTreeMap::new();
    collect(&folder.join("results"), "", &mut all);
    all
}

fn same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}
