//! `kill -9` at random moments: a resumed run ends in the same bytes as an uninterrupted one.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Instant;

use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::{KENYON, bytes, isolated, kenyon, short, trained};

const KILLS: usize = 20;

pub fn add(suite: Suite) -> Suite {
    suite.test("twenty_kills_end_in_the_same_bytes", twenty_kills)
}

fn twenty_kills() {
    let whole = bytes(&trained().join("run/model.safetensors"));
    let folder = TempDir::new().expect("a temporary folder");
    let run = folder.path().join("run");
    let arguments = short("run", &["--resume", "--threads", "1"]);
    let start = Instant::now();
    kenyon(folder.path(), &arguments).succeeded();
    let duration = start.elapsed();
    let (mut kills, mut finished) = (0, 1);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    compare(&run, &whole);
    while kills < KILLS {
        let mut command = isolated(KENYON, folder.path());
        command
            .args(&arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the command can be started");
        // A resumed run is a shorter one, so half the time reaches every part of it.
        sleep(duration.mul_f64(0.5 * fraction(&mut state)));
        // Sends SIGKILL; the error means that it has just ended by itself.
        let _ = child.kill();
        let status = child.wait().expect("the command ends");
        if status.success() {
            finished += 1;
            compare(&run, &whole);
        } else {
            assert_eq!(status.code(), None, "it must have been killed, not refused");
            kills += 1;
        }
    }
    kenyon(folder.path(), &arguments).succeeded();
    compare(&run, &whole);
    println!("{KILLS} kills, {finished} runs that ended between them");
}

/// The finished run must be `whole`; the next one starts anew.
fn compare(run: &Path, whole: &[u8]) {
    assert!(
        bytes(&run.join("model.safetensors")) == whole,
        "the resumed model differs"
    );
    let left: Vec<String> = fs::read_dir(run)
        .expect("the folder of the run")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| {
            !["run.json", "teacher.safetensors", "model.safetensors"].contains(&name.as_str())
        })
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    fs::remove_dir_all(run).expect("the folder can be removed");
}

/// A number in [0, 1); the moments need not be the same on every machine, only spread.
pub fn fraction(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}
