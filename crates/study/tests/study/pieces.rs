//! A study carried out in pieces, by any number of processes in any order, and merged.

use std::fs;

use kenyon_study::{Progress, StudyError, lock_folder, lock_folder_shared, status, work_units};
use kenyon_testing::Suite;

use crate::common::{
    UNITS, complete, files, finished, folder, reference, same_files, sum_up, tiny, unit, work,
};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("pieces in any order merge to the whole", any_order)
        .test("merge lists what is missing", missing)
        .test("status says how far units are", progress)
        .test("experiments and families stand for their units", selection)
        .test("a folder in use is refused", locked)
}

fn any_order() {
    for order in [&[7, 2, 0, 5, 3, 1, 6, 4][..], &[4, 5, 6, 7, 3, 2, 1, 0]] {
        let folder = folder();
        let plan = tiny(folder.path());
        for place in order {
            assert_eq!(work(&plan, &[UNITS[*place]]), []);
        }
        assert!(!folder.path().join("summary.json").exists());
        let (summary, heard) = sum_up(&plan);
        heard.trained_nothing();
        assert_eq!(summary, reference().0);
        same_files(folder.path(), &reference().1);
    }
    // Some units by `work`, the rest by `run`.
    let folder = folder();
    let plan = tiny(folder.path());
    assert_eq!(work(&plan, &["swaps/draw1", "canonical/seed2"]), []);
    let (summary, heard) = complete(&plan);
    assert_eq!(heard.fresh.len(), UNITS.len() - 3);
    assert_eq!(summary, reference().0);
    same_files(folder.path(), &reference().1);
}

fn missing() {
    let folder = folder();
    let plan = tiny(folder.path());
    let (summary, heard) = sum_up(&plan);
    assert_eq!((summary.complete, summary.failures.len()), (false, 8));
    assert_eq!((summary.runs.len(), summary.quantities.len()), (0, 0));
    heard.trained_nothing();
    assert_eq!(
        files(folder.path()).into_keys().collect::<Vec<_>>(),
        ["manifest.json", "study.json", "summary.json"]
    );

    work(&plan, &["canonical", "swaps/draw2/seed1"]);
    let measured = unit(&plan, "swaps/draw2/seed1");
    let measured = folder.path().join(&measured.folder).join("brief.json");
    fs::remove_file(&measured).unwrap();
    let (summary, heard) = sum_up(&plan);
    heard.trained_nothing();
    let failed: Vec<&str> = summary
        .failures
        .iter()
        .map(|one| one.unit.as_str())
        .collect();
    assert_eq!(failed, UNITS[2..]);
    assert_eq!(heard.failed, failed);
    let problem = |unit: &str| {
        let mut failures = summary.failures.iter();
        failures
            .find(|one| one.unit == unit)
            .unwrap()
            .problem
            .as_str()
    };
    assert!(problem("swaps/draw2/seed1").contains("the measurement \"brief\" is missing"));
    assert!(problem("swaps/draw2/seed2").contains("is missing; run the study first"));
    assert!(!measured.exists());
    // What is there is summed up, and its effects are those of these runs.
    assert_eq!(summary.runs.len(), 2);
    assert_eq!(summary.across, reference().0.across);
    assert_ne!(summary.digest, reference().0.digest);
}

fn progress() {
    let folder = folder();
    let plan = tiny(folder.path());
    let now = || -> Vec<Progress> { status(&plan).iter().map(|unit| unit.progress).collect() };
    assert_eq!(now(), [Progress::Open; 8]);
    work(&plan, &["canonical", "no_ln_gaps"]);
    let file = |id: &str, name: &str| folder.path().join(&unit(&plan, id).folder).join(name);
    fs::remove_file(file("canonical/seed2", "brief.json")).unwrap();
    fs::remove_file(file("no_ln_gaps/seed1", "model.safetensors")).unwrap();
    let before = files(folder.path());
    assert_eq!(
        now()[..5],
        [
            Progress::Measured,
            Progress::Trained,
            Progress::Begun,
            Progress::Measured,
            Progress::Open
        ]
    );
    same_files(folder.path(), &before);
}

fn selection() {
    let folder = folder();
    let plan = tiny(folder.path());
    let chosen = |ids: &[&str]| -> Result<Vec<String>, StudyError> {
        let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        let units = plan.select(&ids)?;
        Ok(units.iter().map(|unit| unit.id.clone()).collect())
    };
    assert_eq!(chosen(&["swaps"]).unwrap(), UNITS[4..]);
    assert_eq!(chosen(&["swaps/draw2"]).unwrap(), UNITS[6..]);
    // Each unit once, in the order of the study.
    let mixed = chosen(&["swaps/draw1/seed2", "canonical", "canonical/seed1"]).unwrap();
    assert_eq!(mixed, [UNITS[0], UNITS[1], UNITS[5]]);
    for id in ["swaps/draw3", "seed1", "", "canonical/", "swaps/draw1/seed"] {
        let error = chosen(&["canonical", id]).unwrap_err().to_string();
        assert!(error.contains(&format!("\"{id}\"")), "{error}");
        assert!(error.contains(UNITS[0]), "{error}");
    }
}

fn locked() {
    let folder = finished();
    let plan = tiny(folder.path());
    let units = plan.select(&["canonical".to_owned()]).unwrap();
    let refused = |error: Result<_, StudyError>| {
        let error = error.err().unwrap();
        assert!(matches!(error, StudyError::Locked { .. }), "{error}");
    };
    let comparison = kenyon_study::Comparison::default();
    let whole = || kenyon_study::run(&plan, kenyon_study::Effort::Complete, &comparison, &|_| ());
    {
        let _whole = lock_folder(folder.path()).unwrap();
        refused(whole().map(drop));
        refused(kenyon_study::merge(&plan, &comparison, &|_| ()).map(drop));
        refused(work_units(&plan, &units, &|_| ()).map(drop));
    }
    {
        let _pieces = lock_folder_shared(folder.path()).unwrap();
        refused(whole().map(drop));
        refused(kenyon_study::merge(&plan, &comparison, &|_| ()).map(drop));
        assert_eq!(work_units(&plan, &units, &|_| ()).unwrap(), []);
    }
    same_files(folder.path(), &reference().1);
}
