//! Tables to import. The first byte chooses the layout, zero bytes separate tables.
#![no_main]

use kenyon_connectome::import::{
    Duplicates, Expression, ImportOptions, Layout, Populations, Selection, import_inputs,
};
use kenyon_connectome::{Input, Limits};
use libfuzzer_sys::fuzz_target;

/// Names, some of which say the compartment of a matrix.
const NAMES: [&str; 6] = [
    "aa.csv",
    "ad_x.csv",
    "da.csv",
    "dd.csv",
    "all-all.csv",
    "n.csv",
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else {
        return;
    };
    let layout = match choice % 5 {
        0 => None,
        1 => Some(Layout::Flywire),
        2 => Some(Layout::Neuprint),
        3 => Some(Layout::Matrix),
        _ => Some(Layout::Edges),
    };
    let populations = match choice / 5 % 3 {
        0 => {
            Selection::parse("A = true").map(|selection| Populations::Expressions(vec![selection]))
        }
        1 => Selection::parse("A = id in [1, 2, 3] or side starts_with \"l\"")
            .map(|selection| Populations::Expressions(vec![selection])),
        _ => Ok(Populations::Column("type".to_owned())),
    };
    let options = ImportOptions {
        layout,
        populations: populations.expect("the expressions are valid"),
        rows_are_contacts: choice & 64 != 0,
        duplicates: if choice & 128 != 0 {
            Duplicates::Refuse
        } else {
            Duplicates::Sum
        },
        contact_filter: (choice == 7).then(|| Expression::parse("true").expect("it is valid")),
        limits: Limits {
            record_bytes: 1 << 20,
            unpacked_bytes: 1 << 20,
            ratio: 20,
            ..Limits::default()
        },
        ..ImportOptions::default()
    };
    let tables = rest.split(|&byte| byte == 0).take(NAMES.len());
    let inputs = tables
        .zip(NAMES)
        .map(|(table, name)| Input::bytes(name, table))
        .collect();
    let _ = import_inputs(inputs, &options);
});
