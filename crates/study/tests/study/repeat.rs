//! A study that is carried out again: the same digest, and no more work than is needed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use kenyon_study::Effort;
use kenyon_testing::Suite;

use crate::common::{
    HEAD, UNITS, carry_out, complete, files, finished, folder, plan, reference, same_files, tiny,
    unit,
};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("the first call carries out everything", first_call)
        .test("the second call does nothing", second_call)
        .test("every built-in measurement is found again", built_in)
        .test("threads do not matter", threads)
        .test("what was deleted is made again", deleted)
        .test("measuring again trains nothing", measuring_again)
        .test(
            "measuring again reports a missing model",
            nothing_to_measure,
        )
}

fn first_call() {
    let folder = folder();
    let (summary, heard) = complete(&tiny(folder.path()));
    assert_eq!(
        (&heard.fresh[..], &heard.finished[..]),
        (&UNITS.map(str::to_owned)[..], &UNITS.map(str::to_owned)[..])
    );
    // Two epochs of eight students, and of two teachers for each of three connectomes.
    assert_eq!(heard.epochs, 2 * 8 + 2 * 2 * 3);
    let runs: Vec<&str> = summary.runs.iter().map(|run| run.unit.as_str()).collect();
    assert_eq!(runs, UNITS);
    assert_eq!(summary.digest.len(), 64);
    // Nothing is listed that is not there, and nothing is there that is not listed.
    let files = files(folder.path());
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let listed = manifest.as_array().unwrap().iter();
    let mut listed: BTreeSet<&str> = listed
        .map(|entry| entry["path"].as_str().unwrap())
        .collect();
    assert!(listed.insert("manifest.json"));
    assert_eq!(listed, files.keys().map(String::as_str).collect());
    assert!(folder.path().join("timings.json").exists());
    let stored: kenyon_study::Summary = serde_json::from_slice(&files["summary.json"]).unwrap();
    assert_eq!(stored, summary);
}

/// Makes every file old, so that one that is written again shows.
fn age(folder: &Path) {
    for name in files(folder).keys() {
        let file = File::options().write(true).open(folder.join(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
}

/// Files written since [`age`].
fn written(folder: &Path) -> BTreeSet<String> {
    let names = files(folder).into_keys();
    let new = |name: &String| {
        let modified = fs::metadata(folder.join(name)).unwrap().modified().unwrap();
        modified != SystemTime::UNIX_EPOCH
    };
    names.filter(new).collect()
}

/// What is written anew even if nothing is measured.
fn sums() -> BTreeSet<String> {
    ["manifest.json", "study.json", "summary.json"]
        .map(str::to_owned)
        .into()
}

fn second_call() {
    let folder = finished();
    age(folder.path());
    let (summary, heard) = complete(&tiny(folder.path()));
    assert_eq!(summary, reference().0);
    heard.trained_nothing();
    assert_eq!(heard.finished, UNITS);
    assert_eq!(written(folder.path()), sums());
    same_files(folder.path(), &reference().1);
    // Its times would say nothing about the work.
    assert!(!folder.path().join("timings.json").exists());
}

/// A measurement with a value that JSON cannot hold would be made again and again.
fn built_in() {
    let text = format!(
        "{HEAD}
        [[experiment]]
        name = \"canonical\"
        seeds = [1]
        measure = {:?}
        ",
        kenyon_study::BUILT_IN
    );
    let folder = folder();
    let plan = plan(&text, folder.path());
    let (first, _) = complete(&plan);
    assert_eq!(
        first.runs[0].measurements.len(),
        kenyon_study::BUILT_IN.len()
    );
    age(folder.path());
    assert_eq!(complete(&plan).0, first);
    assert_eq!(written(folder.path()), sums());
}

fn threads() {
    for threads in [1, 2] {
        let folder = folder();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let plan = tiny(folder.path());
        pool.unwrap().install(|| complete(&plan));
        same_files(folder.path(), &reference().1);
    }
}

fn deleted() {
    let folder = finished();
    let plan = tiny(folder.path());
    let run = |id: &str| unit(&plan, id).folder.clone();
    let swapped = run("swaps/draw2/seed1");
    let teacher = unit(&plan, "swaps/draw2/seed1")
        .teacher_folder
        .as_deref()
        .unwrap();
    for (file, fresh) in [
        (
            format!("{}/model.safetensors", run("canonical/seed2")),
            &["canonical/seed2"][..],
        ),
        (
            format!("{swapped}/model.safetensors"),
            &["swaps/draw2/seed1"],
        ),
        (format!("{swapped}/brief.json"), &[]),
        (format!("{swapped}/wiring.json"), &[]),
        (format!("{teacher}/teacher.safetensors"), &[]),
        ("canonical/across.json".to_owned(), &[]),
        ("summary.json".to_owned(), &[]),
        ("manifest.json".to_owned(), &[]),
    ] {
        fs::remove_file(folder.path().join(&file)).unwrap();
        let (_, heard) = complete(&plan);
        assert_eq!(heard.fresh, fresh, "{file}");
        same_files(folder.path(), &reference().1);
    }
    fs::remove_dir_all(folder.path().join(&swapped)).unwrap();
    complete(&plan);
    same_files(folder.path(), &reference().1);
}

fn measuring_again() {
    let folder = finished();
    let plan = tiny(folder.path());
    age(folder.path());
    let (summary, heard) = carry_out(&plan, Effort::MeasureAgain);
    assert_eq!(summary, reference().0);
    heard.trained_nothing();
    same_files(folder.path(), &reference().1);
    let mut expected: BTreeSet<String> = plan
        .units
        .iter()
        .map(|unit| format!("{}/brief.json", unit.folder))
        .collect();
    expected.extend(sums());
    expected.insert("canonical/across.json".to_owned());
    for id in ["canonical/seed1", "canonical/seed2"] {
        expected.insert(format!("{}/traces.json", unit(&plan, id).folder));
    }
    assert_eq!(written(folder.path()), expected);
    assert!(folder.path().join("timings-measuring.json").exists());
}

fn nothing_to_measure() {
    let folder = finished();
    let plan = tiny(folder.path());
    let missing = unit(&plan, "no_ln_gaps/seed2");
    let model = folder
        .path()
        .join(&missing.folder)
        .join("model.safetensors");
    fs::remove_file(&model).unwrap();
    let (summary, heard) = carry_out(&plan, Effort::MeasureAgain);
    heard.trained_nothing();
    assert_eq!(heard.failed, [missing.id.as_str()]);
    assert!(!summary.complete && !model.exists());
    assert_eq!(summary.runs.len(), UNITS.len() - 1);
    let problem = &summary.failures[0].problem;
    assert!(
        problem.contains("model") && problem.contains("missing"),
        "{problem}"
    );
}
