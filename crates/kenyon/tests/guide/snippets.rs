//! Files and parts of files that the guide shows.

use std::path::Path;

use kenyon_circuit::Circuit;
use kenyon_connectome::DataSet;
use kenyon_connectome::sample::sample;
use kenyon_study::{Plan, StudyFile};
use kenyon_testing::{Suite, workspace_root};
use tempfile::TempDir;

use crate::markdown::{chapters, chapters_folder, parse, read, with_extension};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("studies_can_be_planned", studies)
        .test("parts_of_files_are_verbatim", parts)
}

fn studies() {
    let data = sample(7, 1).expect("an individual");
    let mut number = 0;
    for chapter in chapters() {
        let blocks = parse(&read(&chapter)).0;
        let tables = TempDir::new().expect("a temporary folder");
        for block in (blocks.iter()).filter(|block| block.is("csv") || block.is("toml")) {
            // A path is a part of a file of the repository.
            let is_name = |word: &&str| word.contains('.') && !word.contains('/');
            if let Some(name) = block.word().filter(is_name) {
                std::fs::write(tables.path().join(name), block.text()).expect("a table");
            }
        }
        for block in blocks {
            if block.is("toml") && block.word() == Some("study") {
                let place = format!("{}, line {}", chapter.display(), block.line);
                plan(&block.text(), &place, tables.path(), &data);
                number += 1;
            }
        }
    }
    let folder = chapters_folder().join("studies");
    for file in with_extension(&folder, "toml") {
        plan(&read(&file), &file.display().to_string(), &folder, &data);
        number += 1;
    }
    assert!(number > 5, "only {number} studies were found");
}

/// Plans a study whose tables stand in `tables`.
fn plan(text: &str, place: &str, tables: &Path, data: &DataSet) {
    let mut file = StudyFile::parse(text).unwrap_or_else(|error| panic!("{place}: {error}"));
    file.read_tables(tables)
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    let folder = workspace_root().join("results/unused");
    let plan = Plan::new(file, data, &Circuit::larva(), &folder, false);
    let plan = plan.unwrap_or_else(|error| panic!("{place}: {error}"));
    assert!(!plan.units.is_empty(), "{place}");
}

/// A block `toml PATH` with a slash in the path shows consecutive lines of that file.
fn parts() {
    let mut number = 0;
    for chapter in chapters() {
        for block in parse(&read(&chapter)).0 {
            let Some(file) = block.word().filter(|word| word.contains('/')) else {
                continue;
            };
            let whole = read(&workspace_root().join(file));
            let place = format!("{}, line {}", chapter.display(), block.line);
            assert!(whole.contains(&block.text()), "{place}: not in {file}");
            number += 1;
        }
    }
    assert!(number > 3, "only {number} parts were found");
}
