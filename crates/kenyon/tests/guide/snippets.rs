//! Files and parts of files that the guide shows.

use kenyon_circuit::Circuit;
use kenyon_connectome::DataSet;
use kenyon_connectome::sample::sample;
use kenyon_study::{Plan, StudyFile};
use kenyon_testing::{Suite, workspace_root};

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
        for block in parse(&read(&chapter)).0 {
            if block.is("toml") && block.word() == Some("study") {
                let place = format!("{}, line {}", chapter.display(), block.line);
                plan(&block.text(), &place, &data);
                number += 1;
            }
        }
    }
    for file in with_extension(&chapters_folder().join("studies"), "toml") {
        plan(&read(&file), &file.display().to_string(), &data);
        number += 1;
    }
    assert!(number > 5, "only {number} studies were found");
}

fn plan(text: &str, place: &str, data: &DataSet) {
    let file = StudyFile::parse(text).unwrap_or_else(|error| panic!("{place}: {error}"));
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
