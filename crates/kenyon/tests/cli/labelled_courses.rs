//! Training on time courses of one's own, and what can be done with the model.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{KENYON, Run, bytes, isolated, kenyon};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("the_duration_of_pulses_is_learned", duration)
        .test("constant_courses_are_trained_like_odours", constant)
        .test("a_killed_training_on_courses_is_resumed", killed)
        .test("courses_are_part_of_the_identity", identity)
        .test("a_study_of_courses_ends_in_its_figures", study)
        .test("unsuitable_labelled_courses_are_refused", refused)
        .test(
            "a_decoder_is_not_read_with_the_classes_of_another_task",
            another_task,
        )
        .test("courses_that_fill_the_memory_are_refused", too_much)
}

const PULSES: &str = r#"# How long, not which?
duration_ms = 80

[[stimulus]]
class = "short"
segment = [{ onset_ms = 10, duration_ms = 15, odour = "apple" }]

[[stimulus]]
class = "short"
segment = [{ onset_ms = 10, duration_ms = 15, odour = "mint" }]

[[stimulus]]
class = "long"
train = [{ onset_ms = 10, duration_ms = 20, gap_ms = 0, odours = ["apple"], repeats = 3 }]

[[stimulus]]
class = "long"

[[stimulus.segment]]
onset_ms = 10
duration_ms = 60
odour = "mint"
fluctuation = { process = "white", standard_deviation = 0.2 }
"#;

/// The circuit of five neurons.
fn teaching() -> (String, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../circuits/teaching");
    let shown = |path: PathBuf| path.display().to_string();
    (shown(folder.clone()), shown(folder.join("circuit.toml")))
}

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    let (data, circuit) = teaching();
    let subject = ["--data", &data, "--circuit", &circuit, "--json"];
    kenyon(folder, &[arguments, &subject].concat())
}

fn train(folder: &Path, out: &str, courses: &str, more: &[&str]) -> Run {
    let base = [
        "train",
        "--courses",
        courses,
        "--loss",
        "ce_only",
        "--out",
        out,
    ];
    run(folder, &[&base, more].concat())
}

fn duration() {
    let folder = folder_with(&[("pulses.toml", PULSES)]);
    let folder = folder.path();
    let trained = train(folder, "r", "pulses.toml", &["--epochs", "150"]).succeeded();
    let task = "task: 4 time courses of 80 ms, 2 classes: short (2), long (2)";
    for words in [task, "no teacher"] {
        assert!(trained.stdout.contains(words), "{}", trained.stdout);
    }
    let digest = trained.json()["digest"].clone();
    for threads in ["1", "3"] {
        let out = format!("threads{threads}");
        let more = ["--epochs", "150", "--threads", threads];
        let again = train(folder, &out, "pulses.toml", &more).succeeded();
        assert_eq!(again.json()["digest"], digest, "{threads} threads");
    }
    // The file is not needed any more.
    fs::remove_file(folder.join("pulses.toml")).expect("it is there");
    let evaluated = run(folder, &["evaluate", "r", "--repeats", "20"]).succeeded();
    assert!(
        evaluated.stdout.contains("stimuli change in time"),
        "{}",
        evaluated.stdout
    );
    let evaluated = evaluated.json();
    let low = evaluated["evaluation"]["interval"]["low"].as_f64();
    assert!(low.expect("an interval") > 0.8, "{evaluated}");
    assert_eq!(evaluated["evaluation"]["chance"], 0.5);
    assert_eq!(evaluated["stimuli"][2], "apple, then apple, then apple");
    assert_eq!(evaluated["labels"], serde_json::json!([0, 0, 1, 1]));
    // A decision about an odour is neither right nor wrong.
    let odour = run(folder, &["simulate", "r", "--odour", "apple"]).succeeded();
    assert_eq!(odour.json()["correct"], Value::Null);
    let screened = ["screen", "r", "--targets", "populations", "--trials", "4"];
    let screened = run(
        folder,
        &[&screened[..], &["--metrics", "accuracy"]].concat(),
    );
    let intact = screened.succeeded().json()["screen"]["intact"][0]["value"].clone();
    assert!(intact.as_f64().expect("an accuracy") > 80.0);
    run(folder, &["sensitivity", "r", "--trials", "2"]).succeeded();
}

/// A course that shows an odour from the first step to the last is that odour: same trials, same model.
fn constant() {
    let odours = [("a", "x"), ("b", "y"), ("c", "x")];
    let panel = "odour,A,B\na,10,10\nb,90,30\nc,30,90\n";
    let mut labels = "odour,label\n".to_owned();
    let mut courses = "duration_ms = 30\n".to_owned();
    for (name, label) in odours {
        labels += &format!("{name},{label}\n");
        courses += &format!(
            "[[stimulus]]\nclass = \"{label}\"\nsegment = [{{ onset_ms = 0, duration_ms = 30, odour = \"{name}\" }}]\n"
        );
    }
    // No odour is the blank, so that concentration 1 is the odour to the bit.
    let folder = folder_with(&[
        ("panel.csv", panel),
        ("labels.csv", &labels),
        ("courses.toml", &courses),
    ]);
    let base = [
        "train",
        "--epochs",
        "5",
        "--loss",
        "ce_only",
        "--panel",
        "panel.csv",
    ];
    let with = |out: &str, task: [&str; 2]| {
        let all = [&base[..], &task, &["--out", out]].concat();
        run(folder.path(), &all).succeeded().json()
    };
    let (odours, courses) = (
        with("odours", ["--labels", "labels.csv"]),
        with("courses", ["--courses", "courses.toml"]),
    );
    assert_eq!(odours["digest"], courses["digest"]);
    assert_ne!(odours["run_id"], courses["run_id"]);
}

fn killed() {
    let folder = folder_with(&[("pulses.toml", PULSES)]);
    let folder = folder.path();
    let more = [
        "--epochs",
        "120",
        "--checkpoint-every",
        "1",
        "--threads",
        "1",
    ];
    train(folder, "whole", "pulses.toml", &more).succeeded();
    let (data, circuit) = teaching();
    let mut command = isolated(KENYON, folder);
    command
        .args([
            "train",
            "--courses",
            "pulses.toml",
            "--loss",
            "ce_only",
            "--out",
            "r",
        ])
        .args(more)
        .args(["--data", &data, "--circuit", &circuit])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("the command can be started");
    let checkpoint = folder.join("r/checkpoint.safetensors");
    for _ in 0..2000 {
        if checkpoint.exists() {
            break;
        }
        sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let ended = child.wait().expect("the command ends");
    assert!(!ended.success(), "it must be killed before its end");
    train(
        folder,
        "r",
        "pulses.toml",
        &[&more[..], &["--resume"]].concat(),
    )
    .succeeded();
    let model = |run: &str| bytes(&folder.join(run).join("model.safetensors"));
    assert!(model("whole") == model("r"), "the resumed model differs");
}

fn identity() {
    let other = PULSES.replace("duration_ms = 15", "duration_ms = 16");
    let noted = format!("# Another comment.\n{PULSES}");
    let folder = folder_with(&[
        ("pulses.toml", PULSES),
        ("other.toml", &other),
        ("noted.toml", &noted),
    ]);
    let folder = folder.path();
    let id = |out: &str, courses: &str| {
        let result = train(folder, out, courses, &["--epochs", "1"]).succeeded();
        result.json()["run_id"].clone()
    };
    let first = id("first", "pulses.toml");
    assert_eq!(id("noted", "noted.toml"), first, "comments do not matter");
    assert_ne!(id("other", "other.toml"), first);
    let described = fs::read_to_string(folder.join("first/run.json")).expect("it is there");
    assert!(described.contains("\"courses\"") && !described.contains("How long"));
    let resumed = ["--epochs", "1", "--resume"];
    train(folder, "first", "other.toml", &resumed).refused(&["first/run.json", "resumed only"]);
}

fn study() {
    let text = r#"
        name = "timed"
        seeds = [1, 2]
        [training]
        student_epochs = 4
        repeats = 2
        monitor_every = 2
        [task.pulses]
        kind = "courses"
        file = "pulses.toml"
        [[experiment]]
        name = "pulses"
        task = "pulses"
        loss = "ce_only"
        monitor = true
        measure = ["evaluation"]
    "#;
    let folder = folder_with(&[("pulses.toml", PULSES), ("timed.toml", text)]);
    let folder = folder.path();
    let (data, circuit) = teaching();
    let subject = ["--data", &data, "--circuit", &circuit];
    let study = |what: &str| {
        let all = [&["study", what, "timed.toml"], &subject[..]].concat();
        kenyon(folder, &all).succeeded()
    };
    study("plan");
    let result = study("run");
    assert!(
        result.stdout.contains("balanced_accuracy_pct"),
        "{}",
        result.stdout
    );
    assert!(folder.join("results/timed/report.html").exists());
    let described = fs::read_to_string(folder.join("results/timed/study.json"));
    assert!(described.expect("it is there").contains("\"short\""));
    fs::remove_file(folder.join("pulses.toml")).expect("it is there");
    let all = [&["study", "plan", "timed.toml"], &subject[..]].concat();
    kenyon(folder, &all).refused(&["pulses.toml", "cannot read"]);
}

fn refused() {
    let head = "duration_ms = 50\n\n[[stimulus]]\nclass = \"a\"\n";
    let with = |segment: &str| format!("{head}segment = [{segment}]\n");
    let pulse = |onset: &str, odour: &str| {
        format!("{{ onset_ms = {onset}, duration_ms = 20, odour = {odour} }}")
    };
    let two = format!("{}, {}", pulse("0", "1"), pulse("10", "2"));
    let nothing = "duration_ms = 50\n";
    let files = [
        (
            "odour.toml",
            with(&pulse("0", "\"pear\"")),
            ["line 5", "\"pear\""],
        ),
        (
            "late.toml",
            with(&pulse("40", "1")),
            ["line 5", "after the trial"],
        ),
        (
            "between.toml",
            with(&pulse("0.5", "1")),
            ["line 5", "whole number of steps"],
        ),
        ("overlap.toml", with(&two), ["line 5", "overlap"]),
        ("one.toml", head.to_owned(), ["\"a\"", "at least two"]),
        (
            "none.toml",
            nothing.to_owned(),
            ["[[stimulus]]", "at least two classes"],
        ),
        ("key.toml", format!("{head}odor = 1\n"), ["line 5", "odor"]),
        (
            "class.toml",
            "duration_ms = 50\n[[stimulus]]\n".to_owned(),
            ["line 2", "class"],
        ),
        (
            "name.toml",
            head.replace("\"a\"", "\" \""),
            ["line 3", "no name"],
        ),
        ("text.toml", "not TOML".to_owned(), ["line 1", "TOML"]),
        (
            "long.toml",
            nothing.replace("50", "6000"),
            ["line 1", "too long to be trained"],
        ),
        (
            "time.toml",
            nothing.replace("50", "-1"),
            ["line 1", "-1 ms"],
        ),
    ];
    let folder = TempDir::new().expect("a folder");
    for (name, text, parts) in &files {
        fs::write(folder.path().join(name), text).expect("a file");
        let refused = train(folder.path(), "r", name, &[]);
        refused.refused(&[&[*name], &parts[..]].concat());
        assert!(!folder.path().join("r").exists(), "{name}");
    }
    train(folder.path(), "r", "absent.toml", &[]).refused(&["absent.toml", "cannot read"]);
    let labels = ["--labels", "labels.csv"];
    let both = train(folder.path(), "r", "odour.toml", &labels);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}

fn another_task() {
    let swapped = PULSES
        .replace("short", "x")
        .replace("long", "short")
        .replace("\"x\"", "\"long\"");
    let renamed = PULSES.replace("short", "brief");
    // The same classes, other stimuli: what was held out.
    let held_out = PULSES.replace("duration_ms = 15", "duration_ms = 10");
    let panel = "odour,A,B\nshort,90,30\nmint,30,90\n";
    let folder = folder_with(&[
        ("pulses.toml", PULSES),
        ("swapped.toml", &swapped),
        ("renamed.toml", &renamed),
        ("held_out.toml", &held_out),
        ("panel.csv", panel),
    ]);
    let folder = folder.path();
    train(folder, "r", "pulses.toml", &["--epochs", "1"]).succeeded();
    for (option, file) in [
        ("--courses", "swapped.toml"),
        ("--courses", "renamed.toml"),
        ("--panel", "panel.csv"),
    ] {
        let evaluated = run(folder, &["evaluate", "r", "--repeats", "2", option, file]);
        evaluated.refused(&["\"short\", \"long\"", "wrongly"]);
    }
    let evaluate = [
        "evaluate",
        "r",
        "--repeats",
        "2",
        "--courses",
        "held_out.toml",
    ];
    run(folder, &evaluate).succeeded();
    let screen = ["screen", "r", "--trials", "2", "--courses", "swapped.toml"];
    run(folder, &screen).refused(&["wrongly"]);
}

fn too_much() {
    let head = "duration_ms = 5000\n[[stimulus]]\nclass = \"a\"\n[[stimulus]]\nclass = \"b\"\n";
    let trains = |count: usize| {
        let one = "{ onset_ms = 0, duration_ms = 1, gap_ms = 0, odours = [1], repeats = 4000 }, ";
        format!("{head}train = [{}]\n", one.repeat(count))
    };
    let fluctuating = format!(
        "{head}segment = [{{ onset_ms = 0, duration_ms = 5000, odour = 1, \
         fluctuation = {{ process = \"white\", standard_deviation = 0.1 }} }}]\n"
    );
    let many = format!("{head}{}", "[[stimulus]]\nclass = \"b\"\n".repeat(10_000));
    let folder = folder_with(&[
        ("trains.toml", &trains(2000)),
        ("many.toml", &many),
        ("fluctuating.toml", &fluctuating),
    ]);
    let folder = folder.path();
    train(folder, "r", "trains.toml", &[]).refused(&["line 6", "more segments"]);
    train(folder, "r", "many.toml", &[]).refused(&["10002 stimuli"]);
    train(folder, "r", "fluctuating.toml", &["--epochs", "0"]).succeeded();
    let trials = ["--trials", "100000"];
    let evaluate = ["evaluate", "r", "--repeats", "100000"];
    run(folder, &evaluate).refused(&["GB of memory"]);
    run(folder, &[&["screen", "r"], &trials[..]].concat()).refused(&["GB of memory"]);
    run(folder, &[&["sensitivity", "r"], &trials[..]].concat()).refused(&["at most 16 trials"]);
}
