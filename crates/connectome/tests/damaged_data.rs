//! Every kind of damage is refused with its own error, and harmless variations are not.

mod tiny;

use kenyon_connectome::{
    DataError, DataSet, Descriptor, ReceptorMapping, SourceKind, hash_of, verify,
};
use kenyon_testing::Suite;
use proptest::prelude::*;
use tiny::{ARCHIVE, NEURONS, NORMALISED, RESPONSES, Tiny, matrix};

/// The test that a damaged data set is refused with a variant and a message that names the place.
macro_rules! refused {
    ($tiny:expr, $variant:ident, $($part:expr),+) => {
        || {
            let tiny: Tiny = $tiny;
            let folder = tiny.write();
            match DataSet::load_with(folder.path(), &tiny.descriptor) {
                Err(error) => {
                    let message = error.to_string();
                    assert!(matches!(error, DataError::$variant { .. }), "{error:?}");
                    $(assert!(message.contains($part), "{message}");)+
                    let checks = verify(folder.path(), &tiny.descriptor);
                    assert!(checks.iter().any(|check| !check.ok), "verify found nothing");
                }
                Ok(_) => panic!("accepted"),
            }
        }
    };
}

const AD: &str = "ad_connectivity_matrix.csv";
const ALL: &str = "all-all_connectivity_matrix.csv";

fn main() {
    let suite = Suite::new("damaged data")
        .test("the undamaged data set is accepted", undamaged)
        .test(
            "an archive packed anew is accepted by its members",
            repacked,
        )
        .test(
            "a matrix in any order of neurons gives the same graph",
            any_order,
        )
        .test("a matrix of any text gives an error and no panic", any_text)
        .test("a missing folder is named", missing_folder)
        .test("a missing archive is named", missing_archive)
        .test("a truncated archive is refused", truncated)
        .test("an archive with a flipped byte is refused", flipped_byte)
        .test("a file that is no archive is refused", no_archive)
        .test("a missing member is refused", missing_member)
        .test("a descriptor with an unknown key is refused", unknown_key)
        .test(
            "a descriptor with an unknown compartment is refused",
            unknown_compartment,
        );
    responses(tables(matrices(suite))).run();
}

fn matrices(suite: Suite) -> Suite {
    suite
        .test(
            "a member with another hash is refused",
            refused!(
                Tiny::new().expect(|it| {
                    it.archive.sha256 = Some("0".repeat(64));
                    it.archive.ad.sha256 = Some("1".repeat(64));
                }),
                WrongHash,
                "ad_connectivity_matrix.csv",
                "1111"
            ),
        )
        .test(
            "a selected neuron without row and column is missing",
            refused!(
                {
                    let mut tiny = Tiny::new();
                    let ids: Vec<u64> = (1..=10).collect();
                    tiny.members
                        .insert(AD.to_owned(), matrix(&ids[1..], &ids[1..], |_, _| 0));
                    tiny.expect(|it| it.archive.matrix_size = None)
                },
                MissingNeuron,
                "neuron 1 ",
                "ORN",
                AD
            ),
        )
        .test(
            "a row without a column is unknown",
            refused!(
                Tiny::new().edit_member(AD, "\n11,", "\n99,"),
                UnknownNeuron,
                "99",
                AD
            ),
        )
        .test(
            "a row listed twice is a duplicate",
            refused!(
                Tiny::new().edit_member(AD, "\n11,", "\n10,"),
                DuplicateNeuron,
                "10",
                "row",
                AD
            ),
        )
        .test(
            "a column listed twice is a duplicate",
            refused!(
                Tiny::new().edit_member(AD, ",11,", ",10,"),
                DuplicateNeuron,
                "10",
                "column",
                AD
            ),
        )
        .test(
            "a matrix without its last row is not square",
            refused!(
                {
                    let mut tiny = Tiny::new();
                    let ids: Vec<u64> = (1..=11).collect();
                    tiny.members
                        .insert(AD.to_owned(), matrix(&ids[1..], &ids, |_, _| 0));
                    tiny
                },
                NotSquare,
                "10 rows",
                "11 columns"
            ),
        )
        .test(
            "a row with a cell too many is refused",
            refused!(
                Tiny::new().edit_member(AD, "\n11,", "\n11,0.0,"),
                RowLength,
                "13 cells",
                "12"
            ),
        )
        .test(
            "a row with a cell too few is refused",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,", "\n11,"),
                RowLength,
                "11 cells",
                "12"
            ),
        )
        .test(
            "another number of neurons is refused",
            refused!(
                Tiny::new().expect(|it| it.archive.matrix_size = Some(12)),
                MatrixSize,
                "11",
                "12"
            ),
        )
        .test(
            "an empty cell is no number",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,", "\n11,,"),
                NotANumber,
                AD,
                "column 2"
            ),
        )
        .test(
            "text in a cell is no number",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,0.0,", "\n11,0.0,x,"),
                NotANumber,
                "\"x\"",
                "column 3"
            ),
        )
        .test(
            "NaN is refused",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,", "\n11,nan,"),
                NotFinite,
                "nan"
            ),
        )
        .test(
            "infinity is refused",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,", "\n11,inf,"),
                NotFinite,
                "inf"
            ),
        )
        .test(
            "a negative count is refused",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,", "\n11,-1.0,"),
                NegativeCount,
                "-1.0"
            ),
        )
        .test(
            "half a contact is refused",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,", "\n11,0.5,"),
                FractionalCount,
                "0.5"
            ),
        )
        .test(
            "an absurd count is refused",
            refused!(
                Tiny::new().edit_member(AD, "\n11,0.0,", "\n11,99999999.0,"),
                CountTooLarge,
                "99999999"
            ),
        )
        .test(
            "a compartment more than all contacts is refused",
            refused!(
                Tiny::new().edit_member(AD, "3.0", "4.0"),
                SumMismatch,
                "neuron 1 to neuron 5",
                "is 4",
                "says 3"
            ),
        )
        .test(
            "contacts of no compartment are refused",
            refused!(
                Tiny::new().edit_member(AD, "3.0", "0.0"),
                SumMismatch,
                "is 0",
                "says 3"
            ),
        )
        .test(
            "a matrix without content is refused",
            refused!(
                {
                    let mut tiny = Tiny::new();
                    tiny.members.insert(AD.to_owned(), String::new());
                    tiny
                },
                MalformedTable,
                AD,
                "empty"
            ),
        )
        .test(
            "a row identity that is no number is refused",
            refused!(
                Tiny::new().edit_member(ALL, "\n11,", "\neleven,"),
                BadValue,
                "eleven",
                ALL
            ),
        )
        .test(
            "another number of edges is refused",
            refused!(
                Tiny::new().expect(|it| it.pathways[0].edges = 4),
                PathwayEdges,
                "orn_to_pn",
                "3 edges",
                "4"
            ),
        )
        .test(
            "another number of contacts is refused",
            refused!(
                Tiny::new().expect(|it| it.pathways[1].contacts = 7),
                PathwayContacts,
                "ln_to_ln_nonad",
                "7"
            ),
        )
        .test(
            "another largest edge is refused",
            refused!(
                Tiny::new().expect(|it| it.pathways[0].largest = 9),
                PathwayLargest,
                "orn_to_pn",
                "9"
            ),
        )
        .test(
            "another number of gap pairs is refused",
            refused!(
                Tiny::new().expect(|it| it.gaps[1].pairs = 2),
                GapPairs,
                "pn_pn",
                "1 pairs",
                "2"
            ),
        )
        .test(
            "another split of signs is refused",
            refused!(
                Tiny::new().expect(|it| it.split.excitatory = 2),
                SignSplit,
                "LN",
                "1 : 1",
                "2 : 1"
            ),
        )
}

fn tables(suite: Suite) -> Suite {
    const ANNOTATIONS: &str = "annotations.csv";
    suite
        .test(
            "a population of another size is refused",
            refused!(
                Tiny::new().edit_member(ANNOTATIONS, "7,no pair,KC", "7,12,KC"),
                PopulationSize,
                "KC",
                "2",
                "1"
            ),
        )
        .test(
            "a neuron annotated twice is a duplicate",
            refused!(
                Tiny::new().edit_member(ANNOTATIONS, "7,no pair,KC", "6,no pair,KC"),
                DuplicateNeuron,
                "6",
                "row 5"
            ),
        )
        .test(
            "an annotated identity that is no number is refused",
            refused!(
                Tiny::new().edit_member(ANNOTATIONS, "3,4,LN", "3,four,LN"),
                BadValue,
                "four",
                "right_id",
                "row 3"
            ),
        )
        .test(
            "annotations without a column are refused",
            refused!(
                Tiny::new().edit_member(ANNOTATIONS, "celltype", "kind"),
                MissingColumn,
                "celltype"
            ),
        )
        .test(
            "annotations with a ragged row are refused",
            refused!(
                Tiny::new().edit_member(ANNOTATIONS, "3,4,LN,x,1", "3,4,LN"),
                MalformedTable,
                "row 3"
            ),
        )
        .test(
            "a neuron table with another hash is refused",
            refused!(
                Tiny::new().expect(|it| it.neuron_table.sha256 = Some("2".repeat(64))),
                WrongHash,
                NEURONS
            ),
        )
        .test(
            "a neuron table with an unknown neuron is refused",
            refused!(
                Tiny::new().edit_file(NEURONS, "KC,0,7", "KC,0,10"),
                UnknownNeuron,
                "10",
                NEURONS
            ),
        )
        .test(
            "a neuron table with a duplicate is refused",
            refused!(
                Tiny::new().edit_file(NEURONS, "KC,0,7", "KC,0,6"),
                DuplicateNeuron,
                "6",
                NEURONS
            ),
        )
        .test(
            "a neuron table without its last neuron is refused",
            refused!(
                Tiny::new().edit_file(NEURONS, "APL,1,9,R,8,APL right,APL,,\n", ""),
                MissingNeuron,
                "9",
                NEURONS
            ),
        )
        .test(
            "a neuron table in another order is refused",
            refused!(
                Tiny::new().edit_file(NEURONS, "ORN,0,1,L,2", "ORN,0,2,L,1"),
                TablesDisagree,
                "row 2"
            ),
        )
        .test(
            "a neuron table with another partner is refused",
            refused!(
                Tiny::new().edit_file(NEURONS, "LN,0,3,L,4", "LN,0,3,L,5"),
                TablesDisagree,
                "partner"
            ),
        )
        .test(
            "a neuron table with a wrong index is refused",
            refused!(
                Tiny::new().edit_file(NEURONS, "LN,1,4", "LN,7,4"),
                BadValue,
                "index",
                "7"
            ),
        )
        .test(
            "a neuron table with an unknown side is refused",
            refused!(
                Tiny::new().edit_file(NEURONS, "3,L,4", "3,up,4"),
                BadValue,
                "hemisphere",
                "up"
            ),
        )
        .test(
            "names that contradict the metadata are refused",
            refused!(
                {
                    let mut tiny = Tiny::new();
                    let rows: String = (1..=11).map(|id| format!("{id},somebody,L\n")).collect();
                    tiny.files.insert(
                        "winding2023/meta_data.csv".to_owned(),
                        format!(",name,hemisphere\n{rows}"),
                    );
                    tiny
                },
                TablesDisagree,
                "meta_data.csv",
                "neuron 1"
            ),
        )
        .test(
            "metadata without a selected neuron are refused",
            refused!(
                {
                    let mut tiny = Tiny::new();
                    tiny.files.insert(
                        "winding2023/meta_data.csv".to_owned(),
                        "id,name,hemisphere\n1,x,L\n".to_owned(),
                    );
                    tiny
                },
                MissingNeuron,
                "meta_data.csv",
                "2"
            ),
        )
}

/// The data set with a file of the only receptor.
fn with_file(text: &str) -> Tiny {
    let mut tiny = Tiny::new();
    tiny.files
        .insert("kreher2008/Or1a.csv".to_owned(), text.to_owned());
    tiny
}

fn responses(suite: Suite) -> Suite {
    suite
        .test(
            "missing responses are named",
            refused!(
                {
                    let mut tiny = Tiny::new();
                    tiny.files.remove(RESPONSES);
                    tiny
                },
                FileMissing,
                RESPONSES
            ),
        )
        .test(
            "responses of another shape are refused",
            refused!(
                Tiny::new().edit_file(RESPONSES, "propanoic acid,-15\n", ""),
                ResponseShape,
                "1 odours x 1"
            ),
        )
        .test(
            "another receptor is refused",
            refused!(
                Tiny::new().edit_file(RESPONSES, "Or1a", "Or2a"),
                ResponseShape,
                "Or2a",
                "Or1a"
            ),
        )
        .test(
            "another odour is refused",
            refused!(
                Tiny::new().edit_file(RESPONSES, "propanoic", "acetic"),
                ResponseShape,
                "acetic acid"
            ),
        )
        .test(
            "a rate that is no whole number is refused",
            refused!(
                Tiny::new().edit_file(RESPONSES, "-15", "-15.5"),
                BadValue,
                "-15.5",
                "Or1a",
                "row 3"
            ),
        )
        .test(
            "rates beyond the expected range are refused",
            refused!(
                Tiny::new().edit_file(RESPONSES, "-15", "-16"),
                ResponseRange,
                "-16"
            ),
        )
        .test(
            "another sum of spontaneous rates is refused",
            refused!(
                Tiny::new().expect(|it| it.responses.baseline_sum = 21),
                ResponseSum,
                "20",
                "21"
            ),
        )
        .test(
            "a wrong normalised rate is refused",
            refused!(
                Tiny::new().edit_file(NORMALISED, "0.1\n", "0.1000001\n"),
                NormalisedMismatch,
                "propanoic acid",
                "0.1000001"
            ),
        )
        .test(
            "a normalised rate that is NaN is refused",
            refused!(
                Tiny::new().edit_file(NORMALISED, "0.1\n", "NaN\n"),
                BadValue,
                "NaN"
            ),
        )
        .test(
            "a receptor file that contradicts the table is refused",
            refused!(
                with_file("Name;Kreher.2008.EN\nsfr;20\npropanoic acid;-14\n"),
                TablesDisagree,
                "-14",
                "Or1a.csv"
            ),
        )
        .test(
            "a receptor file without an odour is refused",
            refused!(
                with_file("Name;Kreher.2008.EN\nsfr;20\npropanoic acid;NA\n"),
                OdourMissing,
                "propanoic acid",
                "Or1a.csv"
            ),
        )
        .test(
            "a receptor file with an odour twice is refused",
            refused!(
                with_file("Name,Kreher.2008.EN\nsfr,20\nsfr,20\n"),
                OdourTwice,
                "sfr",
                "row 3"
            ),
        )
        .test(
            "a receptor file without the column is refused",
            refused!(
                with_file("Name,Kreher.2005.EN\nsfr,20\n"),
                MissingColumn,
                "Kreher.2008.EN"
            ),
        )
        .test(
            "a rebuilt table with another hash is refused",
            refused!(
                {
                    let mut tiny = with_file("Name,Kreher.2008.EN\nsfr,20\npropanoic acid,-15\n");
                    tiny.files.remove(RESPONSES);
                    tiny.expect(|it| it.responses.table.sha256 = Some("3".repeat(64)))
                },
                WrongHash,
                "rebuilt",
                "3333"
            ),
        )
        .test(
            "a receptor without known responses leaves only the position",
            unknown_receptor,
        )
}

fn undamaged() {
    let tiny = Tiny::new();
    let folder = tiny.write();
    let data = DataSet::load_with(folder.path(), &tiny.descriptor);
    let data = data.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(data.manifest.source, SourceKind::Tables);
    assert_eq!((data.manifest.edges, data.manifest.contacts), (7, 16));
    let templates = data
        .panel
        .templates(ReceptorMapping::ByName)
        .expect("names are known");
    assert_eq!(templates, [[0.2], [0.1]]);
    assert!(
        verify(folder.path(), &tiny.descriptor)
            .iter()
            .all(|check| check.ok)
    );
}

fn repacked() {
    let mut tiny = Tiny::new();
    tiny.descriptor.archive.sha256 = Some("0".repeat(64));
    tiny.descriptor.archive.ad.sha256 = Some(hash_of(tiny.members[AD].as_bytes()));
    let folder = tiny.write();
    assert!(DataSet::load_with(folder.path(), &tiny.descriptor).is_ok());
}

fn unknown_receptor() {
    let tiny = Tiny::new();
    let tiny = tiny
        .edit_file(NEURONS, "1a ORN left,ORN,1a", "9z ORN left,ORN,9z")
        .edit_file(NEURONS, "1a ORN right,ORN,1a", "9z ORN right,ORN,9z");
    let folder = tiny.write();
    let data = DataSet::load_with(folder.path(), &tiny.descriptor).expect("readable");
    assert!(data.panel.templates(ReceptorMapping::ByPosition).is_ok());
    let error = data
        .panel
        .templates(ReceptorMapping::ByName)
        .expect_err("no responses");
    assert!(error.to_string().contains("Or9z"), "{error}");
}

fn any_order() {
    let expected = {
        let tiny = Tiny::new();
        let folder = tiny.write();
        DataSet::load_with(folder.path(), &tiny.descriptor)
            .expect("readable")
            .manifest
            .hash
    };
    let orders = (
        Just((1..=11).collect::<Vec<u64>>()).prop_shuffle(),
        Just((1..=11).collect::<Vec<u64>>()).prop_shuffle(),
    );
    proptest!(cases(32), |((rows, columns) in orders)| {
        let mut tiny = Tiny::new();
        let lines: Vec<String> = tiny.members[AD].lines().map(str::to_owned).collect();
        let header: Vec<u64> = lines[0].split(',').skip(1).map(|id| id.parse().expect("an id")).collect();
        let count = |source: u64, target: u64| {
            let line = lines.iter().find(|line| line.starts_with(&format!("{source},"))).expect("a row");
            let place = header.iter().position(|id| *id == target).expect("a column");
            line.split(',').nth(place + 1).expect("a cell").parse::<f64>().expect("a number") as u32
        };
        let text = matrix(&rows, &columns, count);
        tiny.members.insert(AD.to_owned(), text);
        let folder = tiny.write();
        let hash = DataSet::load_with(folder.path(), &tiny.descriptor).expect("readable").manifest.hash;
        prop_assert_eq!(&hash, &expected);
    });
}

/// Random cases that leave no files behind.
fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        cases: count,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn any_text() {
    let cells =
        proptest::collection::vec("(0\\.0|[0-9.,+eE-]{0,9}|nan|\n|1e300|0\\.00|\\.)", 0..40);
    proptest!(cases(200), |(cells in cells)| {
        let mut tiny = Tiny::new();
        let header = tiny.members[AD].lines().next().expect("a header").to_owned();
        tiny.members.insert(AD.to_owned(), format!("{header}\n11,{}", cells.join(",")));
        let folder = tiny.write();
        prop_assert!(DataSet::load_with(folder.path(), &tiny.descriptor).is_err());
    });
}

fn missing_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("nowhere");
    let error = DataSet::load(&path).expect_err("there is no such folder");
    assert!(matches!(error, DataError::FolderMissing { .. }));
    assert!(error.to_string().contains("nowhere"));
}

fn missing_archive() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = DataSet::load(folder.path()).expect_err("the folder is empty");
    assert!(matches!(error, DataError::FileMissing { .. }));
    assert!(error.to_string().contains(ARCHIVE), "{error}");
}

/// Loads with the archive replaced by `bytes`.
fn load_archive(bytes: &[u8]) -> DataError {
    let tiny = Tiny::new();
    let folder = tiny.write();
    std::fs::write(folder.path().join(ARCHIVE), bytes).expect("written");
    DataSet::load_with(folder.path(), &tiny.descriptor).expect_err("the archive is damaged")
}

fn truncated() {
    let archive = Tiny::new().archive();
    for part in [1, 2, 3, 9] {
        let error = load_archive(&archive[..archive.len() * part / 10]);
        assert!(matches!(error, DataError::NotAnArchive { .. }), "{error:?}");
        assert!(error.to_string().contains("download it again"));
    }
}

fn flipped_byte() {
    let archive = Tiny::new().archive();
    // The packed annotations stand after their name.
    let name = b"Supplementary-Data-S1/annotations.csv";
    let place = archive
        .windows(name.len())
        .position(|part| part == name)
        .expect("the member");
    let mut damaged = archive.clone();
    damaged[place + name.len() + 60] ^= 0x40;
    let error = load_archive(&damaged);
    // Depending on the byte, rows are read wrong before the checksum is compared; never silently.
    assert!(
        !matches!(
            error,
            DataError::NotAnArchive { .. } | DataError::FileMissing { .. }
        ),
        "{error:?}"
    );
    let name = b"Supplementary-Data-S1/dd_connectivity_matrix.csv";
    let place = archive
        .windows(name.len())
        .position(|part| part == name)
        .expect("the member");
    let mut damaged = archive;
    // The stored checksum itself: 16 bytes before the name in the local header and the directory.
    let last = damaged
        .windows(name.len())
        .rposition(|part| part == name)
        .expect("the directory");
    damaged[place - 16] ^= 1;
    damaged[last - 30] ^= 1;
    let error = load_archive(&damaged);
    assert!(
        matches!(error, DataError::MemberUnreadable { .. }),
        "{error:?}"
    );
}

fn no_archive() {
    let error = load_archive(b"<html>404: not found</html>");
    assert!(matches!(error, DataError::NotAnArchive { .. }), "{error:?}");
}

fn missing_member() {
    let mut tiny = Tiny::new();
    tiny.members.remove("da_connectivity_matrix.csv");
    let error = load_archive(&tiny.archive());
    assert!(
        matches!(error, DataError::MemberMissing { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("da_connectivity_matrix.csv"));
}

const BUILT_IN: &str = include_str!("../datasets/winding2023.toml");

fn unknown_key() {
    let text = BUILT_IN.replacen("matrix_size", "matrix_sise", 1);
    let error = Descriptor::from_toml(&text).expect_err("an unknown key");
    assert!(matches!(error, DataError::Descriptor { .. }));
    assert!(error.to_string().contains("matrix_sise"), "{error}");
}

fn unknown_compartment() {
    let text = BUILT_IN.replacen("compartments = [\"ad\"]", "compartments = [\"ax\"]", 1);
    let error = Descriptor::from_toml(&text).expect_err("an unknown compartment");
    assert!(error.to_string().contains("\"ax\""), "{error}");
}
