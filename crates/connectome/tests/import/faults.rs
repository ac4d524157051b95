//! One test per fault of an import.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;

use kenyon_connectome::import::{ImportOptions, Layout, Populations, Selection, import_tables};
use kenyon_testing::Suite;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::{edges, options, refused, try_import};

const NEURONS: &str = "id,type\n1,KC\n2,KC\n3,MBON\n";
const LIST: &str = "source,target,contacts\n1,3,4\n2,3,1\n";
const FILES: [(&str, &str); 2] = [("n.csv", NEURONS), ("c.csv", LIST)];

fn all() -> ImportOptions {
    options(&["A = true"])
}

fn with_list(list: &str) -> [(&str, &str); 2] {
    [FILES[0], ("c.csv", list)]
}

pub fn add(suite: Suite) -> Suite {
    suite
        .test("no_table_of_contacts", || {
            refused(
                &FILES[..1],
                &all(),
                &["table of contacts", "pre_root_id", "n.csv: id, type"],
            );
        })
        .test("two_layouts", || {
            let other = ("d.csv", "pre_root_id,post_root_id,syn_count\n1,2,3\n");
            refused(
                &[FILES[1], other],
                &all(),
                &["c.csv is a edges table", "flywire"],
            );
        })
        .test("another_layout_than_asked_for", || {
            let mut asked = all();
            asked.layout = Some(Layout::Flywire);
            refused(&FILES, &asked, &["pre_root_id", "flywire"]);
        })
        .test("very_many_columns_of_one_name", || {
            // Found by fuzzing: the search for another name took the cube of their number.
            let header = format!("id,type{}\n", ",x".repeat(50_000));
            let row = |id: u32| format!("{id},KC{}\n", ",1".repeat(50_000));
            let neurons = [header, row(1), row(2), row(3)].concat();
            let imported = try_import(&[("n.csv", &neurons), FILES[1]], &all())
                .expect("equal names are told apart");
            let renamed = &imported.record.neurons.renamed_columns;
            assert_eq!(renamed.len(), 49_999);
            assert_eq!(renamed[49_998], "x of n.csv is x_50000");
        })
        .test("more_cells_than_a_table_of_neurons_has", || {
            // A second table would give each of its rows an empty cell for each column of the first.
            let wide = format!("id{}\n9{}\n", ",x".repeat(1000), ",1".repeat(1000));
            let mut few = all();
            few.limits.neuron_cells = 3000;
            refused(
                &[("w.csv", &wide), FILES[0], FILES[1]],
                &few,
                &["n.csv, row 4", "too large to be one of neurons"],
            );
        })
        .test("no_population", || {
            refused(
                &FILES,
                &ImportOptions::default(),
                &["--population", "id, type"],
            );
        })
        .test("empty_population", || {
            refused(
                &FILES,
                &options(&["A = type == \"DAN\""]),
                &["A (type == \"DAN\")", "no neuron"],
            );
        })
        .test("two_populations_of_a_neuron", || {
            refused(
                &FILES,
                &options(&["A = true", "B = id == 2"]),
                &["neuron 2", "both A and B"],
            );
        })
        .test("names_of_populations", || {
            refused(
                &FILES,
                &options(&["A = id == 1", "A = id == 2"]),
                &["\"A\" is given twice"],
            );
            for text in ["= true", "true", "celltype == \"KC\"", ""] {
                assert!(
                    Selection::parse(text).is_err() || text.contains("=="),
                    "{text} is accepted"
                );
            }
        })
        .test("another_size_than_stated", || {
            let text = "schema = 1\n[[population]]\nname = \"A\"\nwhere = \"true\"\nneurons = 4\n";
            let mut sized = all();
            let selections = Selection::from_toml(text, "s.toml").expect("it parses");
            sized.populations = Populations::Expressions(selections);
            refused(&FILES, &sized, &["selects 3 neurons, expected 4"]);
        })
        .test("bad_files_of_selections", || {
            for (text, part) in [
                ("", "schema"),
                ("schema = 2\npopulation = []", "schema is 2"),
                ("schema = 1\n[[population]]\nname = \"A\"\n", "where"),
                (
                    "schema = 1\n[[population]]\nname = \"A\"\nwhere = \"id =\"\n",
                    "use \"==\"",
                ),
                (
                    "schema = 1\n[[population]]\nname = \"A\"\nwhere = \"true\"\nwhat = 1\n",
                    "what",
                ),
            ] {
                let error = Selection::from_toml(text, "s.toml")
                    .expect_err(text)
                    .to_string();
                assert!(error.contains(part), "{part} is not in: {error}");
            }
        })
        .test("unknown_column_in_an_expression", || {
            refused(
                &FILES,
                &options(&["A = celltype == \"KC\""]),
                &[
                    "population A",
                    "no column \"celltype\"",
                    "id, type",
                    "character 1",
                ],
            );
        })
        .test("identities_as_floats", || {
            let list = "source,target,contacts\n1.0,3.0,4\n";
            refused(
                &with_list(list),
                &all(),
                &["c.csv, row 2", "floating-point"],
            );
            let neurons = "id,type\n7.2E17,KC\n";
            refused(
                &[("n.csv", neurons), FILES[1]],
                &all(),
                &["n.csv, row 2", "floating-point"],
            );
        })
        .test("huge_identities", || {
            let list = format!("source,target,contacts\n{},0,4\n", u64::MAX);
            let got =
                try_import(&[("c.csv", &list)], &all()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(edges(&got), [(u64::MAX, 0, [0, 4, 0, 0])]);
            let list = "source,target,contacts\n18446744073709551616,0,4\n";
            refused(
                &[("c.csv", list)],
                &all(),
                &["row 2", "18446744073709551616"],
            );
        })
        .test("counts_that_are_none", || {
            for count in ["-1", "nan", "1.5", "", "99999999999"] {
                let list = format!("source,target,contacts\n1,3,{count}\n");
                refused(
                    &with_list(&list),
                    &all(),
                    &["c.csv, row 2", "number of contacts"],
                );
            }
        })
        .test("sums_that_are_too_large", || {
            let list = "source,target,contacts\n1,3,1000000\n1,3,1\n";
            refused(
                &with_list(list),
                &all(),
                &["from neuron 1 to neuron 3", "1000000"],
            );
        })
        .test("neuron_twice", || {
            let neurons = "id,type\n1,KC\n1,KC\n";
            refused(
                &[("n.csv", neurons), FILES[1]],
                &all(),
                &["n.csv, row 3", "second time"],
            );
            let pairs = "left_id,right_id,celltype\n1,2,KC\n2,3,KC\n";
            refused(
                &[("n.csv", pairs), FILES[1]],
                &all(),
                &["n.csv, row 3", "neuron 2"],
            );
        })
        .test("bad_utf8_and_ragged_rows", || {
            refused(
                &with_list("source,target,contacts\n1,3\n"),
                &all(),
                &["c.csv, row 2", "2 cells"],
            );
            let inputs = vec![kenyon_connectome::Input::bytes(
                "n.csv",
                b"id,type\n1,\xff\n".as_slice().to_vec(),
            )];
            let error =
                kenyon_connectome::import::import_inputs(inputs, &all()).expect_err("refused");
            assert!(error.to_string().contains("contacts"), "{error}");
        })
        .test("matrix_without_a_neuron", || {
            let matrix = "x,1,2\n1,0,1\n2,3,0\n";
            refused(
                &[FILES[0], ("m.csv", matrix)],
                &all(),
                &["neuron 3", "missing in m.csv"],
            );
        })
        .test("matrix_that_is_not_square", || {
            refused(&[("m.csv", "x,1,2\n1,0,1\n")], &all(), &["not square"]);
            refused(
                &[("m.csv", "x,1,2\n1,0,1\n2,3\n")],
                &all(),
                &["row 3", "cells"],
            );
            refused(
                &[("m.csv", "x,1,2\n1,0,-1\n2,3,0\n")],
                &all(),
                &["row 2", "negative"],
            );
        })
        .test("filter_on_matrices", || {
            let mut filtered = all();
            filtered.contact_filter =
                Some(kenyon_connectome::import::Expression::parse("true").expect("it parses"));
            refused(
                &[("m.csv", "x,1,2\n1,0,1\n2,3,0\n")],
                &filtered,
                &["not matrices"],
            );
        })
        .test("several_lists_in_a_folder", || {
            let folder = TempDir::new().expect("a folder");
            for name in ["connections.csv", "connections_no_threshold.csv"] {
                std::fs::write(folder.path().join(name), LIST).expect("a file");
            }
            std::fs::write(folder.path().join("README.md"), "x").expect("a file");
            let whole = [folder.path().to_owned()];
            let error = import_tables(&whole, &all())
                .expect_err("refused")
                .to_string();
            assert!(
                error.contains("connections_no_threshold.csv") && error.contains("name"),
                "{error}"
            );
            let parts: Vec<PathBuf> = ["connections.csv", "connections_no_threshold.csv"]
                .map(|name| folder.path().join(name))
                .to_vec();
            let got = import_tables(&parts, &all()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(got.record.contacts.merged_rows, 2);
        })
        .test("archives", || {
            let folder = TempDir::new().expect("a folder");
            let path = folder.path().join("x.zip");
            std::fs::write(
                &path,
                zipped(&[
                    ("a/n.csv", NEURONS),
                    ("a/c.csv", LIST),
                    ("__MACOSX/._c.csv", "\0"),
                ]),
            )
            .expect("a file");
            let got = import_tables(std::slice::from_ref(&path), &all())
                .unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(edges(&got).len(), 2);
            assert_eq!(got.record.ignored.len(), 1);
            let bytes = zipped(&FILES);
            for length in [10, bytes.len() / 2, bytes.len() - 3] {
                std::fs::write(&path, &bytes[..length]).expect("a file");
                let error = import_tables(std::slice::from_ref(&path), &all())
                    .expect_err("refused")
                    .to_string();
                assert!(error.contains("x.zip"), "{error}");
            }
        })
        .test("zip_bomb", || {
            let folder = TempDir::new().expect("a folder");
            let path = folder.path().join("x.zip");
            let rows = format!("source,target,contacts\n{}", "1,3,0\n".repeat(1_000_000));
            std::fs::write(&path, zipped(&[("c.csv", &rows), ("n.csv", NEURONS)])).expect("a file");
            let mut limited = all();
            limited.limits.unpacked_bytes = 1 << 20;
            limited.limits.ratio = 50;
            let error = import_tables(&[path], &limited)
                .expect_err("refused")
                .to_string();
            assert!(
                error.contains("c.csv in x.zip") && error.contains("50 times"),
                "{error}"
            );
        })
        .test("missing_file", || {
            let error =
                import_tables(&[PathBuf::from("nowhere.csv")], &all()).expect_err("refused");
            assert!(error.to_string().contains("nowhere.csv"), "{error}");
        })
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let deflated =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, deflated).expect("memory");
        writer.write_all(text.as_bytes()).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}
