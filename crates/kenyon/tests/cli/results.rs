//! What commands print when all is well.

use std::process::Stdio;

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{KENYON, LARVA, Run, isolated, kenyon, short, trained};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("inspect_counts_neurons_and_parameters", inspect)
        .test("data_commands_end_in_json", data_commands)
        .test("train_names_the_digest", train)
        .test("evaluate_measures_and_removes", evaluate)
        .test("simulate_shows_an_odour_with_interventions", simulate)
        .test("bench_reports_its_keys", bench)
        .test("nothing_found_means_a_loud_statistical_larva", fallback)
        .test("a_closed_pipe_is_not_an_error", closed_pipe)
}

/// Runs a command on the statistical larva with `--json`.
fn on_larva(arguments: &[&str]) -> Run {
    let run = kenyon(trained(), &[arguments, &LARVA, &["--json"]].concat()).succeeded();
    assert!(run.stderr.contains("STATISTICAL LARVA"), "{}", run.stderr);
    run
}

fn inspect() {
    let run = on_larva(&["inspect"]);
    let result = run.json();
    assert_eq!(result["all_parameters"], 4509);
    assert_eq!(result["biophysical_parameters"], 449);
    assert_eq!(result["data"]["statistical"], true);
    assert!(run.stdout.contains("449 + 4,060 = 4,509 parameters"));
    assert!(run.stdout.contains("of 108 LN"));
}

fn data_commands() {
    let folder = TempDir::new().expect("a temporary folder");
    let list = kenyon(folder.path(), &["data", "list", "--json"])
        .succeeded()
        .json();
    assert_eq!(list["name"], "winding2023");
    let sample = ["data", "sample", "--seed", "7", "--scale", "2", "--json"];
    let sample = kenyon(folder.path(), &sample).succeeded().json();
    assert_eq!(sample["populations"][3]["neurons"], 288);
}

fn train() {
    // Resuming a finished run says what it came to.
    let arguments = short("run", &["--resume", "--json"]);
    let result = kenyon(trained(), &arguments).succeeded();
    let digest = result.json()["digest"].as_str().map(str::len);
    assert_eq!(digest, Some(64));
}

fn evaluate() {
    let few = ["evaluate", "run", "--repeats", "2"];
    let whole = on_larva(&few).json();
    assert!(whole["figures"]["apl_ratio"].is_number());
    let file = ["evaluate", "run/model.safetensors", "--repeats", "2"];
    assert_eq!(on_larva(&file).json()["figures"], whole["figures"]);
    let without = on_larva(&[&few[..], &["--without", "feedback"]].concat()).json();
    assert_eq!(without["figures"]["apl_ratio"], Value::Null);
    // Nothing before the Kenyon cells feels their feedback neuron.
    let lobe = "al_decorrelation_pct";
    assert_eq!(without["figures"][lobe], whole["figures"][lobe]);
}

fn simulate() {
    let base = ["simulate", "run", "--trials", "3", "--odour"];
    let named = on_larva(&[&base[..], &["ODOUR 5"]].concat()).json();
    let numbered = on_larva(&[&base[..], &["5"]].concat()).json();
    assert_eq!(named, numbered);
    assert!(rate(&named, "KC") > 0.0);
    let silent = on_larva(&[&base[..], &["5", "--silence", "PN", "--silence", "KC"]].concat());
    assert_eq!(rate(&silent.json(), "PN"), 0.0);
    assert!(silent.stdout.contains("KC code: 0 cells"));
    let more = [
        "5",
        "--drive",
        "KC:3=1e-9",
        "--boost",
        "APL=0.7",
        "--disable",
        "ln_to_ln",
    ];
    let changed = [&base[..], &more, &["--no-depression", "--no-gap-junctions"]].concat();
    assert_ne!(
        on_larva(&changed).json()["populations"],
        named["populations"]
    );
    let mixture = ["simulate", "run", "--trials", "3", "--mixture", "odour 5,7"];
    let mixture = on_larva(&mixture);
    assert!(mixture.stdout.contains("odour 5 + odour 7 (mixture of 2)"));
    assert!(mixture.stdout.contains("taken for one of its odours in"));
    let mixture = mixture.json();
    assert_eq!(mixture["class"], Value::Null);
    assert_eq!(mixture["components"], serde_json::json!([5, 7]));
    assert!(rate(&mixture, "ORN") > rate(&named, "ORN"));
    let untrained = on_larva(&["simulate", "--untrained", "--odour", "0", "--trials", "2"]).json();
    assert_eq!(untrained["class"], 0);
}

fn rate(result: &Value, population: &str) -> f64 {
    let rows = result["populations"]
        .as_array()
        .expect("a list of populations");
    let row = rows
        .iter()
        .find(|row| row["name"] == population)
        .expect("the population");
    row["rate_hz"].as_f64().expect("a number")
}

fn bench() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("scaling.svg");
    let figure = file.display().to_string();
    let bench = [
        "bench", "--quick", "--scale", "2", "--quiet", "--figure", &figure,
    ];
    let result = on_larva(&bench).json();
    for key in [
        "training_step_ms",
        "evaluation_trial_ms",
        "noise_ns_per_normal",
    ] {
        assert!(
            result[key].as_f64().is_some_and(|value| value > 0.0),
            "{key}: {result}"
        );
    }
    assert_eq!(result["sizes"][0]["neurons"], 2 * 368);
    let svg = std::fs::read_to_string(&file).expect("the figure");
    assert!(svg.contains("736 neurons"), "{svg}");
}

fn fallback() {
    let folder = TempDir::new().expect("a temporary folder");
    let run = kenyon(folder.path(), &["inspect", "--json"]).succeeded();
    assert!(
        run.stderr.contains("warning: no connectome was found"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("STATISTICAL LARVA"));
    assert_eq!(run.json()["data"]["statistical"], true);
}

fn closed_pipe() {
    let folder = TempDir::new().expect("a temporary folder");
    for arguments in [&["inspect", LARVA[0], LARVA[1]][..], &["--help"]] {
        let mut command = isolated(KENYON, folder.path());
        command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command can be started");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the command ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!errors.contains("panicked"), "{errors}");
        assert_eq!(output.status.code(), Some(0), "{errors}");
    }
}
