//! A study made ready: every run with its identity, its folder and what it costs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kenyon_circuit::Circuit;
use kenyon_connectome::{DataSet, ReceptorMapping};
use kenyon_learning::{RunError, RunIdentity, TrainingSettings};
use rayon::prelude::*;

use crate::StudyError;
use crate::experiment::{Experiment, experiments};
use crate::file::{CANONICAL, StudyFile};
use crate::subject::{Edits, Provenance, Subject};

/// Where the results of a study lie if nothing else is asked for.
pub const RESULTS: &str = "results";
/// Folder of the teachers below the study's.
const TEACHERS: &str = "teachers";
/// Digits of an identity that a folder's name shows.
const SHOWN_DIGITS: usize = 12;

/// A study whose names are looked up, circuits compiled and runs identified.
pub struct Plan {
    /// The file.
    pub file: StudyFile,
    /// The experiments.
    pub experiments: Vec<Experiment>,
    /// The runs, in the order of experiments and seeds.
    pub units: Vec<Unit>,
    /// What the runs are about; several share one.
    pub subjects: Vec<Subject>,
    /// Where all of it comes from.
    pub provenance: Provenance,
    /// Whether fewer trials are measured.
    pub quick: bool,
    /// Folder of the results.
    pub folder: PathBuf,
}

/// One run: a student, its teacher, and what is measured of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// `EXPERIMENT/seedN`.
    pub id: String,
    /// Index of its experiment.
    pub experiment: usize,
    /// Seed of all its random numbers.
    pub seed: u64,
    /// Index of its subject.
    pub subject: usize,
    /// Identity of the student, settings included.
    pub identity: RunIdentity,
    /// Identity of its teacher, if the circuit has one.
    pub teacher: Option<RunIdentity>,
    /// Trials that the student is trained on; what training costs is in proportion to them.
    pub training_trials: u64,
    /// Folder of the student, below the study's.
    pub folder: String,
    /// Folder of its teacher, below the study's.
    pub teacher_folder: Option<String>,
}

impl Plan {
    /// Makes a study ready.
    ///
    /// `base` is the circuit that edits start from; `quick` measures fewer trials.
    ///
    /// # Errors
    /// Names that are not there, edits that do not fit, null models that cannot be drawn.
    pub fn new(
        file: StudyFile,
        data: &DataSet,
        base: &Circuit,
        folder: &Path,
        quick: bool,
    ) -> Result<Self, StudyError> {
        // A file that was put together or changed in memory was never parsed.
        file.check()?;
        let experiments = experiments(&file, base)?;
        let mut circuits = BTreeMap::from([(CANONICAL, base.clone())]);
        for (name, edit) in &file.circuit {
            let set: Vec<(String, toml::Value)> = edit.set.clone().into_iter().collect();
            let edited = base.edited(&set, &edit.remove).map_err(|source| {
                StudyError::Plan(format!(
                    "the circuit edit \"{name}\" cannot be made: {source}"
                ))
            })?;
            circuits.insert(name, edited);
        }

        // Runs of one subject share its compiled form; null models make many subjects.
        let mut keys: Vec<(usize, Option<u64>)> = Vec::new();
        let mut places: Vec<(usize, u64, usize)> = Vec::new();
        for (index, experiment) in experiments.iter().enumerate() {
            for &seed in &experiment.seeds {
                let own_seed = experiment.drawn_by_seed().then_some(seed);
                let same = |&(other, other_seed): &(usize, Option<u64>)| {
                    other_seed == own_seed && same_subject(&experiments[other], experiment)
                };
                let subject = keys.iter().position(same).unwrap_or_else(|| {
                    keys.push((index, own_seed));
                    keys.len() - 1
                });
                places.push((index, seed, subject));
            }
        }
        let subjects = keys
            .par_iter()
            .map(|&(index, seed)| {
                let experiment = &experiments[index];
                let edits = Edits {
                    wiring: experiment.wiring.as_ref(),
                    task: experiment.task.as_ref(),
                    described: None,
                    seed: seed.unwrap_or_default(),
                };
                let circuit = &circuits[experiment.circuit.as_str()];
                Subject::edited(data, circuit, experiment.mapping, edits)
            })
            // Of several errors the first one is reported, not that of the fastest thread.
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;

        let mut folders: BTreeMap<String, String> = BTreeMap::new();
        let units = places
            .into_iter()
            .map(|(index, seed, subject)| {
                let experiment = &experiments[index];
                let settings = TrainingSettings {
                    seed,
                    ..experiment.training.clone()
                };
                let stimuli = subjects[subject].labelled().count();
                // Every run would fail by itself, but only once it is trained.
                let sound = settings.check(stimuli).map_err(RunError::from);
                sound
                    .and_then(|()| Ok(settings.loss.check(&subjects[subject].network)?))
                    .map_err(|problem| {
                        StudyError::Plan(format!("experiment \"{}\": {problem}", experiment.name))
                    })?;
                if let Some(reason) = subjects[subject]
                    .not_the_published_task()
                    .filter(|_| experiment.across_seeds)
                {
                    return Err(StudyError::Plan(format!(
                        "experiment \"{}\" has across_seeds, which compares models odour by odour as the \
                         publication does, but {reason}; leave across_seeds out",
                        experiment.name
                    )));
                }
                let identity = subjects[subject].identity(&settings)?;
                let teacher = subjects[subject].teacher_identity(&settings)?;
                // Checked above: trials of all epochs are fewer than noise addresses.
                let trials = settings.student_epochs * settings.repeats * stimuli;
                let short = &identity.run_id[..SHOWN_DIGITS];
                // The same run under two names is trained once.
                let folder = folders
                    .entry(identity.run_id.clone())
                    .or_insert_with(|| format!("{}/seed{seed}-{short}", experiment.name))
                    .clone();
                Ok(Unit {
                    id: format!("{}/seed{seed}", experiment.name),
                    experiment: index,
                    seed,
                    subject,
                    teacher_folder: teacher.as_ref().map(|teacher| {
                        format!("{TEACHERS}/seed{seed}-{}", &teacher.run_id[..SHOWN_DIGITS])
                    }),
                    training_trials: trials as u64,
                    identity,
                    teacher,
                    folder,
                })
            })
            .collect::<Result<Vec<_>, StudyError>>()?;
        Ok(Self {
            provenance: Provenance::new(data, base),
            file,
            experiments,
            units,
            subjects,
            quick,
            folder: folder.to_path_buf(),
        })
    }

    /// The experiment of a unit.
    #[must_use]
    pub fn experiment_of(&self, unit: &Unit) -> &Experiment {
        &self.experiments[unit.experiment]
    }

    /// The subject of a unit.
    #[must_use]
    pub fn subject_of(&self, unit: &Unit) -> &Subject {
        &self.subjects[unit.subject]
    }

    /// The units of these identifiers. An identifier of an experiment or family stands for all its
    /// units.
    ///
    /// # Errors
    /// Identifiers that stand for nothing.
    pub fn select(&self, ids: &[String]) -> Result<Vec<&Unit>, StudyError> {
        let stands_for = |id: &str, unit: &Unit| {
            let experiment = self.experiment_of(unit);
            unit.id == id || experiment.name == id || experiment.family == id
        };
        for id in ids {
            if !self.units.iter().any(|unit| stands_for(id, unit)) {
                return Err(StudyError::Plan(format!(
                    "the study has no unit \"{id}\"; `kenyon study plan` lists them, the first is \"{}\"",
                    self.units.first().map_or("", |unit| unit.id.as_str())
                )));
            }
        }
        Ok(self
            .units
            .iter()
            .filter(|unit| ids.iter().any(|id| stands_for(id, unit)))
            .collect())
    }

    /// Whether all runs have the canonical mapping, so that the whole study can be compared with the
    /// publication.
    #[must_use]
    pub fn by_position(&self) -> bool {
        let mut experiments = self.experiments.iter();
        experiments.all(|one| one.mapping == ReceptorMapping::ByPosition)
    }
}

/// Whether two experiments differ only in how they train and measure.
fn same_subject(a: &Experiment, b: &Experiment) -> bool {
    a.circuit == b.circuit && a.wiring == b.wiring && a.task == b.task && a.mapping == b.mapping
}
