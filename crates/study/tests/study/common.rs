//! Studies of about a second, and what they leave in their folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use kenyon_circuit::{Circuit, Parameters};
use kenyon_connectome::{DataSet, sample};
use kenyon_learning::{Checkpoint, Kind};
use kenyon_study::{
    Comparison, Effort, Event, Failure, Plan, StudyError, StudyFile, Summary, Unit, merge, run,
    work_units,
};
use tempfile::TempDir;

/// Seeds, settings and a measurement with which a run takes some milliseconds.
pub const HEAD: &str = r#"
name = "tiny"
seeds = [1, 2]

[training]
repeats = 1
teacher_epochs = 2
student_epochs = 2
test_repeats = 1

[measurement.brief]
kind = "reevaluation"
trials = 2
suppression = false
"#;

/// The canonical runs, an edit of the circuit, and a null model with two draws.
const TINY: &str = r#"
[circuit.no_ln_gaps.set]
"gap_junction.ln_ln.conductance_S" = { start = 1e-30, form = "log", precision = "double", learned = false }

[wiring.swaps]
kind = "null"
family = "degree_preserving_swaps"
connectomes = 2

[measurement.traces]
kind = "recordings"
odours = [0, 5, 99]
without = [["feedback"]]

[[experiment]]
name = "canonical"
measure = ["brief", "traces"]
across_seeds = true

[[experiment]]
name = "no_ln_gaps"
circuit = "no_ln_gaps"
measure = ["brief"]

[[experiment]]
name = "swaps"
wiring = "swaps"
measure = ["brief"]
"#;

/// Units of [`tiny`].
pub const UNITS: [&str; 8] = [
    "canonical/seed1",
    "canonical/seed2",
    "no_ln_gaps/seed1",
    "no_ln_gaps/seed2",
    "swaps/draw1/seed1",
    "swaps/draw1/seed2",
    "swaps/draw2/seed1",
    "swaps/draw2/seed2",
];

/// The larva drawn from summary statistics: needs no data.
pub fn larva() -> &'static DataSet {
    static LARVA: OnceLock<DataSet> = OnceLock::new();
    LARVA.get_or_init(|| sample::sample(1, 1).unwrap())
}

pub fn folder() -> TempDir {
    TempDir::new().unwrap()
}

/// The study that most tests carry out.
pub fn tiny(folder: &Path) -> Plan {
    plan(&format!("{HEAD}{TINY}"), folder)
}

pub fn plan(text: &str, folder: &Path) -> Plan {
    try_plan(text, folder).unwrap()
}

pub fn try_plan(text: &str, folder: &Path) -> Result<Plan, StudyError> {
    let file = StudyFile::parse(text)?;
    Plan::new(file, larva(), &Circuit::larva(), folder, true)
}

/// What was heard of a study while it was carried out.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    /// Units whose student was trained now, sorted.
    pub fresh: Vec<String>,
    /// Units that were finished, sorted.
    pub finished: Vec<String>,
    /// Epochs of any training.
    pub epochs: usize,
    /// Units that failed, sorted.
    pub failed: Vec<String>,
}

impl Heard {
    /// The outcome of some work, and what was heard meanwhile.
    pub fn during<T>(work: impl FnOnce(&(dyn Fn(Event<'_>) + Sync)) -> T) -> (T, Self) {
        let heard = Mutex::new(Self::default());
        let outcome = work(&|event| {
            let mut heard = heard.lock().unwrap();
            match event {
                Event::Planned { .. } => {}
                Event::Epoch { .. } => heard.epochs += 1,
                Event::Trained { unit, fresh } => {
                    if fresh {
                        heard.fresh.push(unit.id.clone());
                    }
                }
                Event::Finished { unit } => heard.finished.push(unit.id.clone()),
                Event::Failed { unit, .. } => heard.failed.push(unit.id.clone()),
            }
        });
        let mut heard = heard.into_inner().unwrap();
        heard.fresh.sort();
        heard.finished.sort();
        heard.failed.sort();
        (outcome, heard)
    }

    #[track_caller]
    pub fn trained_nothing(&self) {
        assert_eq!(self.fresh, [""; 0]);
        assert_eq!(self.epochs, 0);
    }
}

pub fn carry_out(plan: &Plan, effort: Effort) -> (Summary, Heard) {
    let (outcome, heard) =
        Heard::during(|observer| run(plan, effort, &Comparison::default(), observer));
    (outcome.unwrap().0, heard)
}

/// Carries out a study of which no unit may fail.
pub fn complete(plan: &Plan) -> (Summary, Heard) {
    let (summary, heard) = carry_out(plan, Effort::Complete);
    assert_eq!(summary.failures, []);
    assert!(summary.complete);
    (summary, heard)
}

pub fn sum_up(plan: &Plan) -> (Summary, Heard) {
    let (outcome, heard) = Heard::during(|observer| merge(plan, &Comparison::default(), observer));
    (outcome.unwrap(), heard)
}

/// Carries out the units of some identifiers, as one job of a job system does.
pub fn work(plan: &Plan, ids: &[&str]) -> Vec<Failure> {
    let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
    let units = plan.select(&ids).unwrap();
    work_units(plan, &units, &|_| ()).unwrap()
}

pub fn unit<'p>(plan: &'p Plan, id: &str) -> &'p Unit {
    plan.units.iter().find(|unit| unit.id == id).unwrap()
}

/// Every result file below a folder by its path: no locks, and no times, which may differ.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                collect(&path, &format!("{prefix}{name}/"), files);
            } else if name != ".lock" && !name.starts_with("timings") {
                files.insert(format!("{prefix}{name}"), fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    collect(folder, "", &mut all);
    all
}

#[track_caller]
pub fn same_files(folder: &Path, expected: &BTreeMap<String, Vec<u8>>) {
    let found = files(folder);
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

/// The files of [`tiny`], carried out without an interruption.
pub fn reference() -> &'static (Summary, BTreeMap<String, Vec<u8>>) {
    static REFERENCE: OnceLock<(Summary, BTreeMap<String, Vec<u8>>)> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let folder = folder();
        let (summary, _) = complete(&tiny(folder.path()));
        (summary, files(folder.path()))
    })
}

/// A folder with the files of [`reference`].
pub fn finished() -> TempDir {
    let folder = folder();
    for (name, bytes) in &reference().1 {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// The trained student of a unit.
pub fn student(plan: &Plan, unit: &Unit) -> Parameters {
    let groups = plan.subject_of(unit).network.table().groups();
    let file = plan.folder.join(&unit.folder).join("model.safetensors");
    let run_id = Some(unit.identity.run_id.as_str());
    Checkpoint::read(groups, &file, Kind::Model, run_id)
        .unwrap()
        .parameters
}
