//! Panels, labels and circuits of one's own; parameters as a table.

use std::fs;
use std::path::Path;

use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::{LARVA, Run, bytes, kenyon, short, trained};

/// The digest of [`short`] on the statistical larva 3 with two epochs of each, as the program gave it
/// before tasks, teachers and start values could be chosen.
const CANONICAL_DIGEST: &str = "1cdbbb739dee03d3436d22a15c1b3efeeb51460b1c69148d354e4221d1681f62";

const RELAY: &str = include_str!("relay.toml");

pub fn add(suite: Suite) -> Suite {
    suite
        .test("the_canonical_digest_is_what_it_was", canonical)
        .test("labels_are_learned_and_found_again", labels)
        .test("unsuitable_tasks_are_refused", unsuitable)
        .test("a_circuit_without_teacher_ln_and_apl_is_trained", relay)
        .test("a_study_of_labels_ends_in_its_figures", study)
        .test("a_model_starts_from_another", from)
        .test("parameters_go_out_and_in", parameters)
        .test("damaged_parameter_tables_are_refused", damaged)
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    kenyon(folder, &[arguments, &LARVA, &["--json"]].concat())
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("a file");
}

/// Labels of the odours of the statistical larva.
fn valence() -> String {
    let others = (1..28).map(|odour| {
        let label = if odour % 2 == 0 { "rewarded" } else { "not" };
        format!("odour {odour},{label}\n")
    });
    format!("odour,label\nsfr,not\n{}", others.collect::<String>())
}

/// Four odours of 21 channels, two of each class.
fn panel(folder: &Path) {
    let channels: Vec<String> = (0..21).map(|channel| format!("c{channel}")).collect();
    let rows = (0..4).map(|odour| {
        let rates = (0..21).map(|channel| (20 * ((odour + channel) % 4)).to_string());
        format!("smell {odour},{}\n", rates.collect::<Vec<_>>().join(","))
    });
    let text = format!("odour,{}\n{}", channels.join(","), rows.collect::<String>());
    write(folder, "panel.csv", &text);
    let labels = "odour,label\nsmell 3,b\nsmell 0,a\nsmell 1,b\nsmell 2,a\n";
    write(folder, "labels.csv", labels);
    write(folder, "relay.toml", RELAY);
}

fn canonical() {
    let folder = TempDir::new().expect("a folder");
    let two = [
        "train",
        "--teacher-epochs",
        "2",
        "--epochs",
        "2",
        "--out",
        "r",
    ];
    let result = run(folder.path(), &two).succeeded().json();
    assert_eq!(result["digest"], CANONICAL_DIGEST);
}

fn labels() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    write(folder, "valence.csv", &valence());
    let arguments = short("valence", &["--labels", "valence.csv", "--json"]);
    let trained = kenyon(folder, &arguments).succeeded();
    assert!(
        trained
            .stdout
            .contains("28 odours, 2 classes: not (15), rewarded (13)")
    );
    // The order of the rows does not matter.
    let mut turned: Vec<String> = valence().lines().map(str::to_owned).collect();
    turned[1..].reverse();
    write(folder, "turned.csv", &turned.join("\n"));
    let arguments = short("turned", &["--labels", "turned.csv", "--json"]);
    let again = kenyon(folder, &arguments).succeeded();
    assert_eq!(trained.json()["run_id"], again.json()["run_id"]);
    // The task is with the model: no flag says it again, and the tables may be gone.
    fs::remove_file(folder.join("valence.csv")).expect("a file");
    let result = run(folder, &["evaluate", "valence", "--repeats", "2"])
        .succeeded()
        .json();
    assert_eq!(result["classes"], serde_json::json!(["not", "rewarded"]));
    let evaluation = &result["evaluation"];
    assert_eq!(evaluation["accuracy"]["samples"], 56);
    assert_eq!(evaluation["classes"][1]["odours"], 13);
    let confusion = evaluation["confusion"].as_array().expect("a matrix");
    let sum = |row: &serde_json::Value| -> u64 {
        row.as_array()
            .expect("a row")
            .iter()
            .filter_map(serde_json::Value::as_u64)
            .sum()
    };
    assert_eq!(confusion.iter().map(sum).collect::<Vec<_>>(), [30, 26]);
    assert!(evaluation["suppression"].is_object());
    let shown = run(
        folder,
        &["simulate", "valence", "--odour", "odour 2", "--trials", "4"],
    );
    let shown = shown.succeeded();
    assert_eq!(shown.json()["class"], 1);
    assert_eq!(shown.json()["decisions"].as_array().map(Vec::len), Some(2));
    assert!(shown.stdout.contains("decoded class"));
    // Another task under the same name is another run.
    write(
        folder,
        "valence.csv",
        &valence().replace("odour 2,rewarded", "odour 2,not"),
    );
    let other = short("valence", &["--labels", "valence.csv", "--resume"]);
    kenyon(folder, &other).refused(&["run.json"]);
}

fn unsuitable() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    panel(folder);
    let refused = |files: [(&str, &str); 2], parts: &[&str]| {
        for (name, text) in files {
            write(folder, name, text);
        }
        let flags = ["--panel", "p.csv", "--labels", "l.csv"];
        kenyon(folder, &short("run", &flags)).refused(parts);
        assert!(!folder.join("run").exists());
    };
    let sound = fs::read_to_string(folder.join("panel.csv")).expect("a panel");
    let labels = fs::read_to_string(folder.join("labels.csv")).expect("labels");
    let with = |from: &str, to: &str| labels.replace(from, to);
    for (text, parts) in [
        (
            with("smell 1", "smell 9"),
            [
                "l.csv",
                "row 3 of the labels: there is no odour \"smell 9\"",
            ],
        ),
        (
            with("smell 1,b\n", ""),
            ["l.csv", "the odour \"smell 1\" has no label"],
        ),
        (
            with("smell 1", "smell 0"),
            ["l.csv, line 4", "\"smell 0\" has a label in line 3 already"],
        ),
        (
            with(",b", ",a"),
            ["l.csv", "all odours have the label \"a\""],
        ),
        (with("label", "class"), ["l.csv, line 1", "odour,label"]),
    ] {
        refused([("p.csv", &sound), ("l.csv", &text)], &parts);
    }
    for (from, to, parts) in [
        (
            "smell 2,40",
            "smell 2,NaN",
            ["p.csv, line 4", "\"c0\" is \"NaN\""],
        ),
        (
            "smell 2,40,",
            "smell 2,",
            ["p.csv, line 4", "it has 21 cells"],
        ),
        (
            "smell 2",
            "smell 1",
            ["p.csv, line 4", "stands in line 3 already"],
        ),
    ] {
        let text = sound.replace(from, to);
        assert_ne!(text, sound);
        refused([("p.csv", &text), ("l.csv", &labels)], &parts);
    }
    let narrow = "odour,a,b\nsmell 0,1,2\nsmell 1,1,2\nsmell 2,1,2\nsmell 3,1,2\n";
    refused(
        [("p.csv", narrow), ("l.csv", &labels)],
        &["p.csv", "2 channels", "has 21"],
    );
    let flags = ["--panel", "panel.csv", "--panel-normalised"];
    kenyon(folder, &short("run", &flags)).refused(&["panel.csv", "not between 0 and 1"]);
    kenyon(folder, &short("run", &["--labels", "none.csv"])).refused(&["none.csv"]);
}

fn relay() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    panel(folder);
    let circuit = ["--circuit", "relay.toml"];
    let task = [
        "--panel",
        "panel.csv",
        "--labels",
        "labels.csv",
        "--loss",
        "ce_only",
    ];
    let train = ["train", "--epochs", "40", "--out", "r"];
    let result = run(folder, &[&train[..], &circuit, &task].concat()).succeeded();
    assert!(result.stdout.contains("no teacher"));
    assert_eq!(result.json()["teacher_accuracy"], serde_json::Value::Null);
    assert!(!folder.join("r/teacher.safetensors").exists());
    let evaluate = ["evaluate", "r", "--repeats", "20"];
    let result = run(folder, &[&evaluate[..], &circuit].concat()).succeeded();
    assert!(
        result
            .stdout
            .contains("not measured: suppression, the circuit has no population \"APL\"")
    );
    let evaluation = &result.json()["evaluation"];
    let names: Vec<&str> = evaluation["populations"]
        .as_array()
        .expect("populations")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["ORN", "PN"]);
    let low = evaluation["interval"]["low"].as_f64().expect("an interval");
    assert!(
        low > evaluation["chance"].as_f64().expect("chance"),
        "{evaluation}"
    );
    run(folder, &["evaluate", "r"]).refused(&["--circuit"]);
    let energy = ["train", "--epochs", "1", "--loss", "energy_1", "--out", "e"];
    let classes = ["--panel", "panel.csv"];
    run(folder, &[&energy[..], &circuit, &classes].concat()).succeeded();
}

fn study() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("in")).expect("a folder");
    panel(&folder.join("in"));
    let text = r#"
        name = "own"
        seeds = [1, 2]
        [training]
        student_epochs = 2
        repeats = 2
        monitor_every = 1
        [task.files]
        kind = "panel"
        file = "panel.csv"
        labels_file = "labels.csv"
        [[experiment]]
        name = "own"
        task = "files"
        monitor = true
        measure = ["reevaluation", "mixtures"]
    "#;
    write(&folder.join("in"), "own.toml", text);
    let circuit = ["--circuit", "in/relay.toml", "--no-report"];
    let study = ["study", "run", "in/own.toml"];
    let study = [&study[..], &circuit].concat();
    let result = run(folder, &study).succeeded();
    assert!(
        result.stdout.contains("balanced_accuracy_pct"),
        "{}",
        result.stdout
    );
    assert!(result.stdout.contains("pn_rate_Hz"), "{}", result.stdout);
    let unit = folder.join("results/own/own");
    let mut runs = fs::read_dir(&unit).expect("runs");
    let first = runs.next().expect("a run").expect("a run").path();
    let read = |name: &str| fs::read_to_string(first.join(name)).expect("a file");
    assert!(read("mixtures.json").contains("odours share classes"));
    assert!(read("run.json").contains("smell 3"));
    assert!(!folder.join("results/own/teachers").exists());
    let model = first.to_str().expect("a path");
    let evaluate = [
        "evaluate",
        model,
        "--repeats",
        "2",
        "--circuit",
        "in/relay.toml",
    ];
    run(folder, &evaluate).succeeded();
    // Without the tables the study is another one, and says which is missing.
    fs::remove_file(folder.join("in/labels.csv")).expect("a file");
    run(folder, &study).refused(&["in/own.toml", "labels.csv"]);
    let across = text.replace("monitor = true", "across_seeds = true");
    panel(&folder.join("in"));
    write(&folder.join("in"), "own.toml", &across);
    run(folder, &study).refused(&["across_seeds", "odours share classes"]);
}

fn from() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    write(folder, "valence.csv", &valence());
    let model = trained().join("run");
    let model = model.to_str().expect("a path");
    let flags = ["--from", model, "--labels", "valence.csv", "--json"];
    let result = kenyon(folder, &short("next", &flags)).succeeded();
    for telling in [
        "parameter groups",
        "not taken over: decoder.weight, it has shape [2, 144] here and [28, 144] there",
        "no teacher",
    ] {
        assert!(result.stdout.contains(telling), "{}", result.stdout);
    }
    let evaluated = run(folder, &["evaluate", "next", "--repeats", "2"]).succeeded();
    assert_eq!(evaluated.json()["digest"], result.json()["digest"]);
    assert!(
        !evaluated.stderr.contains("was not trained with"),
        "{}",
        evaluated.stderr
    );
    panel(folder);
    let nothing = [
        "train",
        "--circuit",
        "relay.toml",
        "--from",
        "table.safetensors",
    ];
    let task = [
        "--panel",
        "panel.csv",
        "--labels",
        "labels.csv",
        "--out",
        "n",
    ];
    run(folder, &[&nothing[..], &task].concat()).refused(&["table.safetensors"]);
}

fn parameters() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    let model = trained().join("run");
    let model = model.to_str().expect("a path");
    for table in ["p.csv", "p.toml"] {
        let exported = run(folder, &["parameters", "export", model, "--out", table]);
        let exported = exported.succeeded().json();
        assert_eq!(exported["parameters"], 4509);
        let out = format!("{table}.safetensors");
        let imported = run(folder, &["parameters", "import", table, "--out", &out]);
        assert_eq!(imported.succeeded().json()["digest"], exported["digest"]);
        let again = format!("again-{table}");
        run(folder, &["parameters", "export", &out, "--out", &again]).succeeded();
        assert_eq!(bytes(&folder.join(&again)), bytes(&folder.join(table)));
        let evaluated = run(folder, &["evaluate", &out, "--repeats", "2"]).succeeded();
        assert!(
            !evaluated.stderr.contains("was not trained"),
            "{}",
            evaluated.stderr
        );
    }
    run(
        folder,
        &[
            "parameters",
            "import",
            "p.csv",
            "--out",
            "p.csv.safetensors",
        ],
    )
    .refused(&["is there already"]);
    // An edit: a realised value, the stored one left out.
    let text = fs::read_to_string(folder.join("p.csv")).expect("a table");
    let edited: Vec<String> = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[..2] == ["KC.threshold", "7"] {
                (cells[5], cells[6]) = ("-0.05", "");
            }
            cells.join(",")
        })
        .collect();
    write(folder, "e.csv", &edited.join("\n"));
    let out = ["parameters", "import", "e.csv", "--out", "e.safetensors"];
    run(folder, &out).succeeded();
    let export = ["parameters", "export", "e.safetensors", "--out", "e2.csv"];
    run(folder, &export).succeeded();
    let again = fs::read_to_string(folder.join("e2.csv")).expect("a table");
    let row = again
        .lines()
        .find(|line| line.starts_with("KC.threshold,7,"));
    let stored = row.expect("a row").split(',').nth(6).expect("a value");
    assert_eq!(
        stored.parse::<f64>().expect("a number"),
        f64::from(-0.05_f32)
    );
    let differing = again.lines().zip(text.lines()).filter(|(a, b)| a != b);
    assert_eq!(differing.count(), 1);
}

fn damaged() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    let start = ["parameters", "export", "--untrained", "--out", "p.csv"];
    run(folder, &start).succeeded();
    let text = fs::read_to_string(folder.join("p.csv")).expect("a table");
    let lines: Vec<&str> = text.lines().collect();
    let place = lines
        .iter()
        .position(|line| line.starts_with("LN.threshold,2,"));
    let place = place.expect("a row");
    let cell = |column: usize, value: &str| -> String {
        let mut cells: Vec<&str> = lines[place].split(',').collect();
        cells[column] = value;
        cells.join(",")
    };
    let both = |realised: &str, stored: &str| -> String {
        let mut cells: Vec<&str> = lines[place].split(',').collect();
        (cells[5], cells[6]) = (realised, stored);
        cells.join(",")
    };
    let line = format!("p.csv, line {}", place + 1);
    for (row, telling) in [
        (
            cell(0, "MBON.threshold"),
            "no parameter group \"MBON.threshold\"",
        ),
        (
            cell(1, "108"),
            "\"LN.threshold\" has no value 108; they are numbered 0 to 107",
        ),
        (cell(1, "1"), "value 1 of \"LN.threshold\" stands in line"),
        (cell(1, "-1"), "index"),
        (cell(2, "nobody"), "not to \"nobody\""),
        (
            cell(5, "-0.04"),
            "leave the one empty that you did not mean",
        ),
        (cell(6, "abc"), "stored"),
        (both("", "NaN"), "must be a finite number"),
        (both("inf", ""), "must be a finite number"),
        (both("", ""), "neither realised nor stored"),
        (both("-0.9", ""), "outside its bounds -0.055 to -0.03"),
    ] {
        let mut edited = lines.clone();
        edited[place] = &row;
        write(folder, "p.csv", &edited.join("\n"));
        let import = ["parameters", "import", "p.csv", "--out", "m.safetensors"];
        run(folder, &import).refused(&[&line, telling]);
        assert!(!folder.join("m.safetensors").exists());
    }
    let mut short = lines.clone();
    short.remove(place);
    write(folder, "p.csv", &short.join("\n"));
    run(
        folder,
        &["parameters", "import", "p.csv", "--out", "m.safetensors"],
    )
    .refused(&["p.csv", "value 2 of \"LN.threshold\" is missing"]);
    write(folder, "p.csv", "group,index\n");
    run(
        folder,
        &["parameters", "import", "p.csv", "--out", "m.safetensors"],
    )
    .refused(&["p.csv, line 1", "no column \"realised\""]);
    run(
        folder,
        &["parameters", "import", "p.txt", "--out", "m.safetensors"],
    )
    .refused(&["p.txt"]);
    run(
        folder,
        &["parameters", "export", "--untrained", "--out", "p.xls"],
    )
    .refused(&["p.xls"]);
}
