//! Import of other people's tables.

mod faults;
mod layouts;
mod random;
mod supplement;

use kenyon_connectome::Input;
use kenyon_connectome::import::{
    ImportError, ImportOptions, Imported, Populations, Selection, import_inputs,
};
use kenyon_testing::Suite;

fn main() {
    let suite = layouts::add(supplement::add(Suite::new("import")));
    random::add(faults::add(suite)).run();
}

/// Options with populations `NAME = EXPRESSION`.
fn options(populations: &[&str]) -> ImportOptions {
    let selections = populations.iter().map(|text| Selection::parse(text));
    let selections: Result<Vec<_>, _> = selections.collect();
    ImportOptions {
        populations: Populations::Expressions(selections.unwrap_or_else(|error| panic!("{error}"))),
        ..ImportOptions::default()
    }
}

fn try_import(files: &[(&str, &str)], options: &ImportOptions) -> Result<Imported, ImportError> {
    let inputs = files
        .iter()
        .map(|(name, text)| Input::bytes(name, text.as_bytes().to_vec()))
        .collect();
    import_inputs(inputs, options)
}

#[track_caller]
fn imported(files: &[(&str, &str)], options: &ImportOptions) -> Imported {
    try_import(files, options).unwrap_or_else(|error| panic!("{error}"))
}

/// The message of an import that must fail.
#[track_caller]
fn refused(files: &[(&str, &str)], options: &ImportOptions, parts: &[&str]) {
    match try_import(files, options) {
        Ok(_) => panic!("accepted, but should fail with {parts:?}"),
        Err(error) => {
            let message = error.to_string();
            for part in parts {
                assert!(message.contains(part), "\"{part}\" is not in: {message}");
            }
        }
    }
}

/// Edges by identity with their counts by compartment.
fn edges(imported: &Imported) -> Vec<(u64, u64, [u32; 4])> {
    let neurons = imported.data.connectome.neurons();
    let contacts = imported.data.connectome.contacts().iter();
    contacts
        .map(|contact| {
            let id = |index: u32| neurons[index as usize].id;
            (id(contact.source), id(contact.target), contact.counts)
        })
        .collect()
}
