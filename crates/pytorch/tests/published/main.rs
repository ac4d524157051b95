//! The published model's checkpoints and data folder.
//!
//! Files are written as PyTorch writes them; where a Python with PyTorch is (`KENYON_PYTHON`, or
//! `python3`), also by PyTorch itself, from real data.

mod files;
mod writer;

use std::path::Path;
use std::process::Command;

use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::sample::sample;
use kenyon_connectome::{DataSet, ReceptorMapping, SourceKind};
use kenyon_pytorch::published::{
    ModelValues, PublishedError, is_data_folder, load_data, model_values,
};
use kenyon_pytorch::{Limits, Value, read, read_bytes};
use kenyon_testing::{Suite, shared};
use tempfile::TempDir;
use writer::Entry;

/// The files of a folder, or the tensors of a state, by name.
type Entries = Vec<(String, Entry)>;

fn main() {
    let python = python();
    let needs = "shared/data and a Python with PyTorch";
    let possible = python.is_some() && shared("data/winding2023").is_some();
    Suite::new("published")
        .test("a folder of tensors gives the same network", same_network)
        .test(
            "a folder is refused for one reason at a time",
            damaged_folders,
        )
        .test("a checkpoint gives its values", checkpoint)
        .test(
            "a checkpoint is refused for one reason at a time",
            damaged_checkpoints,
        )
        .test_if(possible, needs, "PyTorch writes the real data", move || {
            written_by_pytorch(&python.unwrap_or_default());
        })
        .run()
}

/// A Python that has PyTorch.
fn python() -> Option<String> {
    let python = std::env::var("KENYON_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let tried = Command::new(&python).args(["-c", "import torch"]).output();
    tried.is_ok_and(|it| it.status.success()).then_some(python)
}

fn larva() -> (DataSet, Network) {
    let data = sample(3, 1).expect("a statistical larva");
    let network = compiled(&data);
    (data, network)
}

fn compiled(data: &DataSet) -> Network {
    Network::compile(&Circuit::larva(), &data.connectome).expect("it fits")
}

fn write(folder: &Path, files: &[(String, Entry)]) {
    for (name, entry) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, writer::single(entry)).expect("written");
    }
}

/// Everything the engine reads: all arrays of both networks.
fn check_same(loaded: &DataSet, data: &DataSet) {
    let (ours, theirs) = (compiled(loaded), compiled(data));
    assert_eq!(ours.pathway_counts(), theirs.pathway_counts());
    assert!(
        format!("{ours:?}") == format!("{theirs:?}"),
        "an array differs"
    );
    assert_eq!(loaded.manifest.source, SourceKind::PublishedTensors);
}

fn same_network() {
    let (data, _) = larva();
    let folder = TempDir::new().expect("a folder");
    assert!(!is_data_folder(folder.path()));
    write(folder.path(), &files::folder(&data));
    assert!(is_data_folder(folder.path()));
    let loaded = load_data(folder.path()).expect("readable");
    check_same(&loaded, &data);
    let templates = |data: &DataSet| {
        let templates = data.panel.templates(ReceptorMapping::ByPosition);
        templates.expect("by position").concat()
    };
    for (ours, theirs) in templates(&loaded).iter().zip(templates(&data)) {
        assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
    }
    assert!(loaded.panel.templates(ReceptorMapping::ByName).is_err());
    assert_eq!(loaded.manifest.files.len(), 21);
    // Without a table of names they are the usual ones.
    assert_eq!(loaded.panel.odours[1], "propanoic acid");
    let name = |number: usize| format!("odour {number}");
    let mut table = "odor,".to_owned() + &data.panel.receptors.join(",") + "\n";
    for (number, row) in data.panel.rates.iter().enumerate() {
        let rates: Vec<String> = row.iter().map(f64::to_string).collect();
        table += &format!("{},{}\n", name(number), rates.join(","));
    }
    let names = folder
        .path()
        .join("kreher2008/orn_responses_normalized.csv");
    std::fs::write(&names, &table).expect("written");
    let loaded = load_data(folder.path()).expect("readable");
    assert_eq!(loaded.panel.odours[27], "odour 27");
    assert_eq!(loaded.panel.receptors, data.panel.receptors);
    let fewer = table.lines().take(20).collect::<Vec<_>>().join("\n");
    std::fs::write(&names, fewer).expect("written");
    let error = load_data(folder.path()).expect_err("refused");
    assert!(matches!(error, PublishedError::Table { .. }), "{error}");
}

fn damaged_folders() {
    let (data, _) = larva();
    let whole = files::folder(&data);
    let refused = |change: &dyn Fn(&mut Entries)| {
        let folder = TempDir::new().expect("a folder");
        let mut files = whole.clone();
        change(&mut files);
        write(folder.path(), &files);
        load_data(folder.path()).expect_err("refused")
    };
    let edit = |name: &'static str, change: fn(&mut Entry)| {
        refused(&move |files| {
            let found = files.iter_mut().find(|(file, _)| file.ends_with(name));
            change(&mut found.expect("a file").1);
        })
    };
    let without =
        |name: &'static str| refused(&move |files| files.retain(|(file, _)| !file.ends_with(name)));
    for name in [
        "apl_to_kc.pt",
        "ln_to_pn_nonad.pt",
        "kc_to_kc_da.pt",
        "normalized.pt",
    ] {
        match without(name) {
            PublishedError::FileMissing { path } => {
                assert!(path.ends_with(name) || path.to_string_lossy().ends_with(name))
            }
            other => panic!("{other}"),
        }
    }
    let error = edit("pn_to_kc.pt", |entry| {
        entry.shape[0] -= 1;
        entry.values.truncate(entry.shape[0] * entry.shape[1]);
    });
    assert!(
        matches!(
            error,
            PublishedError::Size {
                population: "PN",
                ..
            }
        ),
        "{error}"
    );
    let error = edit("pn_to_kc.pt", |entry| entry.values[3] = 0.5);
    assert!(
        matches!(
            error,
            PublishedError::NotACount {
                row: 0,
                column: 3,
                ..
            }
        ),
        "{error}"
    );
    let error = edit("kc_to_kc_dd.pt", |entry| entry.values[0] = -1.0);
    assert!(matches!(error, PublishedError::NotACount { .. }), "{error}");
    let error = edit("ln_to_ln.pt", |entry| entry.values[0] = f64::NAN);
    assert!(matches!(error, PublishedError::NotACount { .. }), "{error}");
    let error = edit("orn_to_ln.pt", |entry| {
        entry.shape = vec![entry.values.len()]
    });
    assert!(
        matches!(error, PublishedError::NotAMatrix { .. }),
        "{error}"
    );
    let error = edit("normalized.pt", |entry| entry.values[0] = 57.0);
    assert!(
        matches!(error, PublishedError::NotAResponse { .. }),
        "{error}"
    );
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), &whole);
    std::fs::write(folder.path().join("winding2023/ln_to_pn.pt"), b"no archive").expect("written");
    let error = load_data(folder.path()).expect_err("refused");
    assert!(matches!(error, PublishedError::PyTorch(_)), "{error}");
    // The one matrix that may be absent: the larva has none of its contacts.
    let folder = TempDir::new().expect("a folder");
    let files: Vec<_> = whole
        .into_iter()
        .filter(|(name, _)| !name.ends_with("/ln_to_orn.pt"))
        .collect();
    write(folder.path(), &files);
    assert!(load_data(folder.path()).is_ok());
}

fn content(state: &[(String, Entry)]) -> Value {
    let file = writer::state(state);
    read_bytes(&file, "model_seed42.pt", &Limits::default()).expect("readable")
}

fn taken(
    content: &Value,
    data: &DataSet,
    network: &Network,
) -> Result<ModelValues, PublishedError> {
    model_values(content, "model_seed42.pt", network, &data.connectome)
}

fn checkpoint() {
    let (data, network) = larva();
    let values = files::values(&network);
    let state = files::checkpoint(&data, &network, &values);
    let found = taken(&content(&state), &data, &network).expect("complete");
    assert_eq!(found.parameters, values);
    assert_eq!(found.compared.len(), 5, "{:?}", found.compared);
    assert_eq!(
        found.ignored,
        ["antennal_lobe.orn_pn.syn_decay", "or_to_orn.expansion"]
    );
}

fn damaged_checkpoints() {
    let (data, network) = larva();
    let whole = files::checkpoint(&data, &network, &files::values(&network));
    let refused = |change: &dyn Fn(&mut Entries)| {
        let mut state = whole.clone();
        change(&mut state);
        let error = taken(&content(&state), &data, &network).expect_err("refused");
        assert!(error.to_string().starts_with("model_seed42.pt"), "{error}");
        error
    };
    let find = |state: &mut Vec<(String, Entry)>, key: &str| -> usize {
        state
            .iter()
            .position(|(other, _)| other == key)
            .unwrap_or_else(|| panic!("no {key}"))
    };
    for (key, name) in [
        (
            "antennal_lobe.ln_pn_excit.logit_U",
            "ln_to_pn_excitatory.release_probability",
        ),
        ("kc_layer.apl.apl_gain", "apl_to_kc.gain"),
        ("antennal_lobe.ln.log_tau_m", "LN.time_constant"),
        ("decoder.bias", "decoder.bias"),
    ] {
        let error = refused(&|state| {
            let place = find(state, key);
            state.remove(place);
        });
        match error {
            PublishedError::Missing { missing, .. } => {
                assert!(missing.iter().any(|it| it.contains(name)), "{missing:?}");
            }
            other => panic!("{key}: {other}"),
        }
    }
    let scalar = Entry::new("float32", &[], vec![0.5]);
    for key in [
        "antennal_lobe.ln_orn.log_strength",
        "kc_layer.log_g_gap_kc",
        "other.v_th",
    ] {
        let error = refused(&|state| state.push((key.to_owned(), scalar.clone())));
        assert!(
            matches!(error, PublishedError::Unmapped { key: ref found, .. } if found == key),
            "{error}"
        );
    }
    let error = refused(&|state| state.push(("again.apl_gain".to_owned(), scalar.clone())));
    assert!(matches!(error, PublishedError::Twice { .. }), "{error}");
    let error = refused(&|state| {
        let place = find(state, "or_to_orn.or_gains");
        state[place].1 = Entry::new("float32", &[2], vec![1.0, 1.0]);
    });
    assert!(
        matches!(error, PublishedError::Shape { ref found, .. } if found == &[2]),
        "{error}"
    );
    let error = refused(&|state| {
        let place = find(state, "kc_layer.kc.log_g_soma");
        state[place].1.values[0] = f64::NAN;
    });
    assert!(matches!(error, PublishedError::NotFinite { .. }), "{error}");
    for key in [
        "orn_pn.connectivity",
        "orn_pn.mask",
        "orn_pn.normalized",
        "is_excitatory_ln",
        "gap_ln_ln_mask",
    ] {
        let key = format!("antennal_lobe.{key}");
        let error = refused(&|state| {
            let place = find(state, &key);
            state[place].1.values.rotate_right(1);
        });
        assert!(
            matches!(error, PublishedError::Wiring { .. }),
            "{key}: {error}"
        );
    }
    let error = taken(&Value::List([].into()), &data, &network).expect_err("refused");
    assert!(
        matches!(
            error,
            PublishedError::NoStateDictionary { found: "list", .. }
        ),
        "{error}"
    );
}

fn written_by_pytorch(python: &str) {
    let data = DataSet::load(&shared("data").expect("data")).expect("the real data");
    let network = compiled(&data);
    let values = files::values(&network);
    let json = |entry: &Entry| serde_json::json!({ "type": entry.element, "shape": entry.shape, "values": entry.values });
    let folder = TempDir::new().expect("a folder");
    let files: serde_json::Map<String, serde_json::Value> = files::folder(&data)
        .iter()
        .map(|(name, entry)| (name.clone(), json(entry)))
        .collect();
    let state: Vec<_> = files::checkpoint(&data, &network, &values)
        .iter()
        .map(|(key, entry)| serde_json::json!([key, json(entry)]))
        .collect();
    let source = folder.path().join("source.json");
    let text = serde_json::json!({ "data": files, "state": state }).to_string();
    std::fs::write(&source, text).expect("written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/published.py");
    let run = Command::new(python)
        .arg(script)
        .arg(&source)
        .arg(folder.path())
        .output();
    let run = run.expect("Python runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );

    let loaded = load_data(&folder.path().join("data")).expect("readable");
    check_same(&loaded, &data);
    // The rates are whole numbers, so they come back exactly from single precision.
    assert_eq!(loaded.panel.rates, data.panel.rates);
    for name in ["model_seed42.pt", "wrapped.pt"] {
        let content = read(&folder.path().join(name)).expect("readable");
        let found = taken(&content, &data, &network).expect("complete");
        assert_eq!(found.parameters, values, "{name}");
        // The other connectome has no names but the same contacts.
        taken(&content, &loaded, &compiled(&loaded)).expect("the same wiring");
    }
}
