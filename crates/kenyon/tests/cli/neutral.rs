//! `kenyon data export` and `import` of tables: the same connectome, network and training; clear refusals.

use std::path::Path;

use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::{LARVA, Run, bytes, kenyon};

const NEURONS: &str =
    "root_id,class,side\n10,Kenyon_Cell,left\n11,Kenyon_Cell,right\n12,MBON,left\n";
const CONNECTIONS: &str = "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n\
    10,12,MB,4,ACH\n10,12,CA,3,ACH\n11,12,MB,1,ACH\n12,10,MB,9,GLUT\n99,10,MB,2,ACH\n";

pub fn add(suite: Suite) -> Suite {
    suite
        .test(
            "data::exported_statistical_larva_trains_to_the_same_digest",
            || {
                let folder = TempDir::new().expect("a temporary folder");
                let export = [&LARVA[..], &["data", "export", "--out", "larva"]].concat();
                kenyon(folder.path(), &export).succeeded();
                let first = train(folder.path(), &LARVA, "a");
                let second = train(folder.path(), &["--data", "larva"], "b");
                assert!(
                    second.stderr.contains("STATISTICAL LARVA"),
                    "{}",
                    second.stderr
                );
                same_training(folder.path(), &first, &second);
            },
        )
        .test_with_shared(
            "data::exported_winding_folder_trains_to_the_same_digest",
            "data/winding2023/neurons.csv",
            |neurons| {
                let data = neurons
                    .join("../..")
                    .canonicalize()
                    .expect("the data folder");
                let data = data.to_str().expect("UTF-8");
                let folder = TempDir::new().expect("a temporary folder");
                let export = ["--data", data, "data", "export", "--out", "neutral"];
                kenyon(folder.path(), &export).succeeded();
                let first = train(folder.path(), &["--data", data], "a");
                let second = train(folder.path(), &["--data", "neutral"], "b");
                same_training(folder.path(), &first, &second);
                let inspect = ["--data", "neutral", "--json", "inspect"];
                let run = kenyon(folder.path(), &inspect).succeeded();
                assert_eq!(run.json()["data"]["source"], "neutral");
                kenyon(folder.path(), &["--data", "neutral", "data", "verify"]).succeeded();
            },
        )
        .test("data::tables_are_imported", || {
            let folder = tables();
            let run = import(folder.path(), &["--min-contacts", "2", "--json"]).succeeded();
            let record = &run.json()["record"];
            assert_eq!(record["layout"], "flywire");
            assert_eq!(record["contacts"]["kept_edges"], 2);
            assert_eq!(record["contacts"]["dropped_unlisted_neuron"]["rows"], 1);
            assert!(
                run.stdout.contains("1 pairs with 1 contacts were dropped"),
                "{}",
                run.stdout
            );
            let verified = kenyon(folder.path(), &["--data", "out", "data", "verify"]).succeeded();
            assert!(verified.stdout.contains("0 failed"), "{}", verified.stdout);
            // Without odours, and without the populations of the larva, it is said what is missing.
            kenyon(folder.path(), &["--data", "out", "--quiet", "inspect"]).refused(&["circuit"]);
            kenyon(folder.path(), &["--data", "out", "--quiet", "bench"]).refused(&[""]);
            // The folder is not overwritten.
            import(folder.path(), &["--quiet"]).refused(&["out exists already"]);
        })
        .test("data::refused_imports_leave_nothing", || {
            let folder = tables();
            let refused = |more: &[&str], parts: &[&str]| {
                import(folder.path(), &[&["--quiet"], more].concat()).refused(parts);
                assert!(!folder.path().join("out").exists());
            };
            refused(
                &["--population", "X = class = \"x\""],
                &["population X", "use \"==\""],
            );
            refused(
                &["--population", "X = class == \"x\""],
                &["X", "selects no neuron"],
            );
            refused(&["--layout", "neuprint"], &["bodyid_pre"]);
            refused(&["--field", "colour=side"], &["colour", "glomerulus"]);
            refused(
                &["--compartment", "xx"],
                &["--compartment", "aa, ad, da or dd"],
            );
            refused(
                &["--contact-filter", "nothing == 1"],
                &["no column \"nothing\"", "neuropil"],
            );
            refused(&["--odours", "nowhere.csv"], &["nowhere.csv"]);
            std::fs::write(
                folder.path().join("connections.csv"),
                "pre_root_id,post_root_id,syn_count\n1.0,2.0,1\n",
            )
            .expect("a file");
            refused(&[], &["connections.csv, row 2", "floating-point"]);
            let run = kenyon(folder.path(), &["data", "import", "a", "b", "--quiet"]);
            run.refused(&["--out"]);
            let run = kenyon(
                folder.path(),
                &["data", "import", "a", "--min-contacts", "3"],
            );
            assert_eq!(run.code, Some(2), "{}", run.stderr);
            assert!(run.stderr.contains("--out"), "{}", run.stderr);
        })
        .test("data::damaged_neutral_folders_are_refused", || {
            let folder = tables();
            import(folder.path(), &[]).succeeded();
            let file = folder.path().join("out/contacts.csv.gz");
            let mut content = bytes(&file);
            content.truncate(content.len() - 1);
            std::fs::write(&file, content).expect("a file");
            kenyon(folder.path(), &["--data", "out", "--quiet", "inspect"])
                .refused(&["contacts.csv.gz has SHA-256"]);
        })
}

fn tables() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in [
        ("classification.csv", NEURONS),
        ("connections.csv", CONNECTIONS),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn import(folder: &Path, more: &[&str]) -> Run {
    let usual = [
        "data",
        "import",
        "classification.csv",
        "connections.csv",
        "--population",
        "KC = class == \"Kenyon_Cell\"",
        "--population",
        "MBON = class == \"MBON\"",
        "--out",
        "out",
    ];
    kenyon(folder, &[&usual, more].concat())
}

fn train(folder: &Path, data: &[&str], out: &str) -> Run {
    let training = [
        "train",
        "--teacher-epochs",
        "1",
        "--epochs",
        "1",
        "--seed",
        "5",
        "--json",
        "--out",
        out,
    ];
    kenyon(folder, &[data, &training].concat()).succeeded()
}

/// The digest, the identity of the run and the model are the same.
fn same_training(folder: &Path, first: &Run, second: &Run) {
    assert_eq!(first.json()["digest"], second.json()["digest"]);
    let model = |out: &str| bytes(&folder.join(out).join("model.safetensors"));
    assert!(model("a") == model("b"), "the models differ");
    let run = |out: &str| bytes(&folder.join(out).join("run.json"));
    assert!(run("a") == run("b"), "the identities differ");
}
