//! Files that are damaged or foreign: noticed, made again where that is safe, and never fatal to other
//! units.

use std::fs;
use std::path::PathBuf;

use kenyon_study::{Effort, Plan};
use kenyon_testing::Suite;

use crate::common::{
    UNITS, carry_out, complete, finished, reference, same_files, sum_up, tiny, unit,
};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("damaged measurements are made again", measurements)
        .test("merge does not trust damaged measurements", merged)
        .test("an edited certificate is written again", certificate)
        .test("damaged parameters fail their units only", parameters)
        .test("a run without its description fails alone", no_description)
        .test(
            "what a killed process left half written is removed",
            leftovers,
        )
}

fn file(plan: &Plan, id: &str, name: &str) -> PathBuf {
    plan.folder.join(&unit(plan, id).folder).join(name)
}

/// Ways to damage a measurement, each of which leaves another file.
fn damages(good: &str) -> Vec<String> {
    let edited = good.replacen("\"value\": ", "\"value\": 1", 1);
    let key = good.find("\"key\": \"").unwrap() + 8;
    let other_key = format!("{}{}{}", &good[..key], "0".repeat(64), &good[key + 64..]);
    let damages = vec![
        String::new(),
        good[..good.len() / 2].to_owned(),
        edited,
        other_key,
        "{}".to_owned(),
    ];
    assert!(damages.iter().all(|damage| damage != good));
    damages
}

fn measurements() {
    let folder = finished();
    let plan = tiny(folder.path());
    for measurement in [
        file(&plan, "no_ln_gaps/seed1", "brief.json"),
        folder.path().join("canonical/across.json"),
    ] {
        let good = fs::read_to_string(&measurement).unwrap();
        for damage in damages(&good) {
            fs::write(&measurement, &damage).unwrap();
            let (_, heard) = complete(&plan);
            heard.trained_nothing();
            same_files(folder.path(), &reference().1);
        }
    }
    // A measurement of another model is no measurement of this one.
    let other = file(&plan, "no_ln_gaps/seed2", "brief.json");
    fs::copy(other, file(&plan, "no_ln_gaps/seed1", "brief.json")).unwrap();
    complete(&plan);
    same_files(folder.path(), &reference().1);
}

fn merged() {
    let folder = finished();
    let plan = tiny(folder.path());
    let measurement = file(&plan, "swaps/draw1/seed2", "brief.json");
    let good = fs::read_to_string(&measurement).unwrap();
    for damage in damages(&good) {
        fs::write(&measurement, &damage).unwrap();
        let (summary, heard) = sum_up(&plan);
        assert_eq!(heard.failed, ["swaps/draw1/seed2"]);
        assert!(!summary.complete);
        assert_eq!(fs::read_to_string(&measurement).unwrap(), damage);
    }
    fs::write(&measurement, good).unwrap();
    assert_eq!(sum_up(&plan).0, reference().0);

    // A run that lacks its certificate or description is not complete.
    for name in ["wiring.json", "run.json"] {
        let path = file(&plan, "swaps/draw1/seed2", name);
        let content = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let (summary, heard) = sum_up(&plan);
        assert_eq!(heard.failed, ["swaps/draw1/seed2"]);
        let problem = &summary.failures[0].problem;
        assert!(problem.contains(name), "{problem}");
        fs::write(&path, content).unwrap();
    }
    assert_eq!(sum_up(&plan).0, reference().0);
    same_files(folder.path(), &reference().1);
}

fn certificate() {
    let folder = finished();
    let plan = tiny(folder.path());
    let path = file(&plan, "swaps/draw1/seed2", "wiring.json");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replacen("\"held\": true", "\"held\": false", 1)).unwrap();
    assert_ne!(fs::read_to_string(&path).unwrap(), good);
    complete(&plan);
    same_files(folder.path(), &reference().1);
}

fn parameters() {
    let folder = finished();
    let plan = tiny(folder.path());
    let teacher = unit(&plan, "canonical/seed1")
        .teacher_folder
        .as_deref()
        .unwrap();
    for (path, failed) in [
        (
            file(&plan, "canonical/seed2", "model.safetensors"),
            &["canonical/seed2"][..],
        ),
        // Both experiments of this connectome have the same teacher.
        (
            folder.path().join(teacher).join("teacher.safetensors"),
            &["canonical/seed1", "no_ln_gaps/seed1"],
        ),
    ] {
        let good = fs::read(&path).unwrap();
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for damage in [flipped, good[..good.len() - 9].to_vec(), Vec::new()] {
            fs::write(&path, &damage).unwrap();
            for effort in [Effort::Complete, Effort::MeasureAgain] {
                let (summary, heard) = carry_out(&plan, effort);
                heard.trained_nothing();
                assert_eq!(heard.failed, failed);
                assert_eq!(heard.finished.len(), UNITS.len() - failed.len());
                assert!(!summary.complete);
                let problem = &summary.failures[0].problem;
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(problem.contains(name), "{problem}");
            }
            // Nothing is overwritten that somebody may want to look at.
            assert!(fs::read(&path).unwrap() == damage);
        }
        // What the message advises: delete it and run again.
        fs::remove_file(&path).unwrap();
        complete(&plan);
        same_files(folder.path(), &reference().1);
    }
}

fn no_description() {
    let folder = finished();
    let plan = tiny(folder.path());
    let path = file(&plan, "canonical/seed2", "run.json");
    let description = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let (summary, heard) = carry_out(&plan, Effort::Complete);
    heard.trained_nothing();
    assert_eq!(heard.failed, ["canonical/seed2"]);
    assert!(summary.failures[0].problem.contains("no run.json"));
    // Models of all seeds together are not those of some.
    assert_eq!(summary.across, []);
    fs::write(&path, description).unwrap();
    complete(&plan);
    same_files(folder.path(), &reference().1);
}

fn leftovers() {
    let folder = finished();
    let plan = tiny(folder.path());
    let teacher = unit(&plan, "canonical/seed1")
        .teacher_folder
        .as_deref()
        .unwrap();
    for place in [
        "",
        "canonical",
        &unit(&plan, "canonical/seed1").folder,
        teacher,
    ] {
        let half = folder.path().join(place).join(".kenyon-half.tmp");
        fs::write(half, "half a file").unwrap();
    }
    complete(&plan);
    same_files(folder.path(), &reference().1);
}
