//! What is trained: a data set, a circuit, and how receptors are mapped to neurons.

use kenyon_analysis::Roles;
use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::{DataSet, Manifest, ReceptorMapping};
use kenyon_learning::{
    Odours, RateTeacher, RunIdentity, TeacherRoles, TrainingSettings, TransferRule,
};
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::identity::{TRAINING_CODE, hash_of};

/// A data set and a circuit, compiled.
pub struct Subject {
    /// What the data were.
    pub manifest: Manifest,
    /// Hash of the circuit.
    pub circuit_sha256: String,
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
}

/// Where a result came from; part of every summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The data.
    pub data: Manifest,
    /// Hash of the circuit.
    pub circuit_sha256: String,
    /// How receptor channels were assigned to neurons.
    pub mapping: ReceptorMapping,
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
    circuit: &'a str,
    mapping: ReceptorMapping,
    code: &'a str,
    /// The metrics recorded during training are part of the model's file.
    monitor_code: &'a str,
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
        let network = Network::compile(circuit, &data.connectome)?;
        let table = circuit
            .teacher
            .as_ref()
            .ok_or_else(|| StudyError::NoTeacher {
                circuit: circuit.name.clone(),
            })?;
        let (channels, classes) = (network.channels(), network.classes());
        let teacher = RateTeacher::new(
            &data.connectome,
            &TeacherRoles::new(table)?,
            channels,
            classes,
        )?;
        let templates = data.panel.templates(mapping)?;
        let odours = Odours::new(templates, network.odour_cv(), channels, classes)?;
        Ok(Self {
            manifest: data.manifest.clone(),
            circuit_sha256: circuit.hash(),
            mapping,
            rule: TransferRule::new(table),
            network,
            teacher,
            odours,
            odour_names: data.panel.odours.clone(),
            roles: Roles::default(),
        })
    }

    /// The identity of the run with these settings.
    ///
    /// # Errors
    /// Never in practice: settings are plain numbers.
    pub fn identity(&self, settings: &TrainingSettings) -> Result<RunIdentity, StudyError> {
        let determinants = Determinants {
            data: &self.manifest.hash,
            circuit: &self.circuit_sha256,
            mapping: self.mapping,
            code: TRAINING_CODE,
            monitor_code: crate::ANALYSIS_CODE,
            settings,
        };
        let run_id = hash_of(&determinants).map_err(|source| StudyError::Json {
            path: "run identity".into(),
            source,
        })?;
        Ok(RunIdentity {
            run_id,
            circuit_sha256: self.circuit_sha256.clone(),
            data_sha256: self.manifest.hash.clone(),
            settings: settings.clone(),
        })
    }

    /// Where results of this subject come from.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        Provenance {
            data: self.manifest.clone(),
            circuit_sha256: self.circuit_sha256.clone(),
            mapping: self.mapping,
            training_code: TRAINING_CODE.to_owned(),
            analysis_code: crate::ANALYSIS_CODE.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
