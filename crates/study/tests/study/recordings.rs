//! What figures are drawn from stands in the files of a study.

use std::fs;
use std::path::Path;

use kenyon_analysis::recording::{INTACT, Recording};
use kenyon_study::{AcrossMetrics, Detail, Measured};
use kenyon_testing::Suite;
use serde::de::DeserializeOwned;

use crate::common::{HEAD, complete, finished, folder, larva, plan, tiny, unit};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("recordings are stored in every arm", stored)
        .test("odours that a task lacks are left out", fewer_odours)
        .test("similarity maps are stored across seeds", maps)
}

fn content<T: DeserializeOwned>(file: &Path) -> T {
    let text = fs::read_to_string(file).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(value["content"].take()).unwrap()
}

fn recordings(file: &Path) -> Vec<Recording> {
    let measured: Measured = content(file);
    assert_eq!(measured.figures, []);
    let Detail::Recordings(recordings) = measured.detail else {
        panic!("{}", file.display());
    };
    recordings
}

fn stored() {
    let folder = finished();
    let plan = tiny(folder.path());
    let of = |id: &str| {
        let file = folder
            .path()
            .join(&unit(&plan, id).folder)
            .join("traces.json");
        // All on one line, or a spike would take three.
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1);
        recordings(&file)
    };
    let (one, other) = (of("canonical/seed1"), of("canonical/seed2"));
    let names = &larva().panel.odours;
    let labels: Vec<&str> = one.iter().map(|one| one.label.as_str()).collect();
    let without = |class: usize| format!("{}, without APL", names[class]);
    assert_eq!(labels, [&names[0], &without(0), &names[5], &without(5)]);
    assert_eq!(one[2].intervention, INTACT);
    assert_eq!(one[2].populations.len(), 5);
    // All models are shown the same noisy odour.
    assert_eq!(one[2].receptors, other[2].receptors);
    assert_ne!(one[2].probabilities, other[2].probabilities);
}

fn fewer_odours() {
    let text = format!(
        "{HEAD}
        [task.three]
        kind = \"rows\"
        rows = [7, 8, 9]
        [[experiment]]
        name = \"few\"
        task = \"three\"
        seeds = [1]
        measure = [\"recordings\"]
        "
    );
    let folder = folder();
    let plan = plan(&text, folder.path());
    let (summary, _) = complete(&plan);
    assert_eq!(summary.failures, []);
    let file = folder
        .path()
        .join(&plan.units[0].folder)
        .join("recordings.json");
    let all = recordings(&file);
    // Of the usual odours only class 0 exists, which here is row 7 of the panel.
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].label, larva().panel.odours[7]);
    assert_eq!((all[0].odour, all[0].probabilities.len()), (Some(0), 3));
}

fn maps() {
    let folder = finished();
    let across: AcrossMetrics = content(&folder.path().join("canonical/across.json"));
    let maps = across.maps;
    assert_eq!(maps.odours, larva().panel.odours);
    assert_eq!(
        (maps.coding_counts.len(), maps.coding_counts[0].len()),
        (28, 144)
    );
    for map in [&maps.receptors, &maps.relay, &maps.coding] {
        assert_eq!(map.linkage.merges.len(), 27);
        for (row, cosines) in map.cosines.iter().enumerate() {
            for (column, cosine) in cosines.iter().enumerate() {
                assert!((-1e-12..=1.0 + 1e-12).contains(cosine));
                assert_eq!(*cosine, map.cosines[column][row]);
            }
        }
    }
    let [one, other] = [0, 1].map(|merge| maps.receptors.linkage.merges[merge]);
    assert!(one.2 <= other.2);
}
