//! The chapter "Results format" lists the fields that files have, no more and no less.
//!
//! `<!-- fields: FILE /POINTER -->` stands before a table whose first column names the fields of an
//! object; `*` in the pointer is the first element that is an object with what follows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;

use crate::markdown::{chapters_folder, parse, read};

/// Every kind of measurement, a null model, and models that are measured together.
const STUDY: &str = r#"
name = "formats"
seeds = [1, 2]

[training]
teacher_epochs = 1
student_epochs = 1
repeats = 1

[wiring.swaps]
kind = "null"
family = "degree_preserving_swaps"

[measurement.reevaluation]
kind = "reevaluation"
trials = 2

[measurement.decorrelation_by_trials]
kind = "decorrelation_by_trials"
trials = [2]

[[experiment]]
name = "canonical"
measure = ["reevaluation"]
across_seeds = true

[[experiment]]
name = "swaps"
seeds = [1]
wiring = "swaps"
measure = ["after_training", "reevaluation", "mixtures", "sub_additivity", "figure_four", "decorrelation_by_trials"]
"#;

pub fn add(suite: Suite) -> Suite {
    suite.test("fields_of_result_files", fields)
}

fn kenyon(folder: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_kenyon"))
        .args(arguments)
        .args(["--statistical-larva", "7", "--quiet"])
        .current_dir(folder)
        .output()
        .expect("the binary");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
}

fn fields() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("formats.toml"), STUDY).expect("a file");
    kenyon(
        folder.path(),
        &["study", "run", "formats.toml", "--out", "formats"],
    );
    kenyon(
        folder.path(),
        &["reproduce", "--quick", "--out", "formats/quick"],
    );
    let results = folder.path().join("formats");

    let text = read(&chapters_folder().join("results.md"));
    let lines: Vec<String> = parse(&text).1.into_iter().map(|(_, line)| line).collect();
    let mut number = 0;
    for (index, line) in lines.iter().enumerate() {
        let Some(rest) = line.strip_prefix("<!-- fields: ") else {
            continue;
        };
        let mut words = rest.trim_end_matches(" -->").split(' ');
        let (file, pointer) = (words.next().unwrap_or_default(), words.next().unwrap_or(""));
        let documented = first_column(&lines[index + 1..]);
        let value = find(&contents(&results, file), pointer)
            .unwrap_or_else(|| panic!("{file} has no {pointer}"));
        let object = value.as_object().expect("an object");
        let found: BTreeSet<String> = object.keys().cloned().collect();
        assert_eq!(documented, found, "{line}");
        number += 1;
    }
    assert!(number > 20, "only {number} lists were found");
}

/// Names in backticks in the first column of the table that begins after empty lines, header left out.
fn first_column(lines: &[String]) -> BTreeSet<String> {
    let table = lines.iter().skip_while(|line| line.is_empty());
    let rows = table.take_while(|line| line.starts_with('|')).skip(2);
    let columns = rows.map(|row| row.split('|').nth(1).unwrap_or_default());
    columns
        .flat_map(|column| column.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// A JSON file of the results, or the header of a safetensors file.
fn contents(results: &Path, name: &str) -> Value {
    let path = locate(results, name).unwrap_or_else(|| panic!("there is no {name}"));
    let bytes = std::fs::read(&path).expect("a file that was found");
    if !name.ends_with(".safetensors") {
        return serde_json::from_slice(&bytes).expect("JSON");
    }
    let (length, rest) = bytes.split_first_chunk().expect("the length of the header");
    let length = u64::from_le_bytes(*length) as usize;
    let header: Value = serde_json::from_slice(&rest[..length]).expect("JSON");
    let ours = header["__metadata__"]["kenyon"]
        .as_str()
        .expect("our entry");
    let ours: Value = serde_json::from_str(ours).expect("JSON");
    ours["header"].clone()
}

/// The file of that name in a folder, or else in one below it.
fn locate(folder: &Path, name: &str) -> Option<PathBuf> {
    let here = folder.join(name);
    if here.exists() {
        return Some(here);
    }
    let mut below: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .map(|entry| entry.expect("a folder entry").path())
        .collect();
    below.sort();
    below.iter().find_map(|path| locate(path, name))
}

fn find(value: &Value, pointer: &str) -> Option<Value> {
    match pointer.split_once("/*") {
        None => value.pointer(pointer).cloned(),
        Some((before, after)) => {
            let list = value.pointer(before)?.as_array()?;
            let mut found = list.iter().filter_map(|one| one.pointer(after));
            found.find(|one| one.is_object()).cloned()
        }
    }
}
