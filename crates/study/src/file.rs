//! The study file: which runs differ from the canonical one, in what, and how they are measured.
//!
//! TOML with strict keys. Named parts (`[circuit.NAME]`, `[wiring.NAME]`, `[loss.NAME]`, `[task.NAME]`,
//! `[measurement.NAME]`) say what an edit is; each `[[experiment]]` chooses parts by name. Where it names
//! several parts of a kind, it stands for all their combinations. `canonical` is the name of what is
//! not edited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kenyon_connectome::ReceptorMapping;
use kenyon_connectome::null::Family;
use kenyon_learning::{Loss, TrainingSettings};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use crate::StudyError;
use crate::measurement::Measurement;
use crate::table::{OdourLabel, OdourResponses};

/// The name of what is not edited.
pub const CANONICAL: &str = "canonical";

/// A study, as its file declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyFile {
    /// Name of the study and of its folder of results.
    pub name: String,
    /// What it asks.
    #[serde(default)]
    pub about: String,
    /// One teacher and one student each.
    pub seeds: Vec<u64>,
    /// Settings of all trainings besides the seed and what experiments choose.
    #[serde(default)]
    pub training: TrainingSettings,
    /// Edits of the circuit, by name.
    #[serde(default)]
    pub circuit: BTreeMap<String, CircuitEdit>,
    /// Other wirings, by name.
    #[serde(default)]
    pub wiring: BTreeMap<String, Wiring>,
    /// Objectives besides the published ones, by name.
    #[serde(default)]
    pub loss: BTreeMap<String, Loss>,
    /// Sets of odours, by name.
    #[serde(default)]
    pub task: BTreeMap<String, Task>,
    /// Measurements besides the built-in ones, by name.
    #[serde(default)]
    pub measurement: BTreeMap<String, Measurement>,
    /// What is run.
    pub experiment: Vec<ExperimentEntry>,
}

/// An edit of the circuit file; removals are made first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircuitEdit {
    /// Values by dotted path, see [`kenyon_circuit::Circuit::edited`].
    #[serde(default)]
    pub set: toml::Table,
    /// Dotted paths of what is removed.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Where the contacts come from if not from the data as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wiring {
    /// The publication's shuffled connectome of the run's seed (spec/experiments.md section 4.3).
    PublishedShuffle {
        /// Which of the two possible tables, 14 or 28.
        dopaminergic_neurons: u32,
    },
    /// Connectomes drawn from a null model.
    Null {
        /// The family: its name, or a table with its name and parameters.
        #[serde(deserialize_with = "family")]
        family: Family,
        /// Pathways whose contacts are randomised; all that the circuit reads if empty.
        #[serde(default)]
        pathways: Vec<String>,
        /// How many connectomes are drawn.
        #[serde(default = "one")]
        connectomes: u32,
        /// Seed of the first; the next one has the next seed.
        #[serde(default = "first")]
        first_seed: u64,
    },
    /// The same contacts, but other neurons carry the sign of a group: as many, drawn among those that
    /// contact the group's target.
    Signs {
        /// The group of the circuit file.
        group: String,
        /// How many draws.
        #[serde(default = "one")]
        connectomes: u32,
        /// Seed of the first.
        #[serde(default = "first")]
        first_seed: u64,
    },
}

impl Wiring {
    /// How many connectomes are drawn, if that is to be chosen.
    const fn draws(&self) -> Option<u32> {
        match self {
            Self::PublishedShuffle { .. } => None,
            Self::Null { connectomes, .. } | Self::Signs { connectomes, .. } => Some(*connectomes),
        }
    }
}

fn family<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Family, D::Error> {
    #[derive(Serialize)]
    struct Named {
        name: String,
    }
    // The parser's own enum of both would say of a wrong name only that it is neither.
    let written = toml::Value::deserialize(deserializer)?;
    let written = match written {
        toml::Value::String(name) => toml::Value::try_from(Named { name }),
        other => Ok(other),
    };
    written
        .map_err(D::Error::custom)?
        .try_into()
        .map_err(D::Error::custom)
}

fn one() -> u32 {
    1
}

fn first() -> u64 {
    1
}

/// Which odours are told apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// These rows of the panel, the blank being row 0.
    Rows {
        /// The rows, in the order of the classes.
        rows: Vec<usize>,
    },
    /// A subset drawn for each seed; the publication's for its seeds (spec/experiments.md section 4.9).
    Subset {
        /// Number of odours.
        odours: usize,
    },
    /// The panel and as many synthetic odours, the publication's for each seed (section 4.9).
    WithSynthetic,
    /// The panel of the data; odours with the same label are one class.
    Labels {
        /// Table of odours and labels (CSV), relative to the study file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf>,
        /// The labels themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels: Option<Vec<OdourLabel>>,
    },
    /// A panel of odours of one's own.
    Panel {
        /// Table of odours and responses (CSV), relative to the study file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf>,
        /// Names of the channels, if the odours stand here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channels: Option<Vec<String>>,
        /// The odours themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        odours: Option<Vec<OdourResponses>>,
        /// Whether responses are model input between 0 and 1 already; otherwise they are spikes/s, which
        /// the data's limits normalise.
        #[serde(default)]
        normalised: bool,
        /// Table of odours and labels (CSV), relative to the study file; without labels every odour is
        /// a class of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels_file: Option<PathBuf>,
        /// The labels themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels: Option<Vec<OdourLabel>>,
    },
    /// Time courses of odours; no teacher is trained for them.
    Courses {
        /// File of labelled courses (TOML), relative to the study file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf>,
        /// The text of such a file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        courses: Option<String>,
        /// The task whose odours are presented, without labels; the panel of the data otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        odours: Option<Box<Task>>,
    },
}

/// One name or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Choice<T> {
    /// One.
    One(T),
    /// All of these, one after the other.
    Several(Vec<T>),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As with `family`, the parser's own enum would not say what is wrong.
        match toml::Value::deserialize(deserializer)? {
            several @ toml::Value::Array(_) => several.try_into().map(Self::Several),
            one => one.try_into().map(Self::One),
        }
        .map_err(D::Error::custom)
    }
}

impl<T> Choice<T> {
    /// The chosen ones.
    #[must_use]
    pub fn all(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

fn canonical() -> Choice<String> {
    Choice::One(CANONICAL.to_owned())
}

fn by_position() -> Choice<ReceptorMapping> {
    Choice::One(ReceptorMapping::ByPosition)
}

fn reevaluation() -> Vec<String> {
    vec!["reevaluation".to_owned()]
}

/// One experiment, or all combinations of the parts it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentEntry {
    /// Name of its folder of results.
    pub name: String,
    /// Where the publication reports it.
    #[serde(default)]
    pub section: String,
    /// What it asks.
    #[serde(default)]
    pub about: String,
    /// Seeds, if not those of the study.
    pub seeds: Option<Vec<u64>>,
    /// Edits of the circuit.
    #[serde(default = "canonical")]
    pub circuit: Choice<String>,
    /// Wirings.
    #[serde(default = "canonical")]
    pub wiring: Choice<String>,
    /// Objectives.
    #[serde(default = "canonical")]
    pub loss: Choice<String>,
    /// Sets of odours.
    #[serde(default = "canonical")]
    pub task: Choice<String>,
    /// How receptors are assigned to neurons.
    #[serde(default = "by_position")]
    pub mapping: Choice<ReceptorMapping>,
    /// Trained, and measured, without short-term depression.
    #[serde(default)]
    pub depression_off: bool,
    /// Which of several students of one teacher, see [`TrainingSettings::replicate`].
    #[serde(default)]
    pub replicate: u32,
    /// Records the metrics of spec/training.md section 5.1 during training.
    #[serde(default)]
    pub monitor: bool,
    /// Measurements of each model: built-in names, or names of the file.
    #[serde(default = "reevaluation")]
    pub measure: Vec<String>,
    /// Measures the models of all seeds together too (sections 2.9 to 2.11 and 4.2).
    #[serde(default)]
    pub across_seeds: bool,
    /// The experiment that effects are measured against.
    pub reference: Option<String>,
}

impl ExperimentEntry {
    /// The canonical experiment under another name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            section: String::new(),
            about: String::new(),
            seeds: None,
            circuit: canonical(),
            wiring: canonical(),
            loss: canonical(),
            task: canonical(),
            mapping: by_position(),
            depression_off: false,
            replicate: 0,
            monitor: false,
            measure: reevaluation(),
            across_seeds: false,
            reference: None,
        }
    }

    /// A list that stands for nothing would be a silent gap, and a value that is measured twice would
    /// pass for two.
    fn check_lists(&self, owner: &str) -> Result<(), StudyError> {
        let empty = [
            ("circuit", self.circuit.all().is_empty()),
            ("wiring", self.wiring.all().is_empty()),
            ("loss", self.loss.all().is_empty()),
            ("task", self.task.all().is_empty()),
            ("mapping", self.mapping.all().is_empty()),
        ];
        if let Some((list, _)) = empty.iter().find(|(_, empty)| *empty) {
            return Err(StudyError::Plan(format!(
                "{owner} has an empty list \"{list}\" and so stands for no run; leave the key out, or \
                 name at least one"
            )));
        }
        let mut before = self.measure.iter().enumerate();
        if let Some((_, name)) = before.find(|&(index, name)| self.measure[..index].contains(name))
        {
            return Err(StudyError::Plan(format!(
                "{owner} is measured by \"{name}\" twice; once is enough"
            )));
        }
        Ok(())
    }
}

impl StudyFile {
    /// Reads a study file.
    ///
    /// # Errors
    /// Faults of syntax with their line, and meaningless values; names are looked up when the study
    /// is planned.
    pub fn parse(text: &str) -> Result<Self, StudyError> {
        let file: Self = toml::from_str(text).map_err(|error| StudyError::Syntax {
            message: error.to_string(),
        })?;
        file.check()?;
        Ok(file)
    }

    /// Reads the tables that tasks name, relative to `folder`, and puts their content in place of their
    /// names: what is planned, hashed and stored does not depend on files any more.
    ///
    /// # Errors
    /// Tables that cannot be read or have a fault.
    pub fn read_tables(&mut self, folder: &Path) -> Result<(), StudyError> {
        for task in self.task.values_mut() {
            task.read_tables(folder)?;
        }
        Ok(())
    }

    /// Checks what can be seen in the file alone.
    ///
    /// # Errors
    /// Names that cannot be names of folders, seeds that are missing or named twice.
    pub(crate) fn check(&self) -> Result<(), StudyError> {
        folder_name("the study", &self.name)?;
        seeds("the study", &self.seeds)?;
        if self.experiment.is_empty() {
            return Err(StudyError::Plan(
                "the study has no [[experiment]]; add at least one".to_owned(),
            ));
        }
        for entry in &self.experiment {
            let owner = format!("experiment \"{}\"", entry.name);
            folder_name(&owner, &entry.name)?;
            if FILES_OF_STUDY.contains(&entry.name.as_str()) {
                return Err(StudyError::Plan(format!(
                    "{owner} has the name of a file of every study; give it another name"
                )));
            }
            if let Some(own) = &entry.seeds {
                seeds(&owner, own)?;
            }
            entry.check_lists(&owner)?;
        }
        for (name, wiring) in &self.wiring {
            if wiring.draws() == Some(0) {
                return Err(StudyError::Plan(format!(
                    "the wiring \"{name}\" has no connectome; draw at least one"
                )));
            }
        }
        for (name, measurement) in &self.measurement {
            if let Some(problem) = measurement.problem() {
                return Err(StudyError::Plan(format!(
                    "the measurement \"{name}\" {problem}"
                )));
            }
        }
        if let Some(name) =
            (self.measurement.keys()).find(|name| FILES_OF_RUN.contains(&name.as_str()))
        {
            return Err(StudyError::Plan(format!(
                "the measurement \"{name}\" has the name of a file of every run; give it another name"
            )));
        }
        let reserved = [
            self.circuit.keys().any(|name| name == CANONICAL),
            self.wiring.keys().any(|name| name == CANONICAL),
            self.loss.keys().any(|name| name == CANONICAL),
            self.task.keys().any(|name| name == CANONICAL),
        ];
        if reserved.contains(&true) {
            return Err(StudyError::Plan(format!(
                "\"{CANONICAL}\" is the name of what is not edited; give the edit another name"
            )));
        }
        let names = (self.circuit.keys())
            .chain(self.wiring.keys())
            .chain(self.loss.keys())
            .chain(self.task.keys())
            .chain(self.measurement.keys());
        for name in names {
            folder_name("a part of the study", name)?;
        }
        Ok(())
    }
}

/// What a measurement must not be called: its file would take the place of another.
const FILES_OF_RUN: [&str; 3] = ["run", "wiring", crate::ACROSS];
/// What an experiment must not be called: its folder would lie where a file belongs.
const FILES_OF_STUDY: [&str; 5] = [
    "summary.json",
    "study.json",
    "manifest.json",
    "timings.json",
    "timings-measuring.json",
];

/// Names become folders and parts of identities on every system.
fn folder_name(owner: &str, name: &str) -> Result<(), StudyError> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "_-.".contains(sign);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) || name == "teachers" {
        return Err(StudyError::Plan(format!(
            "{owner} is called \"{name}\"; a name has letters, digits, \"_\", \"-\" and \".\", does \
             not start with a dot and is not \"teachers\""
        )));
    }
    Ok(())
}

fn seeds(owner: &str, seeds: &[u64]) -> Result<(), StudyError> {
    if seeds.is_empty() {
        return Err(StudyError::Plan(format!(
            "{owner} has no seed; name at least one"
        )));
    }
    let mut unique = seeds.to_vec();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() == seeds.len() {
        Ok(())
    } else {
        Err(StudyError::Plan(format!(
            "{owner} names a seed twice; every run needs its own"
        )))
    }
}
