//! The supplement of Winding et al. imported as any other matrices, compared with the built-in reader and
//! with the counts of `spec/data.md`.

use std::path::{Path, PathBuf};

use kenyon_connectome::import::{
    Field, ImportOptions, Imported, Odours, Populations, Selection, import_tables,
};
use kenyon_connectome::{Compartment, CompartmentSet, Connectome, DataError, DataSet};
use kenyon_testing::Suite;
use tempfile::TempDir;

const ARCHIVE: &str = "data/winding2023/Supplementary-Data-S1.zip";

/// The populations of `circuits/larva.toml`.
const LARVA: &str = r#"
schema = 1
[[population]]
name = "ORN"
where = 'celltype == "sensory" and annotation contains "olfactory"'
neurons = 42
[[population]]
name = "LN"
where = 'celltype == "LN" and not annotation contains "APL"'
neurons = 108
[[population]]
name = "PN"
where = 'celltype == "PN" and additional_annotations contains "olfactory 2nd_order PN"'
neurons = 72
[[population]]
name = "KC"
where = 'celltype == "KC"'
neurons = 144
[[population]]
name = "APL"
where = 'annotation contains "APL"'
neurons = 2
"#;

/// Those of the mushroom body's outputs in addition.
const OUTPUTS: &str = r#"
[[population]]
name = "MBON"
where = 'celltype == "MBON"'
neurons = 48
[[population]]
name = "DAN"
where = 'celltype == "MBIN" and annotation starts_with "DAN"'
neurons = 14
"#;

pub fn add(suite: Suite) -> Suite {
    suite
        .test_with_shared("equals_the_built_in_reader", ARCHIVE, |archive| {
            let imported = import(&archive, LARVA, ImportOptions::default());
            let bare = TempDir::new().expect("a folder");
            let responses = archive.with_file_name("../kreher2008/or_responses.csv");
            std::fs::copy(responses, bare.path().join("or_responses.csv")).expect("a copy");
            std::fs::copy(&archive, bare.path().join("Supplementary-Data-S1.zip")).expect("a copy");
            let built_in = DataSet::load(bare.path()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                imported.data.connectome.hash(),
                built_in.connectome.hash(),
                "neurons and contacts must be the same"
            );
            let counts = imported.record.contacts;
            assert_eq!((counts.kept_edges, counts.kept_contacts), (11_853, 52_058));
            assert_eq!(
                counts.used.contacts + counts.dropped_not_selected.contacts,
                counts.read.contacts
            );
        })
        .test_with_shared("with_names_it_is_the_prepared_data_set", "data", |folder| {
            let archive = folder.join("winding2023/Supplementary-Data-S1.zip");
            let known = DataSet::load(&folder).expect("the real data");
            let mut options = ImportOptions {
                odours: Some(Odours::Panel(
                    Box::new(known.clone()),
                    "winding2023".to_owned(),
                )),
                ..ImportOptions::default()
            };
            for (field, column) in [
                (Field::Side, "hemisphere"),
                (Field::Class, "cell_class"),
                (Field::Transmitter, "ln_transmitter"),
            ] {
                options.fields.insert(field, column.to_owned());
            }
            options.populations = selections(LARVA);
            let paths = [archive, folder.join("winding2023/neurons.csv")];
            let imported =
                import_tables(&paths, &options).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(imported.data.manifest.hash, known.manifest.hash);
        })
        .test_with_shared(
            "mushroom_body_outputs_have_the_counts_of_the_spec",
            ARCHIVE,
            |archive| {
                let text = format!("{LARVA}{OUTPUTS}");
                let imported = import(&archive, &text, ImportOptions::default());
                check_outputs(&imported.data.connectome);
                let parent = TempDir::new().expect("a folder");
                let folder = parent.path().join("mb");
                let labels = ImportOptions::default().labels;
                imported
                    .write(&labels, &folder)
                    .unwrap_or_else(|error| panic!("{error}"));
                let again = DataSet::load(&folder).unwrap_or_else(|error| panic!("{error}"));
                check_outputs(&again.connectome);
                assert!(again.panel.odours.is_empty());
                assert!(matches!(
                    again.panel.templates(Default::default()),
                    Err(DataError::NoResponses)
                ));
            },
        )
}

fn selections(text: &str) -> Populations {
    let selections = Selection::from_toml(text, "selections.toml");
    Populations::Expressions(selections.unwrap_or_else(|error| panic!("{error}")))
}

fn import(archive: &Path, text: &str, options: ImportOptions) -> Imported {
    let options = ImportOptions {
        populations: selections(text),
        ..options
    };
    let paths: Vec<PathBuf> = vec![archive.to_owned()];
    import_tables(&paths, &options).unwrap_or_else(|error| panic!("{error}"))
}

/// Edges and contacts by compartment pair.
type Counts = [(usize, u64); 4];

/// Section 5.4: edges and contacts by compartment pair.
fn check_outputs(connectome: &Connectome) {
    let expected: [(&str, &str, Counts); 12] = [
        (
            "KC",
            "MBON",
            [(419, 770), (2746, 15747), (0, 0), (238, 1235)],
        ),
        ("MBON", "KC", [(69, 82), (1, 1), (90, 104), (8, 8)]),
        (
            "MBON",
            "MBON",
            [(262, 977), (146, 597), (36, 56), (46, 154)],
        ),
        ("MBON", "DAN", [(13, 35), (41, 149), (13, 17), (5, 6)]),
        ("DAN", "MBON", [(14, 22), (63, 1089), (0, 0), (0, 0)]),
        ("DAN", "DAN", [(20, 69), (1, 1), (0, 0), (0, 0)]),
        ("DAN", "KC", [(1207, 3708), (0, 0), (0, 0), (0, 0)]),
        ("KC", "DAN", [(1367, 4019), (18, 21), (0, 0), (0, 0)]),
        ("APL", "MBON", [(0, 0), (4, 38), (0, 0), (3, 4)]),
        ("MBON", "APL", [(0, 0), (7, 16), (0, 0), (8, 11)]),
        ("PN", "MBON", [(24, 52), (30, 155), (0, 0), (0, 0)]),
        ("MBON", "LN", [(25, 83), (54, 416), (0, 0), (6, 11)]),
    ];
    for (source, target, counts) in expected {
        for (kind, wanted) in Compartment::ALL.into_iter().zip(counts) {
            let edges = connectome.edges(source, target, CompartmentSet::of(&[kind]));
            let contacts = edges.iter().map(|edge| u64::from(edge.contacts)).sum();
            assert_eq!(
                (edges.len(), contacts),
                wanted,
                "{source} to {target}, {}",
                kind.code()
            );
        }
    }
}
