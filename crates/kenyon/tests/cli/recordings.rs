//! `kenyon simulate --record`: what the files hold, and when none is written.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;
use zip::ZipArchive;

use crate::support::{LARVA, Run, bytes, kenyon, trained};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("recordings_hold_what_was_counted", counted)
        .test("tables_hold_what_the_arrays_do", tables)
        .test("recordings_are_the_same_for_all_threads", threads)
        .test("recordings_that_cannot_be_made", refused)
        .test("nothing_foreign_is_overwritten", foreign)
}

/// Simulates the shared model from a folder of its own.
fn simulate(folder: &Path, more: &[&str]) -> Run {
    let model = trained().join("run").display().to_string();
    let base = ["simulate", &model, "--odour", "5", "--json"];
    kenyon(folder, &[&base[..], &LARVA, more].concat())
}

/// Header and values of an array.
pub fn array(file: &Path, name: &str) -> (String, Vec<u8>) {
    let file = File::open(file).expect("the archive");
    let mut zip = ZipArchive::new(file).expect("a ZIP file");
    let mut bytes = Vec::new();
    let mut array = zip.by_name(&format!("{name}.npy")).expect("the array");
    array.read_to_end(&mut bytes).expect("its bytes");
    let end = bytes.iter().position(|&it| it == b'\n').expect("a header");
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00") && (end + 1) % 64 == 0);
    let header = String::from_utf8_lossy(&bytes[10..end])
        .trim_end()
        .to_owned();
    (header, bytes[end + 1..].to_vec())
}

/// The texts of an array of texts.
pub fn texts(file: &Path, name: &str) -> Vec<String> {
    let (header, bytes) = array(file, name);
    let (_, rest) = header.split_once("<U").expect("an array of texts");
    let (width, _) = rest.split_once('\'').expect("a width");
    let width: usize = width.parse().expect("a number");
    let character =
        |bytes: &[u8]| char::from_u32(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let text = |bytes: &[u8]| -> String {
        let characters = bytes
            .chunks(4)
            .map(|it| character(it).expect("a character"));
        characters.filter(|&it| it != '\0').collect()
    };
    bytes.chunks(4 * width).map(text).collect()
}

fn counted() {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = ["--trials", "3", "--record", "a.npz", "--record-trials", "3"];
    let run = simulate(folder.path(), &arguments).succeeded();
    assert!(run.stdout.contains("first 3 trials recorded in a.npz"));
    let result = run.json();
    assert_eq!(result["recorded_trials"], 3);
    let file = folder.path().join("a.npz");
    let (header, spikes) = array(&file, "spikes");
    assert_eq!(
        header,
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 30, 366, ), }"
    );
    let populations = texts(&file, "neuron_population");
    assert_eq!(populations.len(), 366);
    for population in result["populations"].as_array().expect("populations") {
        let name = population["name"].as_str().expect("a name");
        let own = spikes.iter().enumerate();
        let own = own.filter(|(index, _)| populations[index % 366] == name);
        let count: f64 = own.map(|(_, &spike)| f64::from(spike)).sum();
        let cells = populations.iter().filter(|&it| it == name).count() as f64;
        let rate_hz = count / (3.0 * cells * 0.03);
        let expected = population["rate_hz"].as_f64().expect("a rate");
        assert!(
            (rate_hz - expected).abs() < 1e-9,
            "{name}: {rate_hz} {expected}"
        );
    }
    let (header, voltage) = array(&file, "voltage_mV");
    assert!(header.contains("'<f4'") && header.contains("(3, 30, 366, )"));
    assert_eq!(voltage.len(), 4 * spikes.len());
    assert_eq!(array(&file, "axon_voltage_mV").1.len(), 4 * 3 * 30 * 144);
    assert!(array(&file, "current_pA/orn_to_pn").0.contains("(3, 30, "));
    assert!(
        array(&file, "vesicle_pool/orn_to_pn")
            .0
            .contains("(3, 30, 42, )")
    );
    assert_eq!(texts(&file, "odour").len(), 28);
    assert_eq!(texts(&file, "stimulus"), ["odour 5"]);
    assert_eq!(texts(&file, "intervention"), ["intact"]);
    let (header, probability) = array(&file, "probability");
    assert!(header.contains("'<f8'") && header.contains("(3, 28, )"));
    let numbers = probability
        .chunks(8)
        .map(|it| it.try_into().map(f64::from_le_bytes));
    let sum: f64 = numbers.map(|it| it.expect("eight bytes")).sum();
    assert!((sum - 3.0).abs() < 1e-9);
}

fn tables() {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = [
        "--trials",
        "2",
        "--record",
        "a.npz",
        "--record-csv",
        "out/a",
    ];
    // Once more: tables of an earlier recording may be replaced.
    let more = ["--silence", "PN", "--no-depression"];
    simulate(folder.path(), &arguments).succeeded();
    let run = simulate(folder.path(), &[&arguments[..], &more].concat()).succeeded();
    assert!(
        run.stdout
            .contains("first trial recorded in the tables of out/a")
    );
    let lines = |name: &str| -> Vec<String> {
        let text = fs::read_to_string(folder.path().join("out/a").join(name)).expect("a table");
        text.lines().map(str::to_owned).collect()
    };
    let spikes = lines("spikes.csv");
    assert_eq!(spikes[0], "trial,time_ms,population,neuron");
    let (_, counted) = array(&folder.path().join("a.npz"), "spikes");
    let sum: usize = counted.iter().map(|&spike| usize::from(spike)).sum();
    assert_eq!(spikes.len(), 1 + sum);
    assert!(!spikes.iter().any(|line| line.contains(",PN,")));
    let voltages = lines("voltages.csv");
    assert_eq!(voltages.len(), 1 + 30 * (366 + 144));
    assert!(
        voltages[1].starts_with("0,1.0,ORN,0,soma,-"),
        "{}",
        voltages[1]
    );
    assert!(
        voltages
            .last()
            .is_some_and(|line| line.starts_with("0,30.0,KC,143,axon,"))
    );
    assert_eq!(lines("activities.csv").len(), 1 + 30 * 2);
    assert_eq!(lines("pools.csv").len(), 1);
    assert!(lines("currents.csv").len() > 1000);
    let decisions = lines("decisions.csv");
    assert_eq!(decisions.len(), 1 + 28);
    assert_eq!(
        decisions.iter().filter(|line| line.ends_with(",1")).count(),
        1
    );
    let intervention = texts(&folder.path().join("a.npz"), "intervention");
    assert_eq!(intervention, ["silence PN, no depression"]);
    let names: Vec<_> = fs::read_dir(folder.path().join("out/a"))
        .expect("a folder")
        .collect();
    assert_eq!(names.len(), 8);
    assert_eq!(lines("input.csv").len(), 1 + 30 * 21);
    assert_eq!(lines("windows.csv").len(), 1);
}

fn threads() {
    let folder = TempDir::new().expect("a temporary folder");
    let recorded = |threads: &str| {
        let arguments = [
            "--trials",
            "20",
            "--record-trials",
            "18",
            "--record",
            "a.npz",
        ];
        simulate(
            folder.path(),
            &[&arguments[..], &["--threads", threads]].concat(),
        )
        .succeeded();
        bytes(&folder.path().join("a.npz"))
    };
    assert!(recorded("1") == recorded("2"));
}

fn refused() {
    let folder = TempDir::new().expect("a temporary folder");
    let few = |more: &[&str]| simulate(folder.path(), &[&["--trials", "2"], more].concat());
    few(&["--record-trials", "1"]).refused(&["--record-trials needs --record"]);
    few(&["--record", "a.npz", "--record-trials", "3"]).refused(&["3", "--trials is only 2"]);
    few(&["--record", "a.txt"]).refused(&["a.txt", ".npz"]);
    few(&["--record", "none/a.npz"]).refused(&["none/a.npz", "no folder none"]);
    fs::create_dir(folder.path().join("b.npz")).expect("a folder");
    few(&["--record", "b.npz"]).refused(&["b.npz", "is a folder"]);
    let many = ["--trials", "1000000", "--record-trials", "1000000"];
    for target in ["--record", "--record-csv"] {
        let arguments = [&many[..], &[target, "a.npz"]].concat();
        simulate(folder.path(), &arguments).refused(&["GB of memory", "--record-trials"]);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

fn foreign() {
    let folder = TempDir::new().expect("a temporary folder");
    let mine = folder.path().join("mine");
    fs::create_dir(&mine).expect("a folder");
    fs::write(mine.join("thesis.txt"), b"years").expect("a file");
    let arguments = |target| ["--trials", "1", "--record-csv", target];
    simulate(folder.path(), &arguments("mine")).refused(&["mine", "thesis.txt"]);
    assert_eq!(fs::read_dir(&mine).expect("the folder").count(), 1);
    simulate(folder.path(), &arguments("mine/thesis.txt")).refused(&["thesis.txt"]);
    assert_eq!(bytes(&mine.join("thesis.txt")), b"years");
    // A failure to record comes before any result.
    let run = simulate(folder.path(), &arguments("mine"));
    assert!(!run.stdout.contains("population"));
    let unrecorded = simulate(folder.path(), &["--trials", "1"])
        .succeeded()
        .json();
    assert_eq!(unrecorded["recorded_trials"], Value::from(0));
}
