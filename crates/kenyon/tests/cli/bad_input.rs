//! Wrong flags, circuits, models and folders: exit code 2, a message that names the place, and
//! nothing overwritten.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kenyon_circuit::LARVA as CIRCUIT;
use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::{KENYON, LARVA, Run, bytes, isolated, kenyon, outcome, short, trained};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("usage_errors", usage)
        .test("unknown_instruction_set", instruction_set)
        .test("unknown_circuit_key_with_its_line", circuit_key)
        .test("circuit_that_does_not_fit", circuit_misfit)
        .test("foreign_and_damaged_models", models)
        .test("existing_run_is_refused", existing_run)
        .test("changed_settings_are_named", changed_settings)
        .test("unknown_odours_and_interventions", simulation)
        .test("golden_folder_without_vectors", golden)
        .test("file_in_place_of_a_folder", no_folder)
        .test_if(
            !root() || Command::new("setpriv").arg("--version").output().is_ok(),
            "an account other than root, or setpriv",
            "folder_that_cannot_be_written",
            unwritable,
        )
        .test("full_disk_leaves_a_run_that_resumes", full_disk)
        .test_if(
            Path::new("/dev/full").exists(),
            "/dev/full",
            "full_standard_output",
            full_output,
        )
}

fn temporary() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

fn usage() {
    let folder = temporary();
    for arguments in [
        &[][..],
        &["fly"],
        &["train"],
        &["train", "--out", "x", "--loss", "cheap"],
        &["train", "--out", "x", "--epochs", "-1"],
        &["inspect", "--threads", "0"],
        &["inspect", "--data", ".", "--statistical-larva", "1"],
        &["simulate", "--odour", "1"],
        &["simulate", "x"],
        &["simulate", "x", "--odour", "1", "--mixture", "1,2"],
        &["simulate", "x", "--odour", "1", "--record-trials", "0"],
        &["simulate", "x", "--odour", "1", "--drive", "KC"],
        &["simulate", "x", "--odour", "1", "--drive", "KC=much"],
        &["evaluate", "x", "--without", "hope"],
        &["bench", "--scale", "0"],
    ] {
        let run = kenyon(folder.path(), arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{arguments:?}: {}", run.stdout);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    kenyon(folder.path(), &["data", "sample", "--scale", "0"]).refused(&["0"]);
}

fn instruction_set() {
    let folder = temporary();
    let mut command = isolated(KENYON, folder.path());
    let command = command.args(["data", "list"]).env("KENYON_ISA", "sse9");
    outcome(command).refused(&["KENYON_ISA is \"sse9\"", "scalar, avx2 or avx512"]);
}

fn inspect_circuit(text: &str) -> Run {
    let folder = temporary();
    fs::write(folder.path().join("my.toml"), text).expect("the circuit can be written");
    kenyon(
        folder.path(),
        &[&["inspect", "--circuit", "my.toml", "--quiet"], &LARVA[..]].concat(),
    )
}

fn circuit_key() {
    let line = CIRCUIT
        .lines()
        .position(|line| line == "[membrane]")
        .expect("the table")
        + 2;
    let text = CIRCUIT.replace("[membrane]\n", "[membrane]\nresistence = 1\n");
    inspect_circuit(&text).refused(&["my.toml", &format!("line {line},"), "resistence"]);
    inspect_circuit("schema = ").refused(&["my.toml", "line 1"]);
    let folder = temporary();
    kenyon(
        folder.path(),
        &[&["inspect", "--circuit", "none.toml"], &LARVA[..]].concat(),
    )
    .refused(&["none.toml"]);
}

fn circuit_misfit() {
    let text = CIRCUIT.replace("channels = 21", "channels = 20");
    let table = text
        .lines()
        .position(|line| line == "[input]")
        .expect("the table");
    // The entry at fault is the population, directly below.
    let line = table + 2;
    inspect_circuit(&text).refused(&["does not fit the data", &format!("line {line}")]);
}

fn models() {
    let folder = temporary();
    let good = trained().join("run/model.safetensors");
    let evaluate = |file: &str| {
        kenyon(
            folder.path(),
            &[&["evaluate", file, "--repeats", "2"], &LARVA[..]].concat(),
        )
    };
    let write = |name: &str, content: &[u8]| {
        fs::write(folder.path().join(name), content).expect("the file can be written");
        evaluate(name)
    };
    let content = bytes(&good);
    evaluate("missing.safetensors").refused(&["missing.safetensors"]);
    evaluate(".").refused(&["model.safetensors"]);
    write("empty", &[]).refused(&["empty"]);
    write("text", b"no safetensors at all").refused(&["text"]);
    write("truncated", &content[..content.len() - 7]).refused(&["truncated", "incomplete"]);
    let mut flipped = content.clone();
    *flipped.last_mut().expect("a byte") ^= 1;
    write("flipped", &flipped).refused(&["flipped", "damaged", "SHA-256"]);
    let teacher = trained()
        .join("run/teacher.safetensors")
        .display()
        .to_string();
    evaluate(&teacher).refused(&["holds a teacher", "a model is needed"]);
    let other = ["evaluate", "run", "--statistical-larva", "4"];
    kenyon(trained(), &other).refused(&["trained on other data", "--statistical-larva"]);
    let circuit = CIRCUIT.replace("steps = 30", "steps = 31");
    fs::write(folder.path().join("longer.toml"), circuit).expect("the circuit can be written");
    let good = good.display().to_string();
    let longer = [&["evaluate", &good, "--circuit", "longer.toml"], &LARVA[..]].concat();
    kenyon(folder.path(), &longer).refused(&["another circuit", "--circuit"]);
}

/// Every file of a folder and of the folders in it, with its bytes.
pub fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut contents: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| match path.is_dir() {
            true => contents(&path),
            false => vec![(path.clone(), bytes(&path))],
        })
        .collect();
    contents.sort();
    contents
}

fn existing_run() {
    let before = contents(&trained().join("run"));
    let run = kenyon(trained(), &short("run", &[])).refused(&["run holds a run already"]);
    assert!(run.stderr.contains("hint: add --resume"), "{}", run.stderr);
    assert_eq!(contents(&trained().join("run")), before);
}

fn changed_settings() {
    let before = contents(&trained().join("run"));
    kenyon(trained(), &short("run", &["--resume", "--seed", "43"])).refused(&[
        "run.json",
        "settings.seed = 42",
        "43",
    ]);
    kenyon(trained(), &short("run", &["--resume", "--loss", "ce_only"]))
        .refused(&["settings.loss"]);
    assert_eq!(contents(&trained().join("run")), before);
}

fn simulation() {
    let simulate = |more: &[&str]| {
        kenyon(
            trained(),
            &[&["simulate", "run", "--trials", "1"], &LARVA[..], more].concat(),
        )
    };
    simulate(&["--odour", "vinegar"]).refused(&["vinegar", "0 sfr", "27 odour 27"]);
    simulate(&["--odour", "28"]).refused(&["28", "0 to 27"]);
    simulate(&["--odour", "1", "--silence", "MBON"]).refused(&["MBON", "ORN, LN, PN"]);
    simulate(&["--odour", "1", "--silence", "KC:144"]).refused(&["144"]);
    simulate(&["--odour", "1", "--boost", "KC=1"]).refused(&["KC", "graded"]);
    simulate(&["--odour", "1", "--disable", "kc_to_mbon"]).refused(&["kc_to_mbon"]);
    simulate(&["--odour", "1", "--concentration", "NaN"]).refused(&["--concentration"]);
    let mixture = |names| simulate(&["--mixture", names]);
    mixture("1,vinegar").refused(&["vinegar", "27 odour 27"]);
    mixture("1,odour 1").refused(&["\"odour 1\" twice"]);
    mixture("1").refused(&["two or more", "--odour"]);
    mixture("").refused(&["no odour \"\""]);
    mixture("1,0").refused(&["blank"]);
}

fn golden() {
    let folder = temporary();
    kenyon(folder.path(), &["verify", "."]).refused(&["none of the golden files"]);
    kenyon(folder.path(), &["verify", "nowhere"]).refused(&["nowhere"]);
    fs::write(folder.path().join("soft_noise.safetensors"), b"short").expect("a file");
    kenyon(folder.path(), &["verify", "."]).refused(&["soft_noise.safetensors"]);
}

fn no_folder() {
    let folder = temporary();
    fs::write(folder.path().join("taken"), b"mine").expect("a file");
    kenyon(folder.path(), &short("taken", &[])).refused(&["taken"]);
    kenyon(folder.path(), &short("taken/below", &["--resume"])).refused(&["taken/below"]);
    assert_eq!(bytes(&folder.path().join("taken")), b"mine");
}

/// Whether nothing is read-only for this account.
fn root() -> bool {
    let folder = temporary();
    set_mode(folder.path(), 0o555);
    let written = fs::write(folder.path().join("probe"), b"").is_ok();
    set_mode(folder.path(), 0o755);
    written
}

/// Drops privileges when root, because nothing is read-only for root.
fn unwritable() {
    let folder = temporary();
    // Copied to where everybody may read it; the build folder may be closed to others.
    let program = folder.path().join("kenyon");
    fs::copy(KENYON, &program).expect("a copy of the binary");
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).expect("a folder");
    set_mode(folder.path(), 0o755);
    set_mode(&closed, 0o555);
    let program = program.display().to_string();
    let mut command = if root() {
        let mut command = isolated("setpriv", folder.path());
        command.args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--",
            &program,
        ]);
        command
    } else {
        isolated(&program, folder.path())
    };
    outcome(command.args(short("closed/run", &[]))).refused(&["closed/run", "ermission denied"]);
    set_mode(&closed, 0o755);
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions can be set");
}

fn full_disk() {
    let folder = temporary();
    // Files end at 8 KiB: the description of the run fits, the teacher does not.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let mut command = isolated("bash", folder.path());
    let limited = command.args(["-c", script, KENYON]).args(short("run", &[]));
    outcome(limited).refused(&["cannot write", "teacher.safetensors"]);
    let names: Vec<PathBuf> = contents(&folder.path().join("run"))
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(names, [folder.path().join("run/run.json")]);
    kenyon(folder.path(), &short("run", &["--resume"])).succeeded();
    assert_eq!(
        bytes(&folder.path().join("run/model.safetensors")),
        bytes(&trained().join("run/model.safetensors"))
    );
}

fn full_output() {
    let folder = temporary();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let mut command = isolated(KENYON, folder.path());
    let run = command
        .args(["data", "list"])
        .stdout(full)
        .output()
        .expect("it can be started");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("cannot write to standard output"),
        "{errors}"
    );
}
