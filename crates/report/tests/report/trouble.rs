//! Results that are not there, or not what they were.

use std::fs;
use std::path::{Path, PathBuf};

use kenyon_report::Results;
use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::fixture::specimen;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("a_folder_without_results", missing)
        .test("every_file_that_was_changed_is_noticed", damaged)
}

fn missing() {
    let folder = TempDir::new().expect("a temporary folder");
    let error = Results::read(folder.path())
        .err()
        .expect("an error")
        .to_string();
    assert!(error.contains("holds no results of a study"), "{error}");
    assert!(error.contains("summary.json"), "{error}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries
        .flat_map(|entry| {
            if entry.path().is_dir() {
                files(&entry.path())
            } else {
                vec![entry.path()]
            }
        })
        .collect()
}

fn damaged() {
    let folder = TempDir::new().expect("a temporary folder");
    copy(specimen().folder(), folder.path());
    let read = [
        "summary.json",
        "study.json",
        "manifest.json",
        "across.json",
        "after_training.json",
        "model.safetensors",
        "recordings.json",
    ];
    let mut noticed = 0;
    for file in files(folder.path()) {
        let name = file
            .file_name()
            .and_then(|it| it.to_str())
            .unwrap_or_default()
            .to_owned();
        let canonical = file.parent() == Some(folder.path())
            || file.starts_with(folder.path().join("canonical"));
        if !canonical || !read.contains(&name.as_str()) {
            continue;
        }
        let whole = fs::read(&file).expect("the file");
        for damage in [
            whole[..whole.len() / 2].to_vec(),
            [&whole[..], b"x"].concat(),
            Vec::new(),
        ] {
            fs::write(&file, &damage).expect("damage");
            let outcome = Results::read(folder.path())
                .map_err(kenyon_report::ReportError::from)
                .and_then(|results| kenyon_report::figures(&results));
            let error = outcome
                .err()
                .unwrap_or_else(|| panic!("{} was trusted", file.display()));
            assert!(error.to_string().contains("damaged"), "{error}");
            noticed += 1;
        }
        fs::write(&file, &whole).expect("the file");
    }
    assert!(noticed >= 3 * read.len(), "{noticed}");
    Results::read(folder.path()).expect("all is as it was");
}
