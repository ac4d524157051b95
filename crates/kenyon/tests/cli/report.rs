//! `kenyon report`, and the reports that other commands end with.

use std::fs;

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;

use crate::bad_input::contents;
use crate::support::{LARVA, TINY_STUDY, finished_study, kenyon, trained};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("a_report_of_results", report)
        .test("a_study_ends_with_its_report", study)
        .test("no_report_of_what_is_not_there", refused)
        .test("a_trial_is_drawn", trial)
}

fn report() {
    let folder = TempDir::new().expect("a temporary folder");
    let results = finished_study().join("results/tiny");
    let before = contents(&results);
    let results = results.display().to_string();
    let run = kenyon(
        folder.path(),
        &["report", &results, "--out", "mine", "--json"],
    )
    .succeeded();
    let outcome = run.json();
    assert_eq!(outcome["report"], "mine/report.html");
    let names = outcome["figures"].as_array().expect("a list");
    assert!(names.iter().any(|name| name == "1_circuit"), "{names:?}");
    for name in names.iter().filter_map(Value::as_str) {
        for ending in ["svg", "pdf", "png"] {
            let file = folder.path().join(format!("mine/figures/{name}.{ending}"));
            assert!(file.is_file(), "{}", file.display());
        }
    }
    let page = fs::read_to_string(folder.path().join("mine/report.html")).expect("the page");
    assert!(page.contains("Statistical larva"));
    // Results are read, not touched.
    assert_eq!(contents(&finished_study().join("results/tiny")), before);
    let only = ["report", &results, "--out", "page", "--page-only"];
    kenyon(folder.path(), &only).succeeded();
    let written = fs::read_dir(folder.path().join("page/figures"));
    assert_eq!(written.map(Iterator::count).unwrap_or(0), 0);
}

fn study() {
    let folder = TempDir::new().expect("a temporary folder");
    fs::write(folder.path().join("tiny.toml"), TINY_STUDY).expect("the study file");
    let run = ["study", "run", "tiny.toml", "--quiet", "--json"];
    let run = kenyon(folder.path(), &[&run[..], &LARVA].concat()).succeeded();
    assert_eq!(run.json()["report"], "results/tiny/report.html");
    assert!(run.stdout.contains("report: results/tiny/report.html"));
    assert!(folder.path().join("results/tiny/report.html").is_file());
    // With the report the results are what they are without.
    let manifest =
        |root: &std::path::Path| fs::read(root.join("results/tiny/manifest.json")).expect("it");
    assert!(manifest(folder.path()) == manifest(finished_study()));
}

fn refused() {
    let folder = TempDir::new().expect("a temporary folder");
    kenyon(folder.path(), &["report", "nowhere"]).refused(&["nowhere holds no results of a study"]);
    let tiny = finished_study().join("results/tiny");
    fs::create_dir(folder.path().join("cut")).expect("a folder");
    for file in ["summary.json", "manifest.json", "study.json"] {
        let whole = fs::read(tiny.join(file)).expect(file);
        fs::write(
            folder.path().join("cut").join(file),
            &whole[..whole.len() / 2],
        )
        .expect(file);
    }
    kenyon(folder.path(), &["report", "cut"]).refused(&["cut/manifest.json", "damaged"]);
}

fn trial() {
    let folder = TempDir::new().expect("a temporary folder");
    let model = trained().join("run").display().to_string();
    let draw = |file: &str| {
        let base = [
            "simulate", &model, "--odour", "3", "--trials", "2", "--figure", file,
        ];
        kenyon(folder.path(), &[&base[..], &LARVA].concat())
    };
    for (file, beginning) in [
        ("one.svg", &b"<svg"[..]),
        ("one.pdf", b"%PDF-"),
        ("one.png", b"\x89PNG"),
    ] {
        draw(file).succeeded();
        let bytes = fs::read(folder.path().join(file)).expect(file);
        assert!(bytes.starts_with(beginning), "{file}");
    }
    draw("one.jpg").refused(&["--figure is one.jpg", ".svg, .pdf, .png"]);
    draw("no/one.svg").refused(&["there is no folder no"]);
}
