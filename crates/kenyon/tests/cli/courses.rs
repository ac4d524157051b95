//! `kenyon simulate` with stimuli that change in time.

use std::fs;
use std::path::Path;

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;

use crate::recordings::{array, texts};
use crate::support::{LARVA, Run, bytes, kenyon, trained};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("courses_are_read_out_by_segment", by_segment)
        .test("a_constant_course_is_a_constant_stimulus", constant)
        .test("courses_are_recorded", recorded)
        .test("course_options_say_what_files_say", options)
        .test("courses_are_the_same_for_all_threads", threads)
        .test("courses_that_are_refused", refused)
}

const PAIR: &str = "duration_ms = 120

[[train]]
onset_ms = 10
duration_ms = 30
gap_ms = 20
odours = [5, 7]

[[window]]
name = \"after\"
onset_ms = 90
duration_ms = 30
";

fn simulate(folder: &Path, more: &[&str]) -> Run {
    let base = ["simulate", "--untrained", "--json", "--trials", "3"];
    kenyon(folder, &[&base[..], &LARVA, more].concat())
}

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn by_segment() {
    let folder = folder_with(&[("pair.toml", PAIR)]);
    let run = simulate(folder.path(), &["--course", "pair.toml"]).succeeded();
    for words in ["odour 5, odour 7: 120 ms, 3 trials", "after", "recognised"] {
        assert!(run.stdout.contains(words), "{}", run.stdout);
    }
    let result = run.json();
    let windows = result["windows"].as_array().expect("windows");
    let place = |window: &Value| {
        (
            window["onset_ms"].as_f64().expect("a time"),
            window["duration_ms"].as_f64().expect("a time"),
            window["components"].clone(),
            window["correct"].is_null(),
        )
    };
    let places: Vec<_> = windows.iter().map(place).collect();
    let odours = |classes: &[u32]| Value::from(classes);
    assert_eq!(places[0], (10.0, 30.0, odours(&[5]), false));
    assert_eq!(places[1], (60.0, 30.0, odours(&[7]), false));
    assert_eq!(places[2], (90.0, 30.0, odours(&[]), true));
    let rate = |value: &Value| value["populations"][0]["rate_hz"].as_f64().expect("a rate");
    // Spontaneous responses drive ORNs too, and refractoriness caps their rate.
    assert!(
        rate(&windows[0]) > 1.1 * rate(&windows[2]),
        "the odour drives the ORNs: {} and {} Hz",
        rate(&windows[0]),
        rate(&windows[2])
    );
    // A trained model takes the same options.
    let model = trained().join("run").display().to_string();
    let arguments = [
        "simulate",
        &model,
        "--course",
        "pair.toml",
        "--silence",
        "LN",
    ];
    kenyon(folder.path(), &[&arguments[..], &LARVA].concat()).succeeded();
}

/// An odour that lasts as long as the trial gives the same numbers either way.
fn constant() {
    let folder = folder_with(&[]);
    let usual = simulate(folder.path(), &["--odour", "5"])
        .succeeded()
        .json();
    let course = simulate(folder.path(), &["--odour", "5", "--duration", "30"]);
    let course = course.succeeded().json();
    assert_eq!(usual["populations"], course["populations"]);
    assert_eq!(usual["graded"], course["graded"]);
    assert_eq!(usual["decisions"], course["windows"][0]["decisions"]);
    assert_eq!(usual["correct"], course["windows"][0]["correct"]);
}

fn recorded() {
    let folder = folder_with(&[("pair.toml", PAIR)]);
    let arguments = [
        "--course",
        "pair.toml",
        "--record",
        "a.npz",
        "--record-trials",
        "2",
        "--record-csv",
        "csv",
        "--figure",
        "a.svg",
    ];
    simulate(folder.path(), &arguments).succeeded();
    let file = folder.path().join("a.npz");
    assert!(array(&file, "spikes").0.contains("(2, 120, 366, )"));
    assert!(array(&file, "input").0.contains("(2, 120, 21, )"));
    assert!(
        array(&file, "window_probability")
            .0
            .contains("(2, 3, 28, )")
    );
    assert_eq!(texts(&file, "window"), ["odour 5", "odour 7", "after"]);
    let (header, ends) = array(&file, "window_steps");
    assert!(header.contains("(3, 2, )"));
    let ends: Vec<u32> = ends
        .chunks(4)
        .map(|it| u32::from_le_bytes(it.try_into().expect("four bytes")))
        .collect();
    assert_eq!(ends, [10, 40, 60, 90, 90, 120]);
    // Between the segments is one and the same input.
    let (_, input) = array(&file, "input");
    let row = |step: usize| &input[step * 84..(step + 1) * 84];
    assert_eq!((row(0), row(9), row(40)), (row(119), row(59), row(90)));
    assert_eq!(row(10), row(39));
    assert_ne!(row(10), row(60));
    let lines = |name: &str| {
        let text = fs::read_to_string(folder.path().join("csv").join(name)).expect("a table");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines("input.csv").len(), 1 + 2 * 120 * 21);
    let windows = lines("windows.csv");
    assert_eq!(windows.len(), 1 + 2 * 3 * 28);
    assert!(
        windows[1].starts_with("0,odour 5,10.0,40.0,0,"),
        "{}",
        windows[1]
    );
    let figure = fs::read_to_string(folder.path().join("a.svg")).expect("a figure");
    for words in [
        "odour 5: 10 to 40 ms",
        "odour 7: 60 to 90 ms",
        "Shaded: the segments",
    ] {
        assert!(figure.contains(words), "{words}");
    }
    assert!(!figure.contains("after: 90"), "windows are not shaded");
}

fn options() {
    let ramp = "duration_ms = 60\n[[segment]]\nonset_ms = 20\nduration_ms = 40\nodour = 5\nconcentration = 0.2\nramp_to = 3\n";
    let noise = "duration_ms = 50\n[[segment]]\nonset_ms = 0\nduration_ms = 50\nodour = 5\n\
                 fluctuation = { process = \"ornstein_uhlenbeck\", standard_deviation = 0.4, time_constant_ms = 10 }\n";
    let train = "duration_ms = 70\n[[train]]\nonset_ms = 5\nduration_ms = 10\ngap_ms = 5\nodours = [5, 7]\nrepeats = 2\n";
    let mut table = String::from("time_ms,odour,concentration\n");
    for step in 0..60 {
        // The same ramp, row by row.
        let value = 0.2 + (3.0 - 0.2) * (f64::from(step - 20) / 39.0);
        let odour = if step < 20 {
            ",".to_owned()
        } else {
            format!("5,{value}")
        };
        table.push_str(&format!("{step},{odour}\n"));
    }
    let files = [
        ("ramp.toml", ramp),
        ("noise.toml", noise),
        ("train.toml", train),
        ("ramp.csv", &table),
    ];
    let folder = folder_with(&files);
    let json = |arguments: &[&str]| simulate(folder.path(), arguments).succeeded().json();
    let ramp = [
        "--odour",
        "5",
        "--pulse",
        "20:40",
        "--concentration",
        "0.2",
        "--ramp-to",
        "3",
    ];
    assert_eq!(json(&ramp), json(&["--course", "ramp.toml"]));
    assert_eq!(json(&ramp), json(&["--course", "ramp.csv"]));
    let noise = [
        "--odour",
        "5",
        "--duration",
        "50",
        "--fluctuation",
        "0.4:10",
    ];
    assert_eq!(json(&noise), json(&["--course", "noise.toml"]));
    let train = [
        "--odour",
        "5",
        "--pulse",
        "5:10",
        "--then",
        "7",
        "--gap",
        "5",
        "--repeats",
        "2",
        "--duration",
        "70",
    ];
    assert_eq!(json(&train), json(&["--course", "train.toml"]));
    let mixture = json(&["--mixture", "5,7", "--pulse", "0:30"]);
    assert_eq!(mixture["windows"][0]["components"], Value::from(vec![5, 7]));
    // Without --duration a trial ends with its last pulse, but is not shorter than the circuit's.
    assert_eq!(mixture["duration_ms"], 30.0);
    assert_eq!(
        json(&["--odour", "5", "--pulse", "50:30"])["duration_ms"],
        80.0
    );
}

fn threads() {
    let folder = folder_with(&[]);
    let recorded = |threads: &str| {
        let arguments = [
            "--odour",
            "5",
            "--pulse",
            "10:40",
            "--fluctuation",
            "0.3",
            "--trials",
            "40",
            "--record",
            "a.npz",
            "--record-trials",
            "3",
            "--threads",
            threads,
        ];
        let base = ["simulate", "--untrained", "--json"];
        let run = kenyon(folder.path(), &[&base[..], &LARVA, &arguments].concat());
        (run.succeeded().stdout, bytes(&folder.path().join("a.npz")))
    };
    assert!(recorded("1") == recorded("2"));
}

fn refused() {
    let overlapping = "duration_ms = 50\n\n[[segment]]\nonset_ms = 0\nduration_ms = 30\nodour = 1\n\n\
                       [[segment]]\nonset_ms = 20\nduration_ms = 10\nodour = 2\n";
    let folder = folder_with(&[
        ("overlap.toml", overlapping),
        (
            "odour.toml",
            "duration_ms = 50\n[[segment]]\nonset_ms = 0\nduration_ms = 30\nodour = \"vinegar\"\n",
        ),
        ("key.toml", "duration_ms = 50\n[[segment]]\nonset = 0\n"),
        ("text.toml", "not TOML"),
        ("channels.csv", "a,b\n1,2\n"),
        ("nan.csv", "odour,concentration\n1,1\n1,NaN\n"),
        ("pair.toml", PAIR),
        ("pair.txt", PAIR),
    ]);
    let course = |name: &str| simulate(folder.path(), &["--course", name]);
    course("overlap.toml").refused(&["overlap.toml", "line 8", "overlap"]);
    course("odour.toml").refused(&["odour.toml", "line 2", "\"vinegar\""]);
    course("key.toml").refused(&["key.toml", "line 3", "onset"]);
    course("text.toml").refused(&["text.toml", "line 1"]);
    course("channels.csv").refused(&["channels.csv", "row 1", "2 columns", "21 channels"]);
    course("nan.csv").refused(&["nan.csv", "row 3", "NaN"]);
    course("none.toml").refused(&["none.toml", "cannot read"]);
    course("pair.txt").refused(&["pair.txt", ".toml or .csv"]);
    let more = |arguments: &[&str]| {
        simulate(
            folder.path(),
            &[&["--course", "pair.toml"], arguments].concat(),
        )
    };
    more(&["--concentration", "2"]).refused(&["--concentration"]);
    for arguments in [["--odour", "5"], ["--pulse", "1:2"], ["--duration", "3"]] {
        assert_eq!(more(&arguments).code, Some(2), "{arguments:?}");
    }
    let odour =
        |arguments: &[&str]| simulate(folder.path(), &[&["--odour", "5"], arguments].concat());
    odour(&["--pulse=-1:5"]).refused(&["onset of --pulse", "-1 ms"]);
    odour(&["--pulse", "0:0"]).refused(&["no step"]);
    odour(&["--pulse", "0:1.5"]).refused(&["no whole number of steps"]);
    odour(&["--pulse", "10:50", "--duration", "40"]).refused(&["after the trial"]);
    odour(&["--duration", "1e9"]).refused(&["--duration", "between 0 and"]);
    odour(&["--duration", "0"]).refused(&["0 steps"]);
    odour(&["--ramp-to=-3"]).refused(&["concentration is -3"]);
    odour(&["--fluctuation", "0.3:0"]).refused(&["time constant"]);
    odour(&["--fluctuation", "nan"]).refused(&["standard deviation"]);
    odour(&["--pulse", "0:9", "--then", "vinegar"]).refused(&["\"vinegar\""]);
    for arguments in [
        &["--gap", "3"][..],
        &["--then", "3"],
        &["--pulse", "5"],
        &["--repeats", "0"],
    ] {
        assert_eq!(odour(arguments).code, Some(2), "{arguments:?}");
    }
    let many = ["--pulse", "0:1", "--repeats", "9000", "--trials", "1000000"];
    let base = ["simulate", "--untrained", "--odour", "5"];
    kenyon(folder.path(), &[&base[..], &LARVA, &many].concat())
        .refused(&["9000 windows", "GB of memory"]);
    odour(&["--duration", "100000", "--record", "a.npz"]).refused(&["GB of memory"]);
    odour(&["--duration", "100000", "--figure", "a.svg"]).refused(&["3000 steps", "shorter"]);
}
