//! A data set of eleven invented neurons whose files can be damaged one at a time.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use kenyon_connectome::descriptor::{Descriptor, PathwayExpectation};
use tempfile::TempDir;

/// Files as texts, and the descriptor that fits them.
pub struct Tiny {
    /// Members of the archive: name below the folder of the supplement, and text.
    pub members: BTreeMap<String, String>,
    /// Files of the data folder: path and text.
    pub files: BTreeMap<String, String>,
    /// What must come out.
    pub descriptor: Descriptor,
}

pub const ARCHIVE: &str = "winding2023/Supplementary-Data-S1.zip";
pub const NEURONS: &str = "winding2023/neurons.csv";
pub const RESPONSES: &str = "kreher2008/or_responses.csv";
pub const NORMALISED: &str = "kreher2008/or_responses_normalized.csv";

/// Contacts: compartment, source, target, count. Neurons 10 and 11 are in no population.
const CONTACTS: [(&str, u64, u64, u32); 9] = [
    ("ad", 1, 5, 3),
    ("ad", 2, 6, 2),
    ("ad", 1, 6, 1),
    ("ad", 3, 5, 4),
    ("ad", 4, 5, 1),
    ("ad", 4, 6, 2),
    ("ad", 3, 4, 1),
    ("aa", 3, 4, 2),
    ("ad", 10, 11, 5),
];

/// Text of a matrix whose rows and columns stand in the given orders.
pub fn matrix(rows: &[u64], columns: &[u64], count: impl Fn(u64, u64) -> u32) -> String {
    let mut text = String::new();
    for column in columns {
        text.push_str(&format!(",{column}"));
    }
    text.push('\n');
    for row in rows {
        text.push_str(&row.to_string());
        for column in columns {
            text.push_str(&format!(",{}.0", count(*row, *column)));
        }
        text.push('\n');
    }
    text
}

impl Tiny {
    pub fn new() -> Self {
        let mut members = BTreeMap::new();
        for (place, name) in ["all-all", "aa", "ad", "da", "dd"].into_iter().enumerate() {
            // Each matrix has its own order of neurons, and of rows and columns.
            let mut rows: Vec<u64> = (1..=11).collect();
            rows.rotate_left(2 * place);
            let mut columns = rows.clone();
            columns.reverse();
            let count = |source, target| {
                CONTACTS
                    .iter()
                    .filter(|contact| name == "all-all" || contact.0 == name)
                    .filter(|contact| (contact.1, contact.2) == (source, target))
                    .map(|contact| contact.3)
                    .sum()
            };
            members.insert(
                format!("{name}_connectivity_matrix.csv"),
                matrix(&rows, &columns, count),
            );
        }
        members.insert(
            "annotations.csv".to_owned(),
            "left_id,right_id,celltype,additional_annotations,level_7_cluster\n\
             1,2,sensory,olfactory,1\n\
             3,4,LN,x,1\n\
             5,6,PN,uPN; olfactory 2nd_order PN; y,1\n\
             7,no pair,KC,,1\n\
             8,9,LN,APL,1\n\
             10,11,other,olfactory,1\n"
                .to_owned(),
        );
        let files = BTreeMap::from([
            (
                NEURONS.to_owned(),
                "population,index,skid,hemisphere,partner_skid,name,cell_class,glomerulus,ln_transmitter\n\
                 ORN,0,1,L,2,1a ORN left,ORN,1a,\n\
                 ORN,1,2,R,1,1a ORN right,ORN,1a,\n\
                 LN,0,3,L,4,picky left,Picky,,glutamate\n\
                 LN,1,4,R,3,picky right,Picky,,glutamate\n\
                 PN,0,5,L,6,1a PN left,uPN,1a,\n\
                 PN,1,6,R,5,1a PN right,uPN,1a,\n\
                 KC,0,7,L,,KC1,KC,,\n\
                 APL,0,8,L,9,APL left,APL,,\n\
                 APL,1,9,R,8,APL right,APL,,\n"
                    .to_owned(),
            ),
            (RESPONSES.to_owned(), "odor,Or1a\nsfr,20\npropanoic acid,-15\n".to_owned()),
            (NORMALISED.to_owned(), "odor,Or1a\nsfr,0.2\npropanoic acid,0.1\n".to_owned()),
        ]);
        Self {
            members,
            files,
            descriptor: descriptor(),
        }
    }

    /// Replaces the first occurrence of `from` in an archive member.
    pub fn edit_member(mut self, name: &str, from: &str, to: &str) -> Self {
        let text = self.members.get_mut(name).expect("a member");
        assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
        *text = text.replacen(from, to, 1);
        self
    }

    /// Replaces the first occurrence of `from` in a file of the folder.
    pub fn edit_file(mut self, name: &str, from: &str, to: &str) -> Self {
        let text = self.files.get_mut(name).expect("a file");
        assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
        *text = text.replacen(from, to, 1);
        self
    }

    /// Changes what is expected.
    pub fn expect(mut self, change: impl FnOnce(&mut Descriptor)) -> Self {
        change(&mut self.descriptor);
        self
    }

    /// The archive, with a resource fork that must be ignored.
    pub fn archive(&self) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, text) in &self.members {
            zip.start_file(format!("__MACOSX/Supplementary-Data-S1/._{name}"), options)
                .expect("started");
            zip.write_all(b"resource fork").expect("written");
            zip.start_file(format!("Supplementary-Data-S1/{name}"), options)
                .expect("started");
            zip.write_all(text.as_bytes()).expect("written");
        }
        zip.finish().expect("finished").into_inner()
    }

    /// Writes everything into a temporary folder.
    pub fn write(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        self.write_into(folder.path());
        folder
    }

    pub fn write_into(&self, folder: &Path) {
        for sub in ["winding2023", "kreher2008"] {
            std::fs::create_dir_all(folder.join(sub)).expect("a folder");
        }
        std::fs::write(folder.join(ARCHIVE), self.archive()).expect("written");
        for (path, text) in &self.files {
            std::fs::write(folder.join(path), text).expect("written");
        }
    }
}

fn descriptor() -> Descriptor {
    let mut descriptor = Descriptor::winding2023();
    let archive = &mut descriptor.archive;
    archive.sha256 = None;
    archive.matrix_size = Some(11);
    for member in [
        &mut archive.all,
        &mut archive.aa,
        &mut archive.ad,
        &mut archive.da,
        &mut archive.dd,
        &mut archive.annotations,
        &mut descriptor.neuron_table,
        &mut descriptor.metadata,
        &mut descriptor.responses.table,
        &mut descriptor.responses.normalised,
    ] {
        member.sha256 = None;
    }
    for (rule, size) in descriptor.populations.iter_mut().zip([2, 2, 2, 1, 2]) {
        rule.size = size;
    }
    descriptor.split.excitatory = 1;
    descriptor.split.inhibitory = 1;
    for gap in &mut descriptor.gaps {
        gap.pairs = 1;
    }
    let pathway = |name: &str, edges, contacts, largest| PathwayExpectation {
        edges,
        contacts,
        largest,
        ..Descriptor::winding2023()
            .pathway(name)
            .expect("a pathway")
            .clone()
    };
    descriptor.pathways = vec![
        pathway("orn_to_pn", 3, 6, 3),
        pathway("ln_to_ln_nonad", 1, 2, 2),
    ];
    let responses = &mut descriptor.responses;
    responses.receptors = vec!["Or1a".to_owned()];
    responses.odours = vec!["sfr".to_owned(), "propanoic acid".to_owned()];
    (responses.minimum, responses.maximum, responses.baseline_sum) = (-15, 20, 20);
    responses.constant.clear();
    responses.further.receptors = vec!["Or33a".to_owned()];
    descriptor
}
