//! `kenyon screen` and `kenyon sensitivity`: what they print and write, and what they refuse.

use std::fs;
use std::path::Path;

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{LARVA, Run, bytes, kenyon, trained};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("screens_are_equal_over_threads", threads)
        .test("a_screen_of_one_population", population)
        .test("neurons_by_number_and_id", neurons)
        .test("all_metrics_and_gap_junctions", metrics)
        .test("odours_that_share_a_class", shared_classes)
        .test("sensitivities", sensitivities)
        .test("wrong_screens_are_refused", refused)
}

fn run(folder: &Path, command: &str, arguments: &[&str]) -> Run {
    let model = trained().join("run");
    let model = model.to_str().expect("a plain path");
    let shared = ["--quiet", "--json", "--trials", "2"];
    kenyon(
        folder,
        &[&[command, model], &shared[..], &LARVA, arguments].concat(),
    )
}

fn threads() {
    let folder = TempDir::new().expect("a temporary folder");
    let with = |threads: &str| {
        let (table, figure) = (format!("{threads}.csv"), format!("{threads}.svg"));
        let shared = ["--threads", threads, "--csv", &table, "--figure", &figure];
        let arguments = ["--targets", "neurons", "--population", "LN", "--top", "3"];
        let run = run(folder.path(), "screen", &[&shared[..], &arguments].concat()).succeeded();
        let read = |name: &str| bytes(&folder.path().join(name));
        (run.json(), read(&table), read(&figure))
    };
    let (one, two) = (with("1"), with("2"));
    assert_eq!(one.0, two.0);
    assert!(one.1 == two.1 && one.2 == two.2);
    let table = String::from_utf8(one.1).expect("text");
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with(
            "target,population,neurons,ids,names,metric,unit,intact,value,difference,"
        )
    );
    // 108 neurons, 4 metrics.
    assert_eq!(lines.len(), 1 + 108 * 4);
    assert_eq!(
        one.0["screen"]["targets"].as_array().map(Vec::len),
        Some(108)
    );
}

/// The silenced population is silent, and the intact accuracy is that of `kenyon evaluate`.
fn population() {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = [
        "--targets",
        "populations",
        "--metrics",
        "accuracy,spikes:KC",
    ];
    let screen = run(folder.path(), "screen", &arguments).succeeded().json();
    let targets = screen["screen"]["targets"].as_array().expect("targets");
    assert_eq!(targets.len(), 5);
    let cells = targets
        .iter()
        .find(|it| it["target"]["name"] == "KC")
        .expect("the KCs");
    assert_eq!(cells["effects"][1]["value"], 0.0);
    let model = trained().join("run");
    let model = model.to_str().expect("a plain path");
    let evaluate = ["evaluate", model, "--repeats", "2", "--json", "--quiet"];
    let evaluated: Value = kenyon(folder.path(), &[&evaluate[..], &LARVA].concat())
        .succeeded()
        .json();
    let fraction = evaluated["reevaluation"]["accuracy"]["fraction"]
        .as_f64()
        .expect("an accuracy");
    let intact = screen["screen"]["intact"][0]["value"]
        .as_f64()
        .expect("an accuracy");
    assert!(
        (intact - 100.0 * fraction).abs() < 1e-9,
        "{intact} and {fraction}"
    );
}

fn neurons() {
    let folder = TempDir::new().expect("a temporary folder");
    let drive = [
        "--action",
        "drive=200e-12",
        "--metrics",
        "spikes:KC",
        "--csv",
        "one.csv",
    ];
    let by_number = run(
        folder.path(),
        "screen",
        &[&["--neuron", "KC:3"], &drive[..]].concat(),
    );
    let by_number = by_number.succeeded().json();
    let table = fs::read_to_string(folder.path().join("one.csv")).expect("the table");
    let row = table.lines().nth(1).expect("one row");
    let id = row.split(',').nth(3).expect("an id");
    let by_id = run(
        folder.path(),
        "screen",
        &[&["--neuron", id], &drive[..]].concat(),
    );
    assert_eq!(by_id.succeeded().json(), by_number);
    let effect = &by_number["screen"]["targets"][0]["effects"][0];
    assert!(effect["difference"].as_f64().expect("a difference") > 0.0);
}

fn metrics() {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = ["--targets", "gap-junctions", "--metrics", "all"];
    let found = run(folder.path(), "screen", &arguments).succeeded();
    assert!(
        found.stdout.contains("left out: activity of APL"),
        "{}",
        found.stdout
    );
    assert_eq!(
        found.json()["screen"]["intact"].as_array().map(Vec::len),
        Some(15)
    );
    let drive = [
        "--targets",
        "populations",
        "--action",
        "drive=-20e-12",
        "--metrics",
        "margin",
    ];
    let found = run(folder.path(), "screen", &drive).succeeded();
    assert!(found.stdout.contains("left out: APL"), "{}", found.stdout);
    assert!(
        found.stdout.contains("driven by -20 pA"),
        "{}",
        found.stdout
    );
    for kind in ["pathways", "classes", "groups", "glomeruli", "transmitters"] {
        let arguments = [
            "--targets",
            kind,
            "--population",
            "LN",
            "--metrics",
            "margin",
        ];
        if kind != "glomeruli" {
            run(folder.path(), "screen", &arguments).succeeded();
        }
    }
}

/// Decisions are judged by the labels of the task, not by the rows of the panel.
fn shared_classes() {
    let folder = TempDir::new().expect("a temporary folder");
    let labels: String = (1..28)
        .map(|odour| format!("odour {odour},{}\n", ["odd", "even"][odour % 2]))
        .collect();
    let table = format!("odour,label\nsfr,odd\n{labels}");
    fs::write(folder.path().join("labels.csv"), table).expect("a table");
    let with =
        |arguments: &[&str]| kenyon(folder.path(), &[arguments, &LARVA].concat()).succeeded();
    let short = ["--epochs", "1", "--teacher-epochs", "1", "--out", "run"];
    with(&[&["train", "--labels", "labels.csv"], &short[..]].concat());
    let shared = ["run", "--json", "--trials", "2"];
    let targets = ["--targets", "populations", "--metrics", "accuracy"];
    let found = with(&[&["screen"], &shared[..], &targets].concat()).json();
    let accuracy = found["screen"]["intact"][0]["value"].as_f64();
    // By row, 26 of 28 odours would have a class that the decoder does not know.
    assert!(accuracy.is_some_and(|it| it > 20.0), "{found}");
    with(&[&["sensitivity"], &shared[..], &["--of", "logit:even"]].concat());
}

fn sensitivities() {
    let folder = TempDir::new().expect("a temporary folder");
    for (by, key) in [
        ("edges", "edges"),
        ("neurons", "neurons"),
        ("pathways", "pathways"),
    ] {
        let with = |threads: &str| {
            let arguments = ["--by", by, "--csv", "rows.csv", "--threads", threads];
            let run = run(folder.path(), "sensitivity", &arguments).succeeded();
            (run.json(), bytes(&folder.path().join("rows.csv")))
        };
        let (one, two) = (with("1"), with("2"));
        assert!(one == two);
        let rows = one.0[key].as_array().expect("rows").len();
        let gaps = if by == "pathways" { 3 } else { 0 };
        let lines = String::from_utf8(one.1).expect("text").lines().count();
        assert_eq!(lines, 1 + rows + gaps, "{by}");
    }
    for of in ["loss", "spikes:KC", "logit:0"] {
        run(folder.path(), "sensitivity", &["--of", of]).succeeded();
    }
    let against = run(folder.path(), "sensitivity", &["--against-screen"]).succeeded();
    let compared = against.json()["against_screen"].as_array().map(Vec::len);
    // All, and the populations with more than two neurons.
    assert_eq!(compared, Some(5));
}

fn refused() {
    let folder = TempDir::new().expect("a temporary folder");
    let screen = |arguments: &[&str], parts: &[&str]| {
        run(folder.path(), "screen", arguments).refused(parts);
    };
    screen(
        &["--metrics", "speed"],
        &["\"speed\" is no metric", "margin"],
    );
    screen(&["--metrics", "active:XX"], &["XX", "ORN, LN, PN, APL, KC"]);
    screen(&["--metrics", "active:APL"], &["APL"]);
    screen(&["--population", "XX"], &["no population \"XX\"", "ORN"]);
    screen(&["--neuron", "KC:144"], &["KC:144", "143"]);
    screen(&["--neuron", "XX:1"], &["XX"]);
    screen(&["--neuron", "987654321"], &["no neuron with this id"]);
    screen(&["--neuron", "KC"], &["POP:N"]);
    screen(
        &["--targets", "pathways", "--action", "drive=1e-12"],
        &["switched off"],
    );
    screen(
        &[
            "--targets",
            "populations",
            "--population",
            "APL",
            "--action",
            "drive=1e-12",
        ],
        &["graded"],
    );
    screen(&["--targets", "glomeruli", "--population", "XX"], &["XX"]);
    screen(&["--csv", "a.txt"], &["--csv", ".csv"]);
    screen(&["--figure", "a.gif"], &["--figure", ".svg"]);
    for wrong in [
        ["--trials", "0"],
        ["--trials", "1"],
        ["--action", "drive=x"],
        ["--action", "drive=5"],
        ["--action", "kill"],
        ["--targets", "cells"],
    ] {
        let model = trained().join("run");
        let model = model.to_str().expect("a plain path");
        let run = kenyon(
            folder.path(),
            &[&["screen", model], &wrong[..], &LARVA].concat(),
        );
        assert_eq!(run.code, Some(2), "{wrong:?}: {}", run.stderr);
    }
    let sensitivity = |arguments: &[&str], parts: &[&str]| {
        run(folder.path(), "sensitivity", arguments).refused(parts);
    };
    sensitivity(&["--of", "logit:99"], &["logit:99"]);
    sensitivity(&["--of", "spikes:XX"], &["XX"]);
    sensitivity(
        &["--of", "logit:0", "--against-screen"],
        &["--against-screen"],
    );
    // Another individual is another circuit.
    let model = trained().join("run");
    let model = model.to_str().expect("a plain path");
    let arguments = ["screen", model, "--statistical-larva", "4", "--quiet"];
    kenyon(folder.path(), &arguments).refused(&["other data"]);
}
