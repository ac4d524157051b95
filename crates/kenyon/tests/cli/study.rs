//! `kenyon study` and `kenyon reproduce --all`: what they print, and that pieces make the whole.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use kenyon_testing::Suite;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    KENYON, LARVA, Run, TINY_STUDY, UNITS_OF_TINY, finished_study, isolated, kenyon,
};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("a_study_is_planned_run_and_found_done", whole)
        .test("work_side_by_side_and_merge", pieces)
        .test("an_incomplete_study_is_exit_code_1", incomplete)
        .test("measure_again_trains_nothing", measure_again)
        .test("null_models_come_with_z_and_p", nulls)
        .test("studies_of_the_program_are_shown_and_planned", built_in)
        .test("two_processes_on_one_folder", two_processes)
        .test("the_whole_publication_without_models", no_models)
        .test_if(
            !cfg!(debug_assertions),
            "a release build; half a minute otherwise",
            "the_whole_publication_in_brief",
            publication,
        )
}

/// A folder with the study file.
fn with_tiny() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    fs::write(folder.path().join("tiny.toml"), TINY_STUDY).expect("the study file");
    folder
}

/// Runs a command on the study with `--json`, without the report, which has tests of its own.
fn tiny(folder: &Path, command: &str, more: &[&str]) -> Run {
    let report: &[&str] = match command {
        "run" | "merge" => &["--no-report"],
        _ => &[],
    };
    let base = ["study", command, "tiny.toml", "--json"];
    let arguments = [&base[..], report, more, &LARVA].concat();
    kenyon(folder, &arguments)
}

/// The result must have these keys and no others; scripts rely on them.
#[track_caller]
fn has_keys(result: &Value, keys: &[&str]) {
    let mut found: Vec<&String> = result.as_object().expect("an object").keys().collect();
    found.sort();
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    assert_eq!(found, keys);
}

const OUTCOME: [&str; 11] = [
    "study",
    "complete",
    "failures",
    "failed",
    "digest",
    "folder",
    "report",
    "statistical_larva",
    "timings",
    "quantities",
    "rows",
];

fn digest() -> String {
    let summary = fs::read(finished_study().join("results/tiny/summary.json"));
    let summary: Value = serde_json::from_slice(&summary.expect("the summary")).expect("JSON");
    summary["digest"].as_str().expect("a digest").to_owned()
}

fn whole() {
    let folder = with_tiny();
    let plan = tiny(folder.path(), "plan", &[]).succeeded();
    let result = plan.json();
    has_keys(&result, &["units", "to_do", "estimated_seconds", "threads"]);
    assert_eq!(result["units"], serde_json::json!(UNITS_OF_TINY));
    assert_eq!(result["to_do"], 6);
    assert!(result["estimated_seconds"].as_f64().expect("a number") > 0.0);
    assert!(
        plan.stdout.contains("6 of 6 units to do"),
        "{}",
        plan.stdout
    );
    let open = tiny(folder.path(), "status", &[]).succeeded().json();
    has_keys(&open, &["done", "units"]);
    assert_eq!(
        (&open["done"], &open["units"][5]["progress"]),
        (&0.into(), &"open".into())
    );
    assert!(
        !folder.path().join("results").exists(),
        "nothing is written yet"
    );

    let run = tiny(folder.path(), "run", &[]).succeeded();
    assert!(
        run.stdout
            .contains("study \"tiny\": 6 units of 5 experiments")
    );
    assert!(run.stderr.contains("STATISTICAL LARVA") && run.stdout.contains("STATISTICAL LARVA"));
    assert!(
        run.stderr.contains("swaps/draw2/seed2 measured"),
        "{}",
        run.stderr
    );
    let result = run.json();
    has_keys(&result, &OUTCOME);
    assert_eq!(
        (&result["study"], &result["complete"]),
        (&"tiny".into(), &true.into())
    );
    assert_eq!(
        (&result["failed"], &result["failures"]),
        (&0.into(), &Value::Array(vec![]))
    );
    assert_eq!(
        (&result["folder"], &result["statistical_larva"]),
        (&"results/tiny".into(), &true.into())
    );
    assert_eq!(
        (result["digest"].as_str(), &result["rows"]),
        (Some(&digest()[..]), &Value::Null)
    );
    let stages = result["timings"].as_array().expect("a list");
    assert!(stages.iter().all(|one| {
        one["seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds >= 0.0)
    }));

    let done = tiny(folder.path(), "status", &[]).succeeded();
    assert_eq!(done.json()["done"], 6);
    assert!(done.stdout.contains("6 of 6 units done"));
    assert_eq!(
        tiny(folder.path(), "plan", &[]).succeeded().json()["to_do"],
        0
    );
    let again = tiny(folder.path(), "run", &[]).succeeded();
    let mut trained = again
        .stderr
        .lines()
        .filter(|line| line.ends_with(" trained"));
    assert!(
        trained.all(|line| line.ends_with(" found trained")),
        "{}",
        again.stderr
    );
    assert!(!again.stderr.contains("student 1/"), "{}", again.stderr);
    assert_eq!(again.json()["quantities"], result["quantities"]);
    assert_eq!(again.json()["digest"], result["digest"]);
    // The same in another folder, with one thread.
    let other = tiny(folder.path(), "run", &["--out", "other", "--threads", "1"]).succeeded();
    assert_eq!(other.json()["digest"], result["digest"]);
    assert_eq!(
        fs::read(folder.path().join("other/manifest.json")).expect("a manifest"),
        fs::read(folder.path().join("results/tiny/manifest.json")).expect("a manifest")
    );
}

fn started(folder: &Path, command: &str, more: &[&str]) -> Child {
    isolated(KENYON, folder)
        .args(["study", command, "tiny.toml", "--json", "--threads", "1"])
        .args(more)
        .args(LARVA)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be started")
}

fn ended(child: Child) -> Run {
    let output = child.wait_with_output().expect("the command ends");
    let run = Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

fn pieces() {
    let folder = with_tiny();
    // Students of both share a teacher, which one of the processes trains.
    let ids = ["swaps,canonical/seed2", "no_ln_gaps/seed1,canonical/seed1"];
    let jobs = ids.map(|ids| started(folder.path(), "work", &["--ids", ids]));
    let mut units = 0;
    for job in jobs {
        let result = ended(job).succeeded().json();
        has_keys(&result, &["units", "failures", "folder"]);
        assert_eq!(result["failures"], Value::Array(vec![]));
        units += result["units"].as_array().expect("a list").len();
    }
    assert_eq!(units, UNITS_OF_TINY.len() - 1);
    // A canonical unit that is another's twin is done already, but for its own measurements.
    let merged = tiny(folder.path(), "merge", &[]);
    assert_eq!(merged.code, Some(1), "{}", merged.stdout);
    let twin = UNITS_OF_TINY[5];
    assert_eq!(merged.json()["failures"][0]["unit"], twin);
    let work = tiny(folder.path(), "work", &["--ids", twin]).succeeded();
    assert!(work.stdout.contains("1 of 1 units done"), "{}", work.stdout);
    let merged = tiny(folder.path(), "merge", &[]).succeeded();
    has_keys(&merged.json(), &OUTCOME);
    assert_eq!(merged.json()["digest"], digest());
    for file in ["summary.json", "manifest.json"] {
        let read = |root: &Path| fs::read(root.join("results/tiny").join(file)).expect(file);
        assert!(
            read(folder.path()) == read(finished_study()),
            "{file} differs"
        );
    }
}

fn incomplete() {
    let folder = with_tiny();
    let merged = tiny(folder.path(), "merge", &[]);
    assert_eq!(merged.code, Some(1), "{}", merged.stderr);
    let result = merged.json();
    assert_eq!(
        (&result["complete"], &result["failed"]),
        (&false.into(), &6.into())
    );
    assert!(
        merged.stdout.contains("6 units failed"),
        "{}",
        merged.stdout
    );
    assert!(
        merged
            .stdout
            .contains(&format!("FAILED {}: ", UNITS_OF_TINY[0]))
    );

    tiny(folder.path(), "run", &["--quiet"]).succeeded();
    let status = tiny(folder.path(), "status", &[]).succeeded().json();
    let broken = status["units"][0]["folder"].as_str().expect("a folder");
    let broken = folder
        .path()
        .join("results/tiny")
        .join(broken)
        .join("model.safetensors");
    fs::write(&broken, b"no model").expect("the file can be written");
    for command in ["run", "work"] {
        let ids = ["--ids", "canonical"];
        let more = if command == "work" { &ids[..] } else { &[] };
        let run = tiny(folder.path(), command, more);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        let result = run.json();
        assert_eq!(result["failures"].as_array().map(Vec::len), Some(1));
        assert_eq!(result["failures"][0]["unit"], UNITS_OF_TINY[0]);
        let line = format!("FAILED {}: ", UNITS_OF_TINY[0]);
        let line = run.stdout.lines().find(|shown| shown.starts_with(&line));
        assert!(
            line.expect("the failure is shown")
                .contains("model.safetensors")
        );
    }
    fs::remove_file(broken).expect("the file can be removed");
    assert_eq!(
        tiny(folder.path(), "run", &[]).succeeded().json()["digest"],
        digest()
    );
}

fn measure_again() {
    let folder = with_tiny();
    tiny(folder.path(), "run", &["--quiet"]).succeeded();
    let run = tiny(folder.path(), "run", &["--measure-again"]).succeeded();
    assert_eq!(run.json()["digest"], digest());
    assert!(run.stderr.contains("found trained") && !run.stderr.contains("student "));
    assert!(
        folder
            .path()
            .join("results/tiny/timings-measuring.json")
            .exists()
    );
    // Nothing there: every unit is reported, none is trained.
    let run = tiny(folder.path(), "run", &["--measure-again", "--out", "empty"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(run.json()["failed"], 6);
    assert!(!run.stderr.contains("student "), "{}", run.stderr);
}

fn nulls() {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = [
        "study",
        "nulls",
        "--no-report",
        "--family",
        "erdos_renyi,signs",
        "--count",
        "2",
        "--seeds",
        "1",
        "--epochs",
        "1",
        "--teacher-epochs",
        "1",
        "--measure",
        "after_training",
        "--json",
    ];
    let run = kenyon(folder.path(), &[&arguments[..], &LARVA].concat()).succeeded();
    let result = run.json();
    has_keys(&result, &OUTCOME);
    assert_eq!(
        result["folder"],
        "results/nulls-erdos_renyi-signs-seeds1-epochs1_1"
    );
    let quantities = result["quantities"].as_array().expect("a list");
    let of = |family: &str| -> Vec<&Value> {
        quantities
            .iter()
            .filter(|one| one["family"] == family)
            .collect()
    };
    assert!(of("canonical").iter().all(|one| one["effect"].is_null()));
    for family in ["erdos_renyi", "signs"] {
        assert!(!of(family).is_empty());
        for one in of(family) {
            assert_eq!(one["samples"].as_array().map(Vec::len), Some(2));
            // What nothing here can change, such as a sum of the input, is no comparison.
            if one["effect"].is_null() {
                assert_eq!(one["std"], 0.0, "{one}");
                continue;
            }
            assert_eq!(one["effect"]["reference"], "canonical");
            // One above and one below, or the same side of both.
            let p = one["effect"]["p"].as_f64().expect("a number");
            assert!((p - 2.0 / 3.0).abs() < 1e-12 || p == 1.0, "{p}");
        }
        let with_z = |one: &&Value| one["effect"]["z"].is_number();
        assert!(of(family).iter().any(with_z), "{family}");
    }
    for heading in ["95 % interval", "difference", "p (Holm)"] {
        assert!(run.stdout.contains(heading), "{heading}");
    }
}

fn built_in() {
    let folder = TempDir::new().expect("a temporary folder");
    for study in kenyon_study::BuiltIn::ALL {
        let name = study.name();
        let shown = kenyon(folder.path(), &["study", "show", name])
            .succeeded()
            .stdout;
        let own = format!("my_{name}.toml");
        fs::write(folder.path().join(&own), &shown).expect("a copy");
        // Two studies of one name would share a folder of results.
        let status = [&["study", "status", &own][..], &LARVA].concat();
        kenyon(folder.path(), &status).refused(&["give it another name"]);
        let renamed = shown.replacen(
            &format!("name = \"{name}\""),
            &format!("name = \"my_{name}\""),
            1,
        );
        fs::write(folder.path().join(&own), renamed).expect("a copy");
        // What is shown is a study file, and means the same.
        let [units, copied] = [name, &own].map(|study| {
            let status = ["study", "status", study, "--json"];
            let status = kenyon(folder.path(), &[&status[..], &LARVA].concat()).succeeded();
            let units = status.json()["units"].as_array().expect("a list").clone();
            units
                .into_iter()
                .map(|unit| unit["unit"].clone())
                .collect::<Vec<_>>()
        });
        assert_eq!(units, copied);
        match name {
            "reproduce" => assert_eq!(units.len(), 5),
            "paper" => assert_eq!(units.len(), 100),
            _ => assert!(!units.is_empty(), "{name}"),
        }
    }
    // A file of that name comes first.
    let own = TINY_STUDY.replace("name = \"tiny\"", "name = \"mine\"");
    fs::write(folder.path().join("paper"), own).expect("the study file");
    let plan = ["study", "plan", "paper", "--json"];
    let plan = kenyon(folder.path(), &[&plan[..], &LARVA].concat()).succeeded();
    assert_eq!(plan.json()["units"], serde_json::json!(UNITS_OF_TINY));
}

fn two_processes() {
    let folder = with_tiny();
    let results = folder.path().join("results/tiny");
    {
        let _at_work = kenyon_study::lock_folder(&results).expect("the lock");
        for (command, more) in [
            ("run", &[][..]),
            ("merge", &[]),
            ("work", &["--ids", "swaps"]),
        ] {
            tiny(folder.path(), command, more)
                .refused(&["another process is working in", "results/tiny"]);
        }
        // Looking is allowed.
        assert_eq!(
            tiny(folder.path(), "status", &[]).succeeded().json()["done"],
            0
        );
        tiny(folder.path(), "plan", &[]).succeeded();
    }
    let both = [0, 1].map(|_| started(folder.path(), "run", &["--quiet"]));
    let both = both.map(ended);
    let ended_well = both.iter().filter(|run| run.code == Some(0)).count();
    assert!(ended_well >= 1, "{} {}", both[0].stderr, both[1].stderr);
    for run in both {
        if run.code == Some(0) {
            assert_eq!(run.json()["digest"], digest());
        } else {
            run.refused(&["another process is working in"]);
        }
    }
    assert_eq!(
        tiny(folder.path(), "run", &[]).succeeded().json()["digest"],
        digest()
    );
}

/// `reproduce --all` on the statistical larva with `--json` and more.
fn reproduce_all(more: &[&str]) -> Run {
    let folder = TempDir::new().expect("a temporary folder");
    let arguments = [
        "reproduce",
        "--all",
        "--quick",
        "--quiet",
        "--no-report",
        "--json",
    ];
    let run = kenyon(folder.path(), &[&arguments, more, &LARVA].concat());
    let result = run.json();
    assert_eq!(
        result["not_judged_because"],
        "the statistical larva is no real animal"
    );
    assert_eq!(result["folder"], "results/quick-paper-statistical3x1");
    assert_eq!(
        (&result["passed"], &result["failed"], &result["tolerated"]),
        (&0.into(), &0.into(), &0.into())
    );
    let rows = result["rows"].as_array().expect("a list");
    assert_eq!(result["not_judged"], rows.len());
    assert_eq!(rows.len(), kenyon_study::Publication::whole().rows.len());
    assert!(rows.iter().all(|row| row["verdict"] == "not_judged"));
    assert!(
        run.stdout.contains("not judged: the statistical larva"),
        "{}",
        run.stdout
    );
    run
}

fn no_models() {
    let run = reproduce_all(&["--measure-again"]);
    // Not judged, but units failed.
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let result = run.json();
    assert_eq!(result["complete"], false);
    assert_eq!(result["failures"].as_array().map(Vec::len), Some(20));
    let rows = result["rows"].as_array().expect("a list");
    assert!(rows.iter().all(|row| row["ours"].is_null()));
}

fn publication() {
    let run = reproduce_all(&[]).succeeded();
    assert_eq!(run.json()["complete"], true);
}
