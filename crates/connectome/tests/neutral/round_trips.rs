//! What is written reads back the same.

use std::path::Path;

use kenyon_connectome::neutral::{Labels, is_neutral, write};
use kenyon_connectome::sample::sample;
use kenyon_connectome::{DataSet, Descriptor, Individual, ReceptorMapping, SourceKind, verify};
use kenyon_testing::Suite;
use tempfile::TempDir;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("statistical_larva", || {
            let data = sample(7, 2).expect("an individual");
            let again = round_trip(&data);
            assert_eq!(again.individual, Individual::Sampled { seed: 7, scale: 2 });
            assert!(again.manifest.statistical);
            assert_eq!(again.manifest.source, SourceKind::Neutral);
        })
        .test_with_shared("winding_folder", "data", |folder| {
            let data = DataSet::load(&folder).expect("the real data");
            let again = round_trip(&data);
            assert_eq!(again.manifest.dataset, "winding2023");
            for mapping in [ReceptorMapping::ByPosition, ReceptorMapping::ByName] {
                assert_eq!(
                    again.panel.templates(mapping).expect("rates"),
                    data.panel.templates(mapping).expect("rates")
                );
            }
        })
        .test("equal_data_make_equal_files", || {
            let data = sample(3, 1).expect("an individual");
            let folder = TempDir::new().expect("a folder");
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            export(&data, &one);
            export(&DataSet::load(&one).expect("it reads"), &two);
            for file in [
                "connectome.toml",
                "neurons.csv.gz",
                "contacts.csv.gz",
                "odours.csv",
            ] {
                let read = |folder: &Path| std::fs::read(folder.join(file)).expect("a file");
                assert!(read(&one) == read(&two), "{file}");
            }
        })
        .test("an_existing_folder_is_not_overwritten", || {
            let data = sample(3, 1).expect("an individual");
            let folder = TempDir::new().expect("a folder");
            std::fs::write(folder.path().join("x"), "x").expect("a file");
            let labels = labels(&data);
            let error = write(&data, &labels, "{}", folder.path()).expect_err("refused");
            assert!(error.to_string().contains("exists already"), "{error}");
            assert_eq!(
                std::fs::read_dir(folder.path()).expect("a folder").count(),
                1
            );
        })
}

fn labels(data: &DataSet) -> Labels {
    Labels {
        name: data.manifest.dataset.clone(),
        ..Labels::default()
    }
}

fn export(data: &DataSet, folder: &Path) {
    write(data, &labels(data), "{}", folder).unwrap_or_else(|error| panic!("{error}"));
}

/// Writes and reads a data set and compares everything that makes up its identity.
fn round_trip(data: &DataSet) -> DataSet {
    let parent = TempDir::new().expect("a folder");
    let folder = parent.path().join("neutral");
    export(data, &folder);
    assert!(is_neutral(&folder));
    let checks = verify(&folder, &Descriptor::winding2023());
    assert!(
        checks.len() >= 7 && checks.iter().all(|check| check.ok),
        "{checks:?}"
    );
    let again = DataSet::load(&folder).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again.connectome.neurons(), data.connectome.neurons());
    assert_eq!(again.connectome.contacts(), data.connectome.contacts());
    assert_eq!(again.panel, data.panel);
    assert_eq!(again.manifest.hash, data.manifest.hash);
    // Nothing but the folder is left.
    assert_eq!(
        std::fs::read_dir(parent.path()).expect("a folder").count(),
        1
    );
    again
}
