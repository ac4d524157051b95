//! What data sets there are, which files they need and where they were looked for.

use std::path::Path;

use serde::Serialize;

use crate::Descriptor;
use crate::descriptor::FileDescriptor;
use crate::lookup::{Candidate, candidates};

/// A data set and where it was looked for.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// Short name.
    pub name: String,
    /// One line saying what it is.
    pub title: String,
    /// Publications to cite.
    pub citations: Vec<String>,
    /// Its files.
    pub files: Vec<ListedFile>,
    /// Folders tried, in order.
    pub candidates: Vec<Candidate>,
}

/// A file of a data set.
#[derive(Clone, Debug, Serialize)]
pub struct ListedFile {
    /// The file.
    #[serde(flatten)]
    pub file: FileDescriptor,
    /// Whether a data set cannot be read without it (tables that are rebuilt from others can be absent).
    pub required: bool,
}

/// The data set of a descriptor: its files and the folders in which it was looked for.
#[must_use]
pub fn list(argument: Option<&Path>, descriptor: &Descriptor) -> Listing {
    Listing {
        name: descriptor.name.clone(),
        title: descriptor.title.clone(),
        citations: descriptor.citations.clone(),
        files: files(descriptor),
        candidates: candidates(argument, descriptor),
    }
}

/// All files that a data folder can hold.
pub(crate) fn files(descriptor: &Descriptor) -> Vec<ListedFile> {
    let responses = &descriptor.responses;
    let mut files = vec![ListedFile {
        file: descriptor.archive.file(),
        required: true,
    }];
    let mut optional = |file: FileDescriptor| {
        files.push(ListedFile {
            file,
            required: false,
        })
    };
    optional(descriptor.metadata.clone());
    optional(descriptor.neuron_table.clone());
    optional(responses.table.clone());
    optional(responses.normalised.clone());
    for receptor in responses
        .receptors
        .iter()
        .chain(&responses.further.receptors)
    {
        if !responses.constant.contains_key(receptor) {
            optional(responses.per_receptor.file(receptor));
        }
    }
    if let Some(notes) = &responses.further.notes {
        optional(FileDescriptor {
            path: notes.clone(),
            sha256: None,
            address: None,
        });
    }
    files
}
