//! The publication's tables, and all families, on the real connectome.

use std::path::PathBuf;

use kenyon_connectome::null::{MatrixPermutation, permute};
use kenyon_connectome::{Connectome, DataSet};
use kenyon_testing::shared;

use crate::support::{PUBLISHED, apply, dense, families, matrix};

fn real() -> Option<Connectome> {
    let data = DataSet::load(&shared("data")?).unwrap_or_else(|error| panic!("{error}"));
    Some(data.connectome)
}

/// Each file says in `_about` what it assumes; below that stand seeds, and matrices by name with `rows`
/// and `columns` such that W'[i, j] = W[rows[i], columns[j]].
pub fn publication(first: PathBuf) {
    let connectome = real().expect("the tables lie beside the data");
    let second = first.with_file_name("shuffles_dan28.json");
    for file in [first, second] {
        let text = std::fs::read_to_string(&file).expect("a table");
        let tables: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mut seeds = 0;
        for (seed, table) in tables.as_object().expect("an object") {
            if seed == "_about" {
                continue;
            }
            seeds += 1;
            let table = table.as_object().expect("matrices");
            assert_eq!(table.len(), PUBLISHED.len());
            let list = |value: &serde_json::Value| -> Vec<u32> {
                let items = value.as_array().expect("a list").iter();
                items
                    .map(|item| item.as_u64().expect("an index") as u32)
                    .collect()
            };
            let permutations: Vec<MatrixPermutation> = table
                .iter()
                .map(|(name, order)| MatrixPermutation {
                    matrix: matrix(name),
                    rows: list(&order["rows"]),
                    columns: list(&order["columns"]),
                })
                .collect();
            let (result, certificate) =
                permute(&connectome, &permutations).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(certificate.direct_shortcuts.new_pathway_edges, 0);
            for given in &permutations {
                let before = dense(&connectome, &given.matrix);
                let after = dense(&result, &given.matrix);
                for (row, &from) in given.rows.iter().enumerate() {
                    for (column, &from_column) in given.columns.iter().enumerate() {
                        let expected = before[from as usize][from_column as usize];
                        assert_eq!(after[row][column], expected, "{}", given.matrix);
                    }
                }
            }
        }
        assert_eq!(seeds, 5);
    }
}

pub fn real_data(_: PathBuf) {
    let connectome = real().expect("data");
    let matrices = PUBLISHED.map(matrix);
    for family in families() {
        let (_, certificate) = apply(family, &matrices, 42, &connectome);
        for matrix in &certificate.matrices {
            // Among a dozen edges the overlap of a good chain still jumps now and then.
            let mixing = matrix
                .mixing
                .as_ref()
                .filter(|_| matrix.edges.before >= 100);
            assert!(
                mixing.is_none_or(|mixing| mixing.levelled_off),
                "{} {}: {mixing:?}",
                family.name(),
                matrix.name
            );
        }
    }
}
