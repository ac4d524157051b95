//! What is trained: a connectome, a circuit, the odours, and how receptors are mapped to neurons.

use kenyon_analysis::Roles;
use kenyon_analysis::course::{Drawn, LabelledCourses, Panel};
use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::{Connectome, DataSet, Manifest, ReceptorMapping};
use kenyon_learning::{
    Odours, RateTeacher, RunIdentity, StartDescription, TaskDescription, TeacherRoles,
    TrainingSettings, TransferRule,
};
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::courses::{blank_of, fault};
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
    /// The teacher, if the circuit has one and stimuli do not change during a trial; otherwise training
    /// starts from the circuit's start values.
    pub teacher: Option<TeacherOfSubject>,
    /// The odours, and the class of each; if time courses are told apart, every odour is its own.
    pub odours: Odours,
    /// The time courses of these odours that are told apart, if stimuli change during a trial.
    pub courses: Option<LabelledCourses>,
    /// Names of the odours, in the order of their templates.
    pub odour_names: Vec<String>,
    /// Names of the classes; those of the odours unless odours share classes, or time courses have some.
    pub class_names: Vec<String>,
    /// The odour that is no stimulus, against which concentrations are measured, if there is one.
    pub blank: Option<usize>,
    /// Odours and classes, if they are not those of the data's panel.
    pub task: Option<TaskDescription>,
    /// Which population plays which part in the metrics.
    pub roles: Roles,
    /// What a null model kept, if the wiring is one.
    pub certificate: Option<WiringCertificate>,
}

/// A rate teacher that a circuit declares.
pub struct TeacherOfSubject {
    /// The teacher.
    pub network: RateTeacher,
    /// What the student takes over.
    pub rule: TransferRule,
    /// Hash of the circuit's `[teacher]` table.
    sha256: String,
}

/// How a subject differs from data and circuit as they are.
#[derive(Clone, Copy, Default)]
pub struct Edits<'a> {
    /// Another wiring.
    pub wiring: Option<&'a Draw>,
    /// Other odours.
    pub task: Option<&'a Task>,
    /// Other odours as a run stored them; they take the place of a task.
    pub described: Option<&'a TaskDescription>,
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
    /// Courses become stimuli in the crate of the metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    courses_code: Option<&'a str>,
    /// Start values that were handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<&'a StartDescription>,
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
    /// classes as the task has.
    ///
    /// # Errors
    /// As [`Subject::new`], and edits that do not fit.
    pub fn edited(
        data: &DataSet,
        circuit: &Circuit,
        mapping: ReceptorMapping,
        edits: Edits<'_>,
    ) -> Result<Self, StudyError> {
        let mut circuit = circuit.clone();
        let task = match (edits.described, edits.task) {
            (Some(described), _) => Some(described.clone()),
            (None, Some(task)) => {
                Some(task.describe(&data.panel, mapping, &circuit, edits.seed)?)
            }
            (None, None) => None,
        };
        if let Some(task) = &task {
            circuit = circuit.with("readout.classes", task.classes.len() as i64)?;
        }
        let Some(draw) = edits.wiring else {
            return Self::compile(data, &circuit, &data.connectome, mapping, task);
        };
        let rewired = rewire(draw, edits.seed, &circuit, &data.connectome)?;
        let (circuit, connectome) = (&rewired.circuit, &rewired.connectome);
        let mut subject = Self::compile(data, circuit, connectome, mapping, task)?;
        subject.certificate = Some(rewired.certificate);
        Ok(subject)
    }

    fn compile(
        data: &DataSet,
        circuit: &Circuit,
        connectome: &Connectome,
        mapping: ReceptorMapping,
        task: Option<TaskDescription>,
    ) -> Result<Self, StudyError> {
        let network = Network::compile(circuit, connectome)?;
        let (channels, classes) = (network.channels(), network.classes());
        let cv = network.odour_cv();
        let timed = task.as_ref().is_some_and(|task| task.courses.is_some());
        // A rate teacher knows no time.
        let teacher = (circuit.teacher.as_ref())
            .filter(|_| !timed)
            .map(|table| -> Result<_, StudyError> {
                let roles = TeacherRoles::new(table)?;
                Ok(TeacherOfSubject {
                    network: RateTeacher::new(connectome, &roles, channels, classes)?,
                    rule: TransferRule::new(table),
                    sha256: hash(table)?,
                })
            })
            .transpose()?;
        let (odours, odours_sha256, odour_names, class_names, blank);
        let mut courses = None;
        match &task {
            None => {
                let templates = data.panel.templates(mapping)?;
                odour_names = data.panel.odours.clone();
                class_names = odour_names.clone();
                blank = (!templates.is_empty()).then_some(0);
                odours_sha256 = hash(&(&templates, cv))?;
                odours = Odours::new(templates, cv, channels, classes)?;
            }
            Some(task) => {
                let templates = task.templates();
                odour_names = task.names();
                class_names = task.classes.clone();
                blank = blank_of(&odour_names, &data.panel.odours);
                if let Some(text) = &task.courses {
                    odours_sha256 = hash(&(&templates, cv, &odour_names, blank, text))?;
                    let own = templates.len();
                    odours = Odours::new(templates, cv, channels, own)?;
                    let panel = Panel {
                        templates: odours.templates(),
                        names: &odour_names,
                        blank,
                        step_s: circuit.time.step_s,
                    };
                    courses = Some(known_courses(text, &panel, &class_names, cv)?);
                } else {
                    let labels = task.labels().ok_or_else(|| {
                        StudyError::Plan("the task has odours without a class".to_owned())
                    })?;
                    // Odours that are classes of their own have the hash that they always had.
                    odours_sha256 = if labels.iter().copied().eq(0..templates.len()) {
                        hash(&(&templates, cv))?
                    } else {
                        hash(&(&templates, cv, &labels, &class_names))?
                    };
                    odours = Odours::labelled(templates, labels, cv, channels, classes)?;
                }
            }
        }
        Ok(Self {
            manifest: data.manifest.clone(),
            circuit_sha256: circuit.hash(),
            connectome_sha256: connectome.hash(),
            odours_sha256,
            mapping,
            teacher,
            odours,
            courses,
            odour_names,
            class_names,
            blank,
            task,
            roles: Roles::of(circuit),
            certificate: None,
            network,
        })
    }

    /// Why the publication's measurements cannot be made of models of this subject, if so: they take
    /// the larva's parts and a decoder with a class for each odour for granted.
    #[must_use]
    pub fn not_the_published_task(&self) -> Option<String> {
        if self.courses.is_some() {
            return Some("stimuli change in time".to_owned());
        }
        if !self.odours.each_its_own_class() {
            return Some("odours share classes".to_owned());
        }
        let roles = &self.roles;
        let parts = [
            &roles.input,
            &roles.local,
            &roles.relay,
            &roles.coding,
            &roles.feedback,
        ];
        let missing_population = (parts.into_iter())
            .find(|name| self.network.population(name).is_none())
            .map(|name| format!("the circuit has no population \"{name}\""));
        let gain = format!("{}.gain", roles.feedback_pathway);
        let missing_gain = (self.network.table().group(&gain).is_none())
            .then(|| format!("the circuit has no parameter group \"{gain}\""));
        let another_readout = (self.network.readout_population().name != roles.coding)
            .then(|| format!("the decoder does not read {}", roles.coding));
        missing_population.or(missing_gain).or(another_readout)
    }

    /// The identity of the run with these settings.
    ///
    /// # Errors
    /// Never in practice: settings are plain numbers.
    pub fn identity(&self, settings: &TrainingSettings) -> Result<RunIdentity, StudyError> {
        self.identity_from(settings, None)
    }

    /// The identity of the run with these settings that starts from values that are handed in.
    ///
    /// # Errors
    /// As [`Subject::identity`].
    pub fn identity_from(
        &self,
        settings: &TrainingSettings,
        start: Option<&StartDescription>,
    ) -> Result<RunIdentity, StudyError> {
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
            courses_code: self.courses.as_ref().map(|_| MONITOR_CODE),
            start,
        };
        Ok(RunIdentity {
            run_id: hash(&determinants)?,
            circuit_sha256: self.circuit_sha256.clone(),
            data_sha256: self.manifest.hash.clone(),
            settings: settings.clone(),
            task: self.task.clone(),
            start: start.cloned(),
        })
    }

    /// The identity of the teacher alone, if there is one: runs that differ only in what it does not
    /// know share it.
    ///
    /// # Errors
    /// As [`Subject::identity`].
    pub fn teacher_identity(
        &self,
        settings: &TrainingSettings,
    ) -> Result<Option<RunIdentity>, StudyError> {
        let Some(teacher) = &self.teacher else {
            return Ok(None);
        };
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
            teacher: &teacher.sha256,
            code: TRAINING_CODE,
            settings: &settings,
        };
        Ok(Some(RunIdentity {
            run_id: hash(&determinants)?,
            circuit_sha256: teacher.sha256.clone(),
            data_sha256: self.manifest.hash.clone(),
            settings,
            task: None,
            start: None,
        }))
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

/// The courses of a task, which was described before and may come out of a file.
fn known_courses(
    text: &str,
    panel: &Panel<'_>,
    classes: &[String],
    cv: f64,
) -> Result<LabelledCourses, StudyError> {
    let fault = fault("the task");
    let task = LabelledCourses::parse(text, panel).map_err(&fault)?;
    Drawn::new(&task.courses, *panel, cv).map_err(&fault)?;
    if task.classes != classes {
        return Err(StudyError::Plan(
            "the classes of the task are not those of its time courses".to_owned(),
        ));
    }
    Ok(task)
}

fn hash(value: &impl Serialize) -> Result<String, StudyError> {
    hash_of(value).map_err(|source| StudyError::Json {
        path: "identity".into(),
        source,
    })
}
