//! What is trained: a connectome, a circuit, the odours, and how receptors are mapped to neurons.

use kenyon_analysis::Roles;
use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::{Connectome, DataSet, Manifest, ReceptorMapping};
use kenyon_learning::{
    Odours, RateTeacher, RunIdentity, TeacherRoles, TrainingSettings, TransferRule,
};
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::experiment::Draw;
use crate::file::Task;
use crate::identity::{ANALYSIS_CODE, MONITOR_CODE, TRAINING_CODE, hash_of};
use crate::wiring::{WiringCertificate, rewire};

/// A connectome and a circuit, compiled, with the odours to be told apart.
pub struct Subject {
    /// What the data were.
    pub manifest: Manifest,
    /// Hash of the circuit.
    pub circuit_sha256: String,
    /// Hash of the connectome, which a null model changes.
    pub connectome_sha256: String,
    /// Hash of the odours.
    pub odours_sha256: String,
    /// How receptor channels were assigned to neurons.
    pub mapping: ReceptorMapping,
    /// The student.
    pub network: Network,
    /// The teacher.
    pub teacher: RateTeacher,
    /// What the student takes over.
    pub rule: TransferRule,
    /// The odours.
    pub odours: Odours,
    /// Names of the odours, in the order of the classes.
    pub odour_names: Vec<String>,
    /// Which population plays which part in the metrics.
    pub roles: Roles,
    /// What a null model kept, if the wiring is one.
    pub certificate: Option<WiringCertificate>,
    /// Hash of the circuit's `[teacher]` table.
    teacher_sha256: String,
}

/// How a subject differs from data and circuit as they are.
#[derive(Clone, Copy, Default)]
pub struct Edits<'a> {
    /// Another wiring.
    pub wiring: Option<&'a Draw>,
    /// Other odours.
    pub task: Option<&'a Task>,
    /// Seed of the run, for wirings and tasks that each seed draws anew.
    pub seed: u64,
}

/// Where a result came from; part of every summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The data.
    pub data: Manifest,
    /// Hash of the circuit that edits start from.
    pub circuit_sha256: String,
    /// Hash of the sources that training depends on.
    pub training_code: String,
    /// Hash of the sources that metrics depend on.
    pub analysis_code: String,
    /// Version of the program.
    pub version: String,
}

/// Everything that determines the bytes of a trained model.
#[derive(Serialize)]
struct Determinants<'a> {
    data: &'a str,
    connectome: &'a str,
    odours: &'a str,
    circuit: &'a str,
    /// What a null model kept, with its recipe: two recipes may give the same connectome, but their
    /// certificates stand in the folders of their runs.
    certificate: Option<&'a WiringCertificate>,
    mapping: ReceptorMapping,
    code: &'a str,
    /// The metrics recorded during training are part of the model's file.
    monitor_code: Option<&'a str>,
    settings: &'a TrainingSettings,
}

/// Everything that determines the bytes of a trained teacher.
#[derive(Serialize)]
struct TeacherDeterminants<'a> {
    data: &'a str,
    connectome: &'a str,
    odours: &'a str,
    teacher: &'a str,
    code: &'a str,
    settings: &'a TrainingSettings,
}

impl Subject {
    /// Compiles `circuit` for `data`.
    ///
    /// # Errors
    /// Circuits that do not fit the data, and mappings that the data do not allow.
    pub fn new(
        data: &DataSet,
        circuit: &Circuit,
        mapping: ReceptorMapping,
    ) -> Result<Self, StudyError> {
        Self::edited(data, circuit, mapping, Edits::default())
    }

    /// Compiles `circuit` for `data` with another wiring or other odours; the decoder has as many
    /// classes as there are odours.
    ///
    /// # Errors
    /// As [`Subject::new`], and edits that do not fit.
    pub fn edited(
        data: &DataSet,
        circuit: &Circuit,
        mapping: ReceptorMapping,
        edits: Edits<'_>,
    ) -> Result<Self, StudyError> {
        let (mut templates, mut names) =
            (data.panel.templates(mapping)?, data.panel.odours.clone());
        let mut circuit = circuit.clone();
        if let Some(task) = edits.task {
            let classes = task.classes(&templates, &names, edits.seed)?;
            (templates, names) = (classes.templates, classes.names);
            circuit = circuit.with("readout.classes", templates.len() as i64)?;
        }
        let Some(draw) = edits.wiring else {
            return Self::compile(data, &circuit, &data.connectome, mapping, templates, names);
        };
        let rewired = rewire(draw, edits.seed, &circuit, &data.connectome)?;
        let (circuit, connectome) = (&rewired.circuit, &rewired.connectome);
        let mut subject = Self::compile(data, circuit, connectome, mapping, templates, names)?;
        subject.certificate = Some(rewired.certificate);
        Ok(subject)
    }

    fn compile(
        data: &DataSet,
        circuit: &Circuit,
        connectome: &Connectome,
        mapping: ReceptorMapping,
        templates: Vec<Vec<f64>>,
        odour_names: Vec<String>,
    ) -> Result<Self, StudyError> {
        let network = Network::compile(circuit, connectome)?;
        let table = circuit
            .teacher
            .as_ref()
            .ok_or_else(|| StudyError::NoTeacher {
                circuit: circuit.name.clone(),
            })?;
        let (channels, classes) = (network.channels(), network.classes());
        let roles = TeacherRoles::new(table)?;
        Ok(Self {
            manifest: data.manifest.clone(),
            circuit_sha256: circuit.hash(),
            connectome_sha256: connectome.hash(),
            odours_sha256: hash(&(&templates, network.odour_cv()))?,
            mapping,
            rule: TransferRule::new(table),
            teacher: RateTeacher::new(connectome, &roles, channels, classes)?,
            odours: Odours::new(templates, network.odour_cv(), channels, classes)?,
            odour_names,
            roles: Roles::default(),
            certificate: None,
            teacher_sha256: hash(table)?,
            network,
        })
    }

    /// The identity of the run with these settings.
    ///
    /// # Errors
    /// Never in practice: settings are plain numbers.
    pub fn identity(&self, settings: &TrainingSettings) -> Result<RunIdentity, StudyError> {
        let monitored = (1..=settings.student_epochs).contains(&settings.monitor_every);
        let determinants = Determinants {
            data: &self.manifest.hash,
            connectome: &self.connectome_sha256,
            odours: &self.odours_sha256,
            circuit: &self.circuit_sha256,
            certificate: self.certificate.as_ref(),
            mapping: self.mapping,
            code: TRAINING_CODE,
            monitor_code: monitored.then_some(MONITOR_CODE),
            settings,
        };
        Ok(RunIdentity {
            run_id: hash(&determinants)?,
            circuit_sha256: self.circuit_sha256.clone(),
            data_sha256: self.manifest.hash.clone(),
            settings: settings.clone(),
        })
    }

    /// The identity of the teacher alone: runs that differ only in what it does not know share it.
    ///
    /// # Errors
    /// As [`Subject::identity`].
    pub fn teacher_identity(&self, settings: &TrainingSettings) -> Result<RunIdentity, StudyError> {
        let canonical = TrainingSettings::default();
        let settings = TrainingSettings {
            seed: settings.seed,
            teacher_epochs: settings.teacher_epochs,
            student_epochs: 0,
            batch: settings.batch,
            repeats: settings.repeats,
            test_repeats: settings.test_repeats,
            adam: settings.adam,
            teacher: settings.teacher,
            ..canonical
        };
        let determinants = TeacherDeterminants {
            data: &self.manifest.hash,
            connectome: &self.connectome_sha256,
            odours: &self.odours_sha256,
            teacher: &self.teacher_sha256,
            code: TRAINING_CODE,
            settings: &settings,
        };
        Ok(RunIdentity {
            run_id: hash(&determinants)?,
            circuit_sha256: self.teacher_sha256.clone(),
            data_sha256: self.manifest.hash.clone(),
            settings,
        })
    }
}

impl Provenance {
    /// Where results of these data come from, if edits start from `base`.
    #[must_use]
    pub fn new(data: &DataSet, base: &Circuit) -> Self {
        Self {
            data: data.manifest.clone(),
            circuit_sha256: base.hash(),
            training_code: TRAINING_CODE.to_owned(),
            analysis_code: ANALYSIS_CODE.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

fn hash(value: &impl Serialize) -> Result<String, StudyError> {
    hash_of(value).map_err(|source| StudyError::Json {
        path: "identity".into(),
        source,
    })
}
