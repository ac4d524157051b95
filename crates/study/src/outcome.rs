//! What came of a study: figures, effects, the comparison with the publication, and one digest.

use std::path::Path;
use std::time::Instant;

use kenyon_analysis::headline::Figure;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::across::{ACROSS, Pair, across_pairs};
use crate::description::Description;
use crate::identity::hash_of;
use crate::plan::{Plan, Unit};
use crate::publication::{Judgement, Ours, Publication};
use crate::quantity::{Quantity, quantities};
use crate::store::{lock_folder, lock_folder_shared, write_json};
use crate::work::{CERTIFICATE, Effort, Event, Finished, Observer, prepare_teachers, work};
use crate::{Provenance, StudyError};

/// File of the [`Summary`] in the folder of a study.
pub const SUMMARY: &str = "summary.json";
/// File of the [`Description`] in the folder of a study.
pub const DESCRIPTION: &str = "study.json";
/// File with the hash of every other one in the folder of a study.
pub const MANIFEST: &str = "manifest.json";

/// The outcome, as written to `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the study.
    pub study: String,
    /// What it asks.
    pub about: String,
    /// Where the result came from.
    pub provenance: Provenance,
    /// Whether every unit was carried out.
    pub complete: bool,
    /// Units that were not, and why.
    pub failures: Vec<Failure>,
    /// The comparison with the publication, if the study is one of its.
    pub judgement: Option<Judgement>,
    /// The runs, in the order of experiments and seeds.
    pub runs: Vec<RunSummary>,
    /// Measurements of the models of several seeds together.
    pub across: Vec<AcrossSummary>,
    /// Figures over seeds, with their effects.
    pub quantities: Vec<Quantity>,
    /// SHA-256 over the digests of all runs and of all that was measured.
    pub digest: String,
}

/// A unit that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The unit.
    pub unit: String,
    /// Why.
    pub problem: String,
}

/// One run of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The unit.
    pub unit: String,
    /// The experiment.
    pub experiment: String,
    /// The seed.
    pub seed: u64,
    /// Folder below the study's.
    pub folder: String,
    /// Identity of the run.
    pub run_id: String,
    /// SHA-256 of the trained parameters.
    pub digest: String,
    /// What was measured.
    pub measurements: Vec<MeasurementSummary>,
}

/// A measurement of a run; all of it is in the run's folder, under its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasurementSummary {
    /// Its name.
    pub name: String,
    /// SHA-256 of its whole outcome.
    pub sha256: String,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// A measurement of several models together; all of it is in the experiment's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcrossSummary {
    /// The experiment.
    pub experiment: String,
    /// SHA-256 of its whole outcome.
    pub sha256: String,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// Seconds that a stage took; not part of what identifies a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The stage.
    pub stage: String,
    /// Seconds: of wall clock for stages that say so, otherwise of all threads together.
    pub seconds: f64,
}

/// What `manifest.json` says of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// The file, below the study's folder.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// With what a study is compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The published values.
    pub publication: Option<Publication>,
    /// Why the result is not to be judged, if so.
    pub not_judged: Option<String>,
}

/// Carries out a study and sums it up. Returns the outcome and how long the stages took.
///
/// A unit that fails does not stop the others; it is listed in [`Summary::failures`].
///
/// # Errors
/// If another process works in the folder, or the summary cannot be written. Finished units stay; the
/// next call goes on where this one stopped.
pub fn run(
    plan: &Plan,
    effort: Effort,
    comparison: &Comparison,
    observer: &Observer<'_>,
) -> Result<(Summary, Vec<Timing>), StudyError> {
    let _lock = lock_folder(&plan.folder)?;
    let units: Vec<&Unit> = plan.units.iter().collect();
    let start = Instant::now();
    let mut timings = Vec::new();
    observer(Event::Planned {
        training_trials: units.iter().map(|unit| unit.training_trials).sum(),
        units: units.len(),
    });
    if effort == Effort::Complete {
        let seconds = prepare_teachers(plan, &units, observer);
        timings.push(timing("training teachers, all threads", seconds));
    }
    let results = work(plan, &units, effort, observer);
    let worked = start.elapsed().as_secs_f64();
    timings.extend(work_timings(&results));
    timings.push(timing("runs, wall clock", worked));
    let mut finished = results.iter().flatten().peekable();
    let fresh = finished.peek().is_some() && finished.all(|finished| finished.fresh);
    let summary = sum_up(plan, results, effort, comparison)?;
    let total = start.elapsed().as_secs_f64();
    timings.push(timing(
        "measuring across seeds and statistics, wall clock",
        total - worked,
    ));
    timings.push(timing("total, wall clock", total));
    // Timings of a call that found some of it done would say nothing about the work.
    if fresh || effort == Effort::MeasureAgain {
        let file = match effort {
            Effort::MeasureAgain => "timings-measuring.json",
            Effort::Complete | Effort::Collect => "timings.json",
        };
        write_json(&plan.folder.join(file), &timings)?;
    }
    Ok((summary, timings))
}

/// Carries out some units of a study, side by side with other processes that do the same: the piece of
/// work that a job system executes. [`merge`] sums up.
///
/// # Errors
/// If a process that carries out the whole study works in the folder.
pub fn work_units(
    plan: &Plan,
    units: &[&Unit],
    observer: &Observer<'_>,
) -> Result<Vec<Failure>, StudyError> {
    let _lock = lock_folder_shared(&plan.folder)?;
    observer(Event::Planned {
        training_trials: units.iter().map(|unit| unit.training_trials).sum(),
        units: units.len(),
    });
    prepare_teachers(plan, units, observer);
    let results = work(plan, units, Effort::Complete, observer);
    Ok(failures(units.iter().copied(), &results))
}

/// Sums up a study whose units were carried out, without carrying out any.
///
/// # Errors
/// As [`run`].
pub fn merge(
    plan: &Plan,
    comparison: &Comparison,
    observer: &Observer<'_>,
) -> Result<Summary, StudyError> {
    let _lock = lock_folder(&plan.folder)?;
    let units: Vec<&Unit> = plan.units.iter().collect();
    let results = work(plan, &units, Effort::Collect, observer);
    sum_up(plan, results, Effort::Collect, comparison)
}

fn timing(stage: &str, seconds: f64) -> Timing {
    Timing {
        stage: stage.to_owned(),
        seconds,
    }
}

/// Seconds of training students and of each measurement, all threads together.
fn work_timings(results: &[Result<Finished, StudyError>]) -> Vec<Timing> {
    let finished = || results.iter().flatten();
    // `sum` of nothing is -0.
    let training = finished().fold(0.0, |sum, one| sum + one.training_seconds);
    let mut timings = vec![timing("training students, all threads", training)];
    for measurement in finished().flat_map(|one| &one.measurements) {
        let stage = format!("measurement \"{}\", all threads", measurement.name);
        match timings.iter_mut().find(|timing| timing.stage == stage) {
            Some(timing) => timing.seconds += measurement.seconds,
            None => timings.push(timing(&stage, measurement.seconds)),
        }
    }
    timings
}

fn failures<'u>(
    units: impl IntoIterator<Item = &'u Unit>,
    results: &[Result<Finished, StudyError>],
) -> Vec<Failure> {
    let pairs = units.into_iter().zip(results);
    pairs
        .filter_map(|(unit, result)| {
            result.as_ref().err().map(|problem| Failure {
                unit: unit.id.clone(),
                problem: problem.to_string(),
            })
        })
        .collect()
}

fn sum_up(
    plan: &Plan,
    results: Vec<Result<Finished, StudyError>>,
    effort: Effort,
    comparison: &Comparison,
) -> Result<Summary, StudyError> {
    let failures = failures(&plan.units, &results);
    let finished: Vec<Option<Finished>> = results.into_iter().map(Result::ok).collect();
    let across = across_seeds(plan, &finished, effort)?;
    let runs: Vec<RunSummary> = plan
        .units
        .iter()
        .zip(&finished)
        .filter_map(|(unit, one)| one.as_ref().map(|one| run_summary(plan, unit, one)))
        .collect();
    let quantities = quantities(plan, &finished)?;
    let judgement = comparison.publication.as_ref().map(|publication| {
        let reason = comparison.not_judged.clone();
        publication.judge(
            |published| {
                let found = quantities.iter().find(|one| {
                    one.family == published.experiment
                        && one.measurement == published.measurement
                        && one.figure == published.figure
                });
                found
                    .map(|one| Ours {
                        mean: one.mean,
                        std: Some(one.std),
                    })
                    .or_else(|| of_all_seeds(&across, published))
            },
            reason,
        )
    });
    let contents: Vec<(&str, &str, Vec<&str>)> = runs
        .iter()
        .map(|run| {
            let measured = run.measurements.iter();
            let measured = measured.map(|one| one.sha256.as_str()).collect();
            (run.unit.as_str(), run.digest.as_str(), measured)
        })
        .collect();
    let together: Vec<&str> = across.iter().map(|one| one.sha256.as_str()).collect();
    let digest = hash(&(contents, together), &plan.folder)?;
    let summary = Summary {
        study: plan.file.name.clone(),
        about: plan.file.about.clone(),
        provenance: plan.provenance.clone(),
        complete: failures.is_empty(),
        failures,
        judgement,
        runs,
        across,
        quantities,
        digest,
    };
    write_json(&plan.folder.join(SUMMARY), &summary)?;
    if let Some(description) = Description::new(plan) {
        write_json(&plan.folder.join(DESCRIPTION), &description)?;
    }
    write_manifest(plan, &summary)?;
    Ok(summary)
}

fn hash(value: &impl Serialize, folder: &Path) -> Result<String, StudyError> {
    hash_of(value).map_err(|source| StudyError::Json {
        path: folder.to_path_buf(),
        source,
    })
}

fn run_summary(plan: &Plan, unit: &Unit, finished: &Finished) -> RunSummary {
    RunSummary {
        unit: unit.id.clone(),
        experiment: plan.experiment_of(unit).name.clone(),
        seed: unit.seed,
        folder: unit.folder.clone(),
        run_id: unit.identity.run_id.clone(),
        digest: finished.digest.clone(),
        measurements: finished
            .measurements
            .iter()
            .map(|one| MeasurementSummary {
                name: one.name.clone(),
                sha256: one.sha256.clone(),
                figures: one.figures.clone(),
            })
            .collect(),
    }
}

/// A figure of all seeds together has a value but no spread over seeds.
fn of_all_seeds(across: &[AcrossSummary], published: &crate::Published) -> Option<Ours> {
    if published.measurement != ACROSS {
        return None;
    }
    let experiment = across
        .iter()
        .find(|one| one.experiment == published.experiment)?;
    let mut figures = experiment.figures.iter();
    figures
        .find(|figure| figure.name == published.figure)
        .map(|figure| Ours {
            mean: figure.value,
            std: None,
        })
}

/// Measures the models of all seeds together, for the experiments that ask for it and of which every
/// seed is there.
fn across_seeds(
    plan: &Plan,
    finished: &[Option<Finished>],
    effort: Effort,
) -> Result<Vec<AcrossSummary>, StudyError> {
    let mut all = Vec::new();
    for (index, experiment) in plan.experiments.iter().enumerate() {
        if !experiment.across_seeds {
            continue;
        }
        let units = || plan.units.iter().zip(finished);
        let own: Vec<(&Unit, &Finished)> = units()
            .filter(|(unit, _)| unit.experiment == index)
            .filter_map(|(unit, one)| one.as_ref().map(|one| (unit, one)))
            .collect();
        let pairs: Vec<Pair<'_>> = own
            .iter()
            .filter_map(|(unit, one)| {
                one.models.as_ref().map(|(teacher, student)| Pair {
                    teacher: teacher.as_ref(),
                    student,
                    digest: &one.digest,
                    teacher_id: (unit.teacher.as_ref()).map_or("", |teacher| &teacher.run_id),
                })
            })
            .collect();
        let Some((unit, _)) = own
            .first()
            .filter(|_| pairs.len() == experiment.seeds.len())
        else {
            continue;
        };
        let file = plan
            .folder
            .join(&experiment.name)
            .join(format!("{ACROSS}.json"));
        let again = effort == Effort::MeasureAgain;
        let metrics = across_pairs(plan.subject_of(unit), &pairs, plan.quick, again, &file)?;
        all.push(AcrossSummary {
            experiment: experiment.name.clone(),
            sha256: hash(&metrics, &plan.folder)?,
            figures: metrics.figures,
        });
    }
    Ok(all)
}

/// Lists every result file with its hash.
fn write_manifest(plan: &Plan, summary: &Summary) -> Result<(), StudyError> {
    let mut files = vec![SUMMARY.to_owned()];
    if !plan.units.is_empty() {
        files.push(DESCRIPTION.to_owned());
    }
    files.extend(
        summary
            .across
            .iter()
            .map(|one| format!("{}/{ACROSS}.json", one.experiment)),
    );
    for unit in &plan.units {
        let Some(run) = summary.runs.iter().find(|run| run.unit == unit.id) else {
            continue;
        };
        for file in ["run.json", "teacher.safetensors"] {
            files.extend((unit.teacher_folder.iter()).map(|folder| format!("{folder}/{file}")));
        }
        for file in ["run.json", "model.safetensors"] {
            files.push(format!("{}/{file}", unit.folder));
        }
        if plan.subject_of(unit).certificate.is_some() {
            files.push(format!("{}/{CERTIFICATE}", unit.folder));
        }
        let measured = run.measurements.iter();
        files.extend(measured.map(|one| format!("{}/{}.json", unit.folder, one.name)));
    }
    files.sort();
    files.dedup();
    let mut entries = Vec::new();
    for path in files {
        let full = plan.folder.join(&path);
        let bytes = std::fs::read(&full).map_err(|source| StudyError::File {
            action: "read",
            path: full.clone(),
            source,
        })?;
        let sha256 = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        entries.push(ManifestEntry { path, sha256 });
    }
    write_json(&plan.folder.join(MANIFEST), &entries)
}
