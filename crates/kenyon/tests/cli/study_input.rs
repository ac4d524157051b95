//! Study files and arguments that make no sense: exit code 2, the place is named, nothing is written.

use std::fs;

use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::{LARVA, Run, TINY_STUDY, kenyon};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("study::files_that_cannot_be_read", unreadable)
        .test("study::faults_of_a_study_file_are_named", faults)
        .test("study::names_that_are_not_there", unknown_names)
        .test("study::numbers_that_make_no_sense", numbers)
        .test("study::units_that_are_not_there", units)
        .test("study::null_models_that_are_not_there", nulls)
        .test("study::folders_that_cannot_be_used", folders)
}

/// Runs a command; it must leave no results.
fn study(arguments: &[&str], files: &[(&str, &[u8])]) -> Run {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("the file can be written");
    }
    let run = kenyon(folder.path(), &[&["study"], arguments, &LARVA].concat());
    let left = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, files.len(), "something was written");
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    run
}

/// The study with one part replaced, refused by every command that reads it.
#[track_caller]
fn changed(from: &str, to: &str, telling: &[&str]) {
    let text = TINY_STUDY.replacen(from, to, 1);
    assert_ne!(text, TINY_STUDY);
    for command in [
        &["plan"][..],
        &["run"],
        &["status"],
        &["merge"],
        &["work", "--ids", "canonical"],
    ] {
        let arguments = [command, &["my.toml"]].concat();
        study(&arguments, &[("my.toml", text.as_bytes())])
            .refused(&[&["my.toml"], telling].concat());
    }
}

fn unreadable() {
    study(&["run", "nowhere.toml"], &[])
        .refused(&["nowhere.toml", "the program comes with reproduce, paper"]);
    study(&["run", "papers"], &[]).refused(&["papers", "the program comes with reproduce, paper"]);
    study(&["plan", "."], &[]).refused(&["cannot read the study file ."]);
    study(&["plan", "x"], &[("x", b"\xff\xfe")]).refused(&["x"]);
    study(&["show", "nulls"], &[])
        .refused(&["\"nulls\"", "the program comes with reproduce, paper"]);
    study(
        &["run", "x", "--circuit", "none.toml"],
        &[("x", TINY_STUDY.as_bytes())],
    )
    .refused(&["none.toml"]);
    study(
        &["run", "x", "--circuit", "x"],
        &[("x", TINY_STUDY.as_bytes())],
    )
    .refused(&["the circuit file x cannot be used", "line"]);
}

/// The line of the study on which a text stands.
fn line(text: &str) -> String {
    let before = TINY_STUDY.split(text).next().expect("a part");
    assert_ne!(before, TINY_STUDY);
    format!(
        "line {},",
        before.lines().count().max(1) + usize::from(before.ends_with('\n'))
    )
}

fn faults() {
    changed("seeds = [1, 2]", "seeds = [1, 2", &["line"]);
    changed("repeats = 1", "repeats = one", &[&line("repeats = 1")]);
    changed(
        "teacher_epochs",
        "teacher_epoch",
        &[&line("teacher_epochs"), "`teacher_epoch`"],
    );
    changed(
        "measure = ",
        "measures = ",
        &[&line("measure = "), "`measures`", "`measure`"],
    );
    changed(
        "name = \"tiny\"",
        "name = \"tiny\"\ncolour = 1",
        &["`colour`"],
    );
    changed("name = \"tiny\"\n", "", &["missing field `name`"]);
    changed("seeds = [1, 2]", "seeds = [1, 1]", &["seed twice"]);
    changed(
        "seeds = [1]",
        "seeds = [3, 4, 3]",
        &["no_ln_gaps", "seed twice"],
    );
    changed("seeds = [1]", "seeds = []", &["no_ln_gaps", "no seed"]);
    changed(
        "name = \"twin\"",
        "name = \"canonical\"",
        &["two experiments are called \"canonical\""],
    );
    changed("name = \"twin\"", "name = \"../twin\"", &["\"../twin\""]);
    changed("measurement.briefer", "measurement.run", &["\"run\""]);
    let twice = "measure = [\"briefer\", \"briefer\"]";
    changed(
        "measure = [\"briefer\"]",
        twice,
        &["twin", "\"briefer\" twice"],
    );
}

fn unknown_names() {
    changed(
        "circuit = \"no_ln_gaps\"",
        "circuit = \"no_gaps\"",
        &["\"no_gaps\"", "there are: no_ln_gaps"],
    );
    changed(
        "wiring = \"swaps\"",
        "wiring = [\"swaps\", \"flips\"]",
        &["\"flips\"", "there are: swaps"],
    );
    changed(
        "measure = [\"briefer\"]",
        "measure = [\"speed\"]",
        &["\"speed\"", "figure_four", "briefer"],
    );
    changed(
        "measure = [\"briefer\"]",
        "loss = \"cheap\"",
        &["\"cheap\"", "ce_only"],
    );
    changed(
        "measure = [\"briefer\"]",
        "mapping = \"by_smell\"",
        &["by_smell", "by_name"],
    );
    changed(
        "measure = [\"briefer\"]",
        "reference = \"control\"",
        &["\"control\"", "there are: canonical"],
    );
    changed(
        "degree_preserving_swaps",
        "friendship",
        &["friendship", "erdos_renyi"],
    );
    changed(
        "kind = \"null\"",
        "kind = \"nil\"",
        &["`nil`", "`published_shuffle`"],
    );
    // Edits that do not fit the circuit.
    changed(
        "gap_junction.ln_ln",
        "gap_junction.ln_mbon",
        &["\"no_ln_gaps\"", "ln_mbon"],
    );
    changed(
        "start = 1e-30,",
        "begin = 1e-30,",
        &["\"no_ln_gaps\"", "begin"],
    );
    changed("start = 1e-30,", "start = -1.0,", &["\"no_ln_gaps\""]);
    let removal = "[circuit.no_ln_gaps]\nremove = [\"population.KC\"]\n[circuit.no_ln_gaps.set]";
    changed(
        "[circuit.no_ln_gaps.set]",
        removal,
        &["\"no_ln_gaps\"", "KC"],
    );
}

fn numbers() {
    changed(
        "connectomes = 2",
        "connectomes = 0",
        &["\"swaps\"", "connectome"],
    );
    changed("connectomes = 2", "connectomes = -1", &["line"]);
    changed("repeats = 1", "repeats = 0", &["\"repeats\" is 0"]);
    changed("repeats = 1", "batch = 0", &["\"batch\" is 0"]);
    changed("trials = 2", "trials = 1", &["\"brief\"", "at least 2"]);
    changed("seeds = [1, 2]", "seeds = [1, -2]", &["line 3"]);
    changed(
        "circuit = \"no_ln_gaps\"",
        "circuit = []",
        &["\"no_ln_gaps\"", "empty list"],
    );
}

fn units() {
    let tiny = [("my.toml", TINY_STUDY.as_bytes())];
    for id in ["canonical/seed3", "swap", "", "canonical,swaps/draw9"] {
        study(&["work", "my.toml", "--ids", id], &tiny).refused(&[
            "no unit",
            id.rsplit(',').next().unwrap_or(id),
            "canonical/seed1",
        ]);
    }
    let none = study(&["work", "my.toml"], &tiny);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("--ids"), "{}", none.stderr);
}

fn nulls() {
    let refused = |arguments: &[&str], telling: &[&str]| {
        study(&[&["nulls"], arguments].concat(), &[]).refused(telling);
    };
    refused(
        &["--family", "friends"],
        &["\"friends\"", "erdos_renyi and signs"],
    );
    refused(
        &["--family", "erdos_renyi,"],
        &["\"\"", "erdos_renyi and signs"],
    );
    refused(
        &["--family", "erdos_renyi", "--seeds", "1,2,1"],
        &["seed twice"],
    );
    refused(
        &["--family", "erdos_renyi", "--pathways", "kc_to_mbon"],
        &["kc_to_mbon", "pn_to_kc"],
    );
    refused(
        &["--family", "erdos_renyi", "--measure", "speed"],
        &["speed", "after_training"],
    );
    refused(
        &["--family", "erdos_renyi,erdos_renyi"],
        &["erdos_renyi", "twice"],
    );
    for arguments in [
        &[][..],
        &["--family", "erdos_renyi", "--count", "1"],
        &["--family", "erdos_renyi", "--count", "0"],
        &["--family", "erdos_renyi", "--count", "-3"],
        &["--family", "erdos_renyi", "--seeds", "one"],
    ] {
        let run = study(&[&["nulls"], arguments].concat(), &[]);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
    }
    let folder = TempDir::new().expect("a temporary folder");
    let twice = ["reproduce", "--seeds", "42,43,42", "--quick"];
    kenyon(folder.path(), &[&twice[..], &LARVA].concat()).refused(&["seed twice"]);
}

fn folders() {
    for command in [&["run"][..], &["merge"], &["work", "--ids", "canonical"]] {
        for out in ["taken", "taken/below"] {
            let folder = TempDir::new().expect("a temporary folder");
            fs::write(folder.path().join("my.toml"), TINY_STUDY).expect("the study file");
            fs::write(folder.path().join("taken"), "mine").expect("a file");
            let arguments = [
                &["study"],
                command,
                &["my.toml", "--quiet", "--out", out],
                &LARVA,
            ]
            .concat();
            kenyon(folder.path(), &arguments).refused(&["taken"]);
            assert_eq!(
                fs::read(folder.path().join("taken")).expect("the file"),
                b"mine"
            );
        }
    }
}
