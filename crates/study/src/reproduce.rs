//! The main job: train and measure the canonical models, and judge them against the publication.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kenyon_analysis::{Model, mean, protocol};
use kenyon_circuit::{Interventions, Parameters};
use kenyon_learning::{
    Callbacks, Checkpoint, Existing, Kind, Monitor, Outcome, Phase, RunInputs, RunOptions,
    TrainingSettings, train,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::acceptance::{Acceptance, Judgement};
use crate::measure::{MeasurementPlan, ModelMetrics, Pair, across_pairs, measure};
use crate::store::{lock_folder, write_json};
use crate::{AcrossMetrics, Provenance, StudyError, Subject};

/// The publication's seeds.
pub const CANONICAL_SEEDS: [u64; 5] = [42, 43, 44, 45, 46];

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One teacher and one student each.
    pub seeds: Vec<u64>,
    /// Settings of the trainings; their seed is replaced.
    pub training: TrainingSettings,
    /// Fewer trials in the measurements; nothing is judged then.
    pub quick: bool,
    /// Why the result is not to be judged, if there is a reason besides those found here.
    pub not_judged: Option<String>,
    /// The folder of the study: `results/NAME`.
    pub folder: PathBuf,
}

/// Something happened; events of different seeds arrive from different threads.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// An epoch of a training is done.
    Epoch {
        /// The seed.
        seed: u64,
        /// Teacher or student.
        phase: Phase,
        /// Epochs done.
        done: usize,
        /// Epochs in all.
        of: usize,
    },
    /// A run is trained; `fresh` if it was trained now.
    Trained {
        /// The seed.
        seed: u64,
        /// Whether anything was trained now.
        fresh: bool,
    },
    /// A run is measured.
    Measured {
        /// The seed.
        seed: u64,
        /// Its figures.
        metrics: &'a ModelMetrics,
    },
}

/// Seconds that a stage took; not part of what identifies a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The stage.
    pub stage: String,
    /// Seconds of wall clock.
    pub seconds: f64,
}

/// One run of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The seed.
    pub seed: u64,
    /// Folder below the study's.
    pub folder: String,
    /// Identity of the run.
    pub run_id: String,
    /// SHA-256 of the trained parameters.
    pub digest: String,
    /// Figures under the names of the table of published values.
    pub figures: Vec<kenyon_analysis::headline::Figure>,
}

/// The outcome, as written to `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reproduction {
    /// Where the result came from.
    pub provenance: Provenance,
    /// The comparison with the publication.
    pub judgement: Judgement,
    /// The runs, in the order of the seeds.
    pub runs: Vec<RunSummary>,
    /// What was measured of all models together.
    pub across: AcrossMetrics,
    /// SHA-256 over the digests of all runs.
    pub digest: String,
}

/// What `manifest.json` says of each file.
#[derive(Serialize)]
struct ManifestEntry {
    path: String,
    sha256: String,
}

/// One seed's results.
struct Finished {
    run: RunSummary,
    teacher: Parameters,
    student: Parameters,
    seconds: [f64; 2],
    /// Whether anything was trained now.
    fresh: bool,
}

/// The metrics that a training records every 50 epochs (spec/training.md section 5.1).
#[must_use]
pub fn monitor_figures(subject: &Subject, seed: u64, monitor: &Monitor<'_>) -> serde_json::Value {
    let none = Interventions::default();
    let model = Model {
        network: &subject.network,
        parameters: monitor.parameters,
        roles: &subject.roles,
        interventions: &none,
    };
    let settings = protocol::MonitorSettings::canonical(seed);
    // A circuit without some of the measured parts has no such figures; training goes on.
    match protocol::monitor(&model, subject.odours.templates(), &settings) {
        Ok(figures) => serde_json::to_value(figures).unwrap_or_default(),
        Err(problem) => serde_json::json!({ "not_measured": problem.to_string() }),
    }
}

/// Trains and measures what is not finished and unchanged, and judges the means over the seeds.
/// Returns the outcome and how long the stages took.
///
/// # Errors
/// See [`StudyError`]. Finished runs stay; the next call goes on where this one stopped.
pub fn reproduce(
    subject: &Subject,
    plan: &Plan,
    observer: &(dyn Fn(Event<'_>) + Sync),
) -> Result<(Reproduction, Vec<Timing>), StudyError> {
    if plan.seeds.is_empty() {
        return Err(StudyError::Plan(
            "there is no seed to run; name at least one".to_owned(),
        ));
    }
    let mut unique = plan.seeds.clone();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() != plan.seeds.len() {
        return Err(StudyError::Plan(
            "a seed is named twice; every run needs its own".to_owned(),
        ));
    }
    let _lock = lock_folder(&plan.folder)?;
    let start = Instant::now();
    let finished = plan
        .seeds
        .par_iter()
        .map(|&seed| run_seed(subject, plan, seed, observer))
        .collect::<Result<Vec<_>, _>>()?;
    let runs_done = start.elapsed().as_secs_f64();
    let pairs: Vec<Pair<'_>> = finished
        .iter()
        .map(|run| Pair {
            teacher: &run.teacher,
            student: &run.student,
            run_id: &run.run.run_id,
        })
        .collect();
    let across = across_pairs(
        subject,
        &pairs,
        plan.quick,
        &plan.folder.join("across.json"),
    )?;
    let values = means(&finished, &across);
    let judgement = Acceptance::canonical().judge(&values, reason(subject, plan));
    let digests: Vec<&str> = finished.iter().map(|run| run.run.digest.as_str()).collect();
    let outcome = Reproduction {
        provenance: subject.provenance(),
        judgement,
        digest: crate::identity::hash_of(&digests).map_err(|source| StudyError::Json {
            path: plan.folder.clone(),
            source,
        })?,
        across,
        runs: finished.iter().map(|run| run.run.clone()).collect(),
    };
    write_json(&plan.folder.join("summary.json"), &outcome)?;
    write_manifest(&plan.folder, &outcome)?;
    let sum = |part: usize| finished.iter().map(|run| run.seconds[part]).sum::<f64>();
    let timing = |stage: &str, seconds: f64| Timing {
        stage: stage.to_owned(),
        seconds,
    };
    let timings = vec![
        timing("training, all seeds together", sum(0)),
        timing("measuring, all seeds together", sum(1)),
        timing("runs, wall clock", runs_done),
        timing(
            "measuring across seeds",
            start.elapsed().as_secs_f64() - runs_done,
        ),
        timing("total, wall clock", start.elapsed().as_secs_f64()),
    ];
    // Timings of a call that found everything done would say nothing about the work.
    if finished.iter().any(|run| run.fresh) {
        write_json(&plan.folder.join("timings.json"), &timings)?;
    }
    Ok((outcome, timings))
}

/// Why a result must not be judged.
fn reason(subject: &Subject, plan: &Plan) -> Option<String> {
    let canonical = TrainingSettings::default();
    let settings = TrainingSettings {
        seed: canonical.seed,
        ..plan.training.clone()
    };
    if let Some(reason) = &plan.not_judged {
        Some(reason.clone())
    } else if subject.manifest.statistical {
        Some("the statistical larva is no real animal".to_owned())
    } else if plan.quick || settings != canonical {
        Some("not the publication's settings (fewer epochs or trials)".to_owned())
    } else if plan.seeds != CANONICAL_SEEDS {
        Some("the bands hold for the mean over the seeds 42 to 46".to_owned())
    } else if subject.mapping != kenyon_connectome::ReceptorMapping::ByPosition {
        Some("the publication maps receptors by position, not by name".to_owned())
    } else if subject.circuit_sha256 != kenyon_circuit::Circuit::larva().hash() {
        Some("the circuit is not the publication's".to_owned())
    } else {
        None
    }
}

fn run_seed(
    subject: &Subject,
    plan: &Plan,
    seed: u64,
    observer: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Finished, StudyError> {
    let settings = TrainingSettings {
        seed,
        ..plan.training.clone()
    };
    let identity = subject.identity(&settings)?;
    let name = format!("seed{seed}-{}", &identity.run_id[..12]);
    let folder = plan.folder.join(&name);
    let inputs = RunInputs {
        identity: &identity,
        network: &subject.network,
        teacher: &subject.teacher,
        rule: &subject.rule,
        odours: &subject.odours,
    };
    let options = RunOptions {
        existing: Existing::Resume,
        ..RunOptions::default()
    };
    let start = Instant::now();
    let mut fresh = false;
    let mut callbacks = Callbacks {
        progress: &mut |progress| {
            fresh = true;
            observer(Event::Epoch {
                seed,
                phase: progress.phase,
                done: progress.record.epoch,
                of: progress.epochs,
            });
            ControlFlow::Continue(())
        },
        monitor: &mut |monitor| monitor_figures(subject, seed, monitor),
    };
    let outcome = train(&folder, &inputs, options, &mut callbacks)?;
    let Outcome::Complete(trained) = outcome else {
        return Err(StudyError::Plan(format!(
            "the training of seed {seed} was stopped"
        )));
    };
    let trained_after = start.elapsed().as_secs_f64();
    observer(Event::Trained { seed, fresh });
    let teacher = Checkpoint::read(
        subject.teacher.groups(),
        &folder.join("teacher.safetensors"),
        Kind::Teacher,
        Some(&identity.run_id),
    )
    .map_err(kenyon_learning::RunError::from)?
    .parameters;
    let measurements = if plan.quick {
        MeasurementPlan::quick(seed)
    } else {
        MeasurementPlan::canonical(seed)
    };
    let metrics = measure(
        subject,
        &trained.parameters,
        &trained.digest,
        trained.teacher_accuracy,
        &measurements,
        &folder.join("metrics.json"),
    )?;
    observer(Event::Measured {
        seed,
        metrics: &metrics,
    });
    let run = RunSummary {
        seed,
        folder: name,
        run_id: identity.run_id.clone(),
        digest: trained.digest.clone(),
        figures: metrics.figures,
    };
    let seconds = [trained_after, start.elapsed().as_secs_f64() - trained_after];
    Ok(Finished {
        run,
        teacher,
        student: trained.parameters,
        seconds,
        fresh,
    })
}

/// Mean and population standard deviation over seeds of every figure, and the figures of all
/// models together.
fn means(finished: &[Finished], across: &AcrossMetrics) -> Vec<(String, f64, Option<f64>)> {
    let mut values = Vec::new();
    for figure in &finished[0].run.figures {
        let of_seed = |run: &Finished| {
            run.run
                .figures
                .iter()
                .find(|other| other.name == figure.name)
                .map(|other| other.value)
        };
        let all: Vec<f64> = finished.iter().filter_map(of_seed).collect();
        // A figure that one seed lacks has no mean over the seeds.
        if all.len() == finished.len() {
            let center = mean(&all);
            let variance = all
                .iter()
                .map(|value| (value - center) * (value - center))
                .sum::<f64>()
                / all.len() as f64;
            values.push((figure.name.clone(), center, Some(variance.sqrt())));
        }
    }
    values.extend(
        across
            .figures
            .iter()
            .map(|figure| (figure.name.clone(), figure.value, None)),
    );
    values
}

/// Lists every result file with its hash.
fn write_manifest(folder: &Path, outcome: &Reproduction) -> Result<(), StudyError> {
    use sha2::{Digest, Sha256};
    let mut files = vec!["across.json".to_owned(), "summary.json".to_owned()];
    for run in &outcome.runs {
        for file in [
            "run.json",
            "teacher.safetensors",
            "model.safetensors",
            "metrics.json",
        ] {
            files.push(format!("{}/{file}", run.folder));
        }
    }
    let mut entries = Vec::new();
    for path in files {
        let full = folder.join(&path);
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
    write_json(&folder.join("manifest.json"), &entries)
}
