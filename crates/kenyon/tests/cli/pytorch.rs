//! Files of PyTorch: shown, converted, evaluated, and taken as data.

use std::fs;
use std::path::{Path, PathBuf};

use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::DataSet;
use kenyon_connectome::sample::sample;
use kenyon_learning::digest;
use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::published_files;
use crate::support::{LARVA, kenyon};
use crate::writer;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("pytorch_show", show)
        .test("pytorch_refused", refused)
        .test("pytorch_checkpoint", checkpoint)
        .test("pytorch_data_folder", data_folder)
}

/// A file that PyTorch wrote.
fn fixture(name: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pytorch/tests/files");
    folder.join(name).display().to_string()
}

fn show() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = fixture("training-2.15-protocol2.pt");
    let run = kenyon(folder.path(), &["pytorch", "show", &file, "--json"]).succeeded();
    for part in [
        "model_state_dict.0.weight",
        "float32",
        "[4, 3]",
        "optimizer_state_dict.state.0.step",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let values = &run.json()["values"];
    assert_eq!(values[0]["path"], "epoch");
    assert_eq!(values[0]["value"], "2");
    let at = "optimizer_state_dict.param_groups.0.lr";
    let run = kenyon(folder.path(), &["pytorch", "show", &file, "--at", at]).succeeded();
    assert!(run.stdout.contains("0.01") && run.stdout.contains("1 values"));
    let run = kenyon(
        folder.path(),
        &["pytorch", "show", &file, "--at", "nowhere"],
    );
    run.refused(&["nothing at nowhere"]);
}

fn refused() {
    let folder = TempDir::new().expect("a temporary folder");
    let legacy = fixture("legacy.pt");
    kenyon(folder.path(), &["pytorch", "show", &legacy]).refused(&["legacy", "torch.save"]);
    kenyon(folder.path(), &["pytorch", "show", "gone.pt"]).refused(&["gone.pt"]);
    let evaluate = |file: &str| {
        let arguments = ["evaluate", file, "--repeats", "2", "--quiet"];
        kenyon(folder.path(), &[&arguments, &LARVA[..]].concat())
    };
    evaluate(&legacy).refused(&["legacy", "torch.save"]);
    evaluate(&fixture("training-2.15-protocol2.pt")).refused(&["lacks", "or_gains"]);
    evaluate(&fixture("torchscript.pt")).refused(&["TorchScript"]);
}

fn larva() -> (DataSet, Network) {
    let data = sample(3, 1).expect("a statistical larva");
    let network = Network::compile(&Circuit::larva(), &data.connectome).expect("it fits");
    (data, network)
}

fn checkpoint() {
    let folder = TempDir::new().expect("a temporary folder");
    let (data, network) = larva();
    let values = published_files::values(&network);
    let state = published_files::checkpoint(&data, &network, &values);
    let file = folder.path().join("model_seed42.pt");
    fs::write(&file, writer::state(&state)).expect("written");
    let run = |arguments: &[&str]| {
        let arguments = [arguments, &["--json", "--quiet"], &LARVA].concat();
        kenyon(folder.path(), &arguments).succeeded().json()
    };
    let evaluated = run(&["evaluate", "model_seed42.pt", "--repeats", "2"]);
    let expected = digest(network.table().groups(), &values);
    assert_eq!(evaluated["digest"], expected);
    assert!(evaluated["run_id"].is_null());
    let converted = run(&[
        "pytorch",
        "convert",
        "model_seed42.pt",
        "--out",
        "model.safetensors",
    ]);
    assert_eq!(converted["digest"], expected);
    let again = run(&["evaluate", "model.safetensors", "--repeats", "2"]);
    assert_eq!(again["digest"], expected);
    assert_eq!(again["figures"], evaluated["figures"]);
    let simulated = |model| run(&["simulate", model, "--odour", "1", "--trials", "2"]);
    assert_eq!(simulated("model_seed42.pt"), simulated("model.safetensors"));
    // Another animal: the matrices in the checkpoint are not its.
    let arguments = ["evaluate", "model_seed42.pt", "--statistical-larva", "4"];
    kenyon(folder.path(), &arguments).refused(&["another wiring"]);
}

fn data_folder() {
    let folder = TempDir::new().expect("a temporary folder");
    let (data, _) = larva();
    for (name, entry) in published_files::folder(&data) {
        let path = folder.path().join("data").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, writer::single(&entry)).expect("written");
    }
    let simulate = ["simulate", "--untrained", "--odour", "1", "--json"];
    let named = [&simulate[..], &["--data", "data"]].concat();
    let named = kenyon(folder.path(), &named).succeeded();
    assert!(
        named.stdout.contains("winding2023-tensors"),
        "{}",
        named.stdout
    );
    // It is found in the working folder like any other data.
    let found = kenyon(folder.path(), &simulate).succeeded();
    assert_eq!(found.json(), named.json());
    let verify = kenyon(folder.path(), &["data", "verify"]);
    verify.refused(&["tensors of the published model", "kenyon inspect"]);
    fs::remove_file(folder.path().join("data/winding2023/pn_to_kc.pt")).expect("removed");
    kenyon(folder.path(), &simulate).refused(&["pn_to_kc.pt", "is missing"]);
}
