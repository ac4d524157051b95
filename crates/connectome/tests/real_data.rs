//! The real data set against the golden vectors, and the two ways of having it.

use std::collections::BTreeMap;
use std::path::Path;

use kenyon_connectome::descriptor::Group;
use kenyon_connectome::{
    Compartment, CompartmentSet, DataError, DataSet, Descriptor, Individual, ReceptorMapping,
    SourceKind, fan_out_split, gap_pairs, verify,
};
use kenyon_testing::{Suite, shared};
use safetensors::{Dtype, SafeTensors};

fn main() {
    Suite::new("real data")
        .test_with_shared(
            "contact counts equal the golden matrices",
            "golden",
            golden_counts,
        )
        .test_with_shared(
            "gap pairs and signs equal the golden masks",
            "golden",
            golden_rules,
        )
        .test_with_shared(
            "templates equal the golden ones in both mappings",
            "golden",
            golden_templates,
        )
        .test_with_shared("all checks pass and none is left out", "data", every_check)
        .test_with_shared(
            "the manifest describes the data and is stable",
            "data",
            manifest,
        )
        .test_with_shared(
            "names rebuilt from metadata equal the neuron table",
            "data",
            rebuild_names,
        )
        .test_with_shared(
            "rates rebuilt from receptor files equal the table",
            "data",
            rebuild_rates,
        )
        .test_with_shared("a flat folder is accepted", "data", flat_folder)
        .run();
}

fn real() -> DataSet {
    DataSet::load(&shared("data").expect("shared data")).unwrap_or_else(|error| panic!("{error}"))
}

/// A dense golden tensor as rows.
fn tensor(golden: &Path, name: &str) -> Vec<Vec<f64>> {
    let bytes = std::fs::read(golden.join("connectome.safetensors")).expect("golden file");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let view = file
        .tensor(name)
        .unwrap_or_else(|_| panic!("tensor {name}"));
    let values: Vec<f64> = match view.dtype() {
        Dtype::F32 => (view.data().chunks_exact(4))
            .map(|four| f64::from(f32::from_le_bytes(four.try_into().expect("four bytes"))))
            .collect(),
        Dtype::U8 => view.data().iter().map(|&byte| f64::from(byte)).collect(),
        Dtype::I64 => (view.data().chunks_exact(8))
            .map(|eight| i64::from_le_bytes(eight.try_into().expect("eight bytes")) as f64)
            .collect(),
        other => panic!("unexpected type {other:?}"),
    };
    let width = *view.shape().last().expect("a shape");
    values.chunks(width).map(<[f64]>::to_vec).collect()
}

fn golden_counts(golden: std::path::PathBuf) {
    let data = real();
    let descriptor = Descriptor::winding2023();
    let labels: BTreeMap<&str, &str> = [
        ("OP", "orn_to_pn"),
        ("OL", "orn_to_ln"),
        ("LP", "ln_to_pn"),
        ("LPi", "ln_to_pn_inhibitory"),
        ("LPe", "ln_to_pn_excitatory"),
        ("LL", "ln_to_ln"),
        ("PL", "pn_to_ln"),
        ("PK", "pn_to_kc"),
        ("KA", "kc_to_apl"),
        ("AK", "apl_to_kc"),
        ("OL_nonad", "orn_to_ln_nonad"),
        ("LPi_nonad", "ln_to_pn_inhibitory_nonad"),
        ("LPe_nonad", "ln_to_pn_excitatory_nonad"),
        ("LL_nonad", "ln_to_ln_nonad"),
        ("PL_nonad", "pn_to_ln_nonad"),
        ("LO_nonad", "ln_to_orn_nonad"),
        ("PK_nonad", "pn_to_kc_nonad"),
        ("KKaa", "kc_to_kc_axon_axon"),
        ("KKad", "kc_to_kc_axon_dendrite"),
        ("KKda", "kc_to_kc_dendrite_axon"),
        ("KKdd", "kc_to_kc_dendrite_dendrite"),
        ("KAd", "kc_to_apl_dendrite_axon"),
    ]
    .into();
    let axon_dendrite = CompartmentSet::of(&[Compartment::AxonDendrite]);
    let split = fan_out_split(&data.connectome, "LN", "PN", axon_dendrite, 0.33);
    for (label, pathway) in labels {
        let row = descriptor
            .pathway(pathway)
            .expect("a pathway of the descriptor");
        let members: Vec<Compartment> = row
            .compartments
            .iter()
            .filter_map(|code| Compartment::from_code(code))
            .collect();
        let mut expected = tensor(&golden, &format!("count.{label}"));
        for edge in data
            .connectome
            .edges(&row.source, &row.target, CompartmentSet::of(&members))
        {
            if row
                .group
                .is_none_or(|group| split.contains(group, edge.source))
            {
                let cell = &mut expected[edge.source as usize][edge.target as usize];
                assert_eq!(*cell, f64::from(edge.contacts), "{label}");
                *cell = 0.0;
            }
        }
        assert!(
            expected.iter().flatten().all(|&left| left == 0.0),
            "{label}: edges missing"
        );
    }
}

fn golden_rules(golden: std::path::PathBuf) {
    let data = real();
    let descriptor = Descriptor::winding2023();
    let axon_dendrite = CompartmentSet::of(&[Compartment::AxonDendrite]);
    let split = fan_out_split(&data.connectome, "LN", "PN", axon_dendrite, 0.33);
    assert_eq!(split.threshold, 16.25);
    assert_eq!(split.counts(), (9, 17));
    for (neuron, fan_out) in tensor(&golden, "ln.fanout")[0].iter().enumerate() {
        assert_eq!(f64::from(split.fan_out[neuron]), *fan_out);
        let excitatory = tensor(&golden, "ln.excitatory")[0][neuron] == 1.0;
        assert_eq!(split.contains(Group::Excitatory, neuron as u32), excitatory);
    }
    for (rule, label) in descriptor.gaps.iter().zip(["LL", "PP", "LP"]) {
        let mask = tensor(&golden, &format!("gap.{label}"));
        let symmetric = rule.name != "eln_pn";
        let expected: Vec<(u32, u32)> = (0..mask.len())
            .flat_map(|row| (0..mask[row].len()).map(move |column| (row, column)))
            .filter(|&(row, column)| mask[row][column] == 1.0 && (!symmetric || row < column))
            .map(|(row, column)| (row as u32, column as u32))
            .collect();
        assert_eq!(
            gap_pairs(&data.connectome, rule, &split),
            expected,
            "{label}"
        );
    }
}

fn golden_templates(golden: std::path::PathBuf) {
    let data = real();
    let cases = [
        (ReceptorMapping::ByPosition, "by_position"),
        (ReceptorMapping::ByName, "by_name"),
    ];
    for (mapping, label) in cases {
        let expected = tensor(&golden, &format!("template.{label}"));
        let templates = data
            .panel
            .templates(mapping)
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((templates.len(), templates[0].len()), (28, 21));
        for (row, (ours, golden)) in templates.iter().zip(&expected).enumerate() {
            for (column, (ours, golden)) in ours.iter().zip(golden).enumerate() {
                assert_eq!(f64::from(*ours as f32), *golden, "{label} {row} {column}");
            }
        }
    }
}

fn every_check(data: std::path::PathBuf) {
    let checks = verify(&data, &Descriptor::winding2023());
    for check in &checks {
        assert!(check.ok, "{check:?}");
    }
    // 4 hashed files, 5 populations, 24 pathways of 3 figures, 1 split, 3 gap sets, 3 for responses.
    assert_eq!(checks.len(), 4 + 5 + 72 + 1 + 3 + 3);
}

fn manifest(data: std::path::PathBuf) {
    let first = DataSet::load(&data).unwrap_or_else(|error| panic!("{error}"));
    let second = DataSet::load(&data).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(first.manifest, second.manifest);
    assert_eq!(first.individual, Individual::Real);
    assert_eq!(
        (first.manifest.edges, first.manifest.contacts),
        (11_853, 52_058)
    );
    assert_eq!(first.manifest.source, SourceKind::Tables);
    assert!(!first.manifest.statistical);
    let sizes: Vec<usize> = first
        .manifest
        .populations
        .iter()
        .map(|row| row.neurons)
        .collect();
    assert_eq!(sizes, [42, 108, 72, 144, 2]);
    let neurons = first.connectome.neurons();
    assert_eq!(
        (neurons[0].id, neurons[0].glomerulus.as_str()),
        (3_464_773, "42a")
    );
}

/// A folder with the archive and the two response tables.
fn raw_folder(data: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    for sub in ["winding2023", "kreher2008"] {
        std::fs::create_dir(root.join(sub)).expect("a folder");
    }
    for file in [
        "winding2023/Supplementary-Data-S1.zip",
        "kreher2008/or_responses.csv",
    ] {
        std::fs::copy(data.join(file), root.join(file)).expect("copied");
    }
    folder
}

fn rebuild_names(data: std::path::PathBuf) {
    let folder = raw_folder(&data);
    let mut descriptor = Descriptor::winding2023();
    // Without names only the mapping by position is possible.
    let bare = DataSet::load_with(folder.path(), &descriptor).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(bare.manifest.source, SourceKind::Downloads);
    assert!(
        bare.connectome
            .neurons()
            .iter()
            .all(|neuron| neuron.name.is_empty())
    );
    assert!(bare.panel.templates(ReceptorMapping::ByPosition).is_ok());
    let error = bare.panel.templates(ReceptorMapping::ByName);
    assert!(
        matches!(error, Err(DataError::NoReceptorNames { .. })),
        "{error:?}"
    );

    // The metadata itself is not at hand: its columns are written from the table.
    let text = std::fs::read_to_string(data.join("winding2023/neurons.csv")).expect("the table");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["", "name", "hemisphere"])
        .expect("written");
    for record in reader.records() {
        let record = record.expect("a row");
        writer
            .write_record([&record[2], &record[7], &record[3]])
            .expect("written");
    }
    let metadata = writer.into_inner().expect("written");
    std::fs::write(folder.path().join("winding2023/meta_data.csv"), metadata).expect("written");
    descriptor.metadata.sha256 = None;
    std::fs::copy(
        data.join("kreher2008/SOURCE.md"),
        folder.path().join("kreher2008/SOURCE.md"),
    )
    .expect("copied");
    let rebuilt = DataSet::load_with(folder.path(), &descriptor).unwrap_or_else(|e| panic!("{e}"));
    let table = real();
    for (ours, theirs) in rebuilt
        .connectome
        .neurons()
        .iter()
        .zip(table.connectome.neurons())
    {
        let mut expected = theirs.clone();
        // Classes of local neurons outside the antennal lobe are not in the names.
        if expected.class.starts_with("other") {
            expected.class.clear();
            expected.transmitter.clear();
        }
        assert_eq!(*ours, expected);
    }
    assert_eq!(rebuilt.panel, table.panel);
}

fn rebuild_rates(data: std::path::PathBuf) {
    let folder = raw_folder(&data);
    let table = std::fs::read_to_string(data.join("kreher2008/or_responses.csv")).expect("table");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let receptors = reader.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    for (column, receptor) in receptors.iter().enumerate().skip(1) {
        if receptor == "Or83a" {
            continue;
        }
        let mut text = String::from("\"Class\",\"Name\",\"Kreher.2008.EN\"\n");
        text.push_str("\"1\",\"other\",\"water\",9\n\"2\",\"other\",\"geosmin\",NA\n");
        for (number, row) in rows.iter().enumerate().rev() {
            text.push_str(&format!(
                "\"{}\",\"x\",\"{}\",{}\n",
                number + 3,
                &row[0],
                &row[column]
            ));
        }
        let file = folder.path().join(format!("kreher2008/{receptor}.csv"));
        std::fs::write(file, text).expect("written");
    }
    // Both there and in agreement, then the rebuilt table alone, whose hash must be the expected one.
    let both = DataSet::load(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    std::fs::remove_file(folder.path().join("kreher2008/or_responses.csv")).expect("removed");
    let rebuilt = DataSet::load(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(both.panel.rates, rebuilt.panel.rates);
    assert_eq!(both.manifest.hash, rebuilt.manifest.hash);
}

fn flat_folder(data: std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in [
        "winding2023/Supplementary-Data-S1.zip",
        "winding2023/neurons.csv",
        "kreher2008/or_responses.csv",
    ] {
        let bare = file.rsplit('/').next().expect("a name");
        std::fs::copy(data.join(file), folder.path().join(bare)).expect("copied");
    }
    let flat = DataSet::load(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(flat.connectome.hash(), real().connectome.hash());
}
