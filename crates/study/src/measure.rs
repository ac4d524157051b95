//! Measurements of trained models, stored under a key that changes with whatever determines them.

use std::path::Path;

use kenyon_analysis::headline::{
    Figure, across_figures, concentration_figures, parameter_headline, reevaluation_figures,
    teacher_student_figures,
};
use kenyon_analysis::protocol::{
    self, AcrossSettings, FinalMetrics, FinalSettings, Reevaluation, ReevaluationSettings,
};
use kenyon_analysis::teacher_student::{TeacherStudent, names, student_readout, teacher_student};
use kenyon_analysis::{
    Confusion, Consistency, Model, OdourTable, ParameterReadout, PatternSimilarity,
    PredictionAgreement, near_identical_pairs,
};
use kenyon_circuit::{Interventions, Parameters};
use serde::{Deserialize, Serialize};

use crate::identity::{ANALYSIS_CODE, hash_of};
use crate::store::{store, stored};
use crate::{StudyError, Subject};

/// Which measurements are made of each model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasurementPlan {
    /// The re-evaluation (spec/experiments.md section 3).
    pub reevaluation: ReevaluationSettings,
    /// Right after training (spec/training.md section 5.2).
    pub after_training: FinalSettings,
}

impl MeasurementPlan {
    /// The publication's numbers of trials.
    #[must_use]
    pub fn canonical(seed: u64) -> Self {
        Self {
            reevaluation: ReevaluationSettings::default(),
            after_training: FinalSettings::canonical(seed),
        }
    }

    /// Fewer trials, for a quick look.
    #[must_use]
    pub fn quick(seed: u64) -> Self {
        let full = Self::canonical(seed);
        Self {
            reevaluation: ReevaluationSettings {
                repeats: 10,
                centroid_trials: 10,
                decorrelation_trials: 10,
                suppression_trials: Some(10),
                ..full.reevaluation
            },
            after_training: FinalSettings {
                concentration_trials: Some(4),
                ..full.after_training
            },
        }
    }
}

/// What is measured of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelMetrics {
    /// SHA-256 of the trained parameters.
    pub digest: String,
    /// Test accuracy of the teacher, between 0 and 1.
    pub teacher_accuracy: f64,
    /// The re-evaluation.
    pub reevaluation: Reevaluation,
    /// The measurements right after training.
    pub after_training: FinalMetrics,
    /// Figures under the names of the table of published values.
    pub figures: Vec<Figure>,
}

/// What is measured of all models together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcrossMetrics {
    /// Similarity of KC patterns; `None` with one model.
    pub similarity: Option<PatternSimilarity>,
    /// Agreement of decisions; `None` with one model.
    pub agreement: Option<PredictionAgreement>,
    /// Hit rates odour by odour.
    pub per_odour: OdourTable,
    /// Confusion matrix.
    pub confusion: Confusion,
    /// Consistency of patterns within an odour.
    pub consistency: Consistency,
    /// Parameters of teachers and students; `None` with one model.
    pub parameters: Option<TeacherStudent>,
    /// Figures under the names of the table of published values.
    pub figures: Vec<Figure>,
}

/// Cosine above which two templates count as near-identical (spec/experiments.md section 2.12).
const NEAR_IDENTICAL: f64 = 0.90;

/// What determines the measurements of one model.
#[derive(Serialize)]
struct Key<'a, P: Serialize> {
    models: &'a [String],
    data: &'a str,
    circuit: &'a str,
    mapping: kenyon_connectome::ReceptorMapping,
    plan: P,
    training_code: &'a str,
    analysis_code: &'a str,
}

fn key(subject: &Subject, models: &[String], plan: impl Serialize) -> Result<String, StudyError> {
    let key = Key {
        models,
        data: &subject.manifest.hash,
        circuit: &subject.circuit_sha256,
        mapping: subject.mapping,
        plan,
        training_code: crate::TRAINING_CODE,
        analysis_code: ANALYSIS_CODE,
    };
    hash_of(&key).map_err(|source| StudyError::Json {
        path: "measurement key".into(),
        source,
    })
}

fn model<'a>(
    subject: &'a Subject,
    parameters: &'a Parameters,
    none: &'a Interventions,
) -> Model<'a> {
    Model {
        network: &subject.network,
        parameters,
        roles: &subject.roles,
        interventions: none,
    }
}

/// Measures a trained model, or reads the measurement from `file` if nothing has changed since.
///
/// # Errors
/// Measurements that cannot be made, and files that cannot be written.
pub fn measure(
    subject: &Subject,
    parameters: &Parameters,
    digest: &str,
    teacher_accuracy: f64,
    plan: &MeasurementPlan,
    file: &Path,
) -> Result<ModelMetrics, StudyError> {
    let key = key(subject, &[digest.to_owned()], plan)?;
    if let Some(metrics) = stored(file, &key) {
        return Ok(metrics);
    }
    let none = Interventions::default();
    let model = model(subject, parameters, &none);
    let templates = subject.odours.templates();
    let reevaluation = protocol::reevaluate(&model, templates, &plan.reevaluation)?;
    let after_training = protocol::final_metrics(&model, templates, &plan.after_training)?;
    let mut figures = vec![Figure {
        name: "teacher_accuracy_pct".to_owned(),
        value: 100.0 * teacher_accuracy,
    }];
    figures.extend(reevaluation_figures(&reevaluation));
    if let Some(concentration) = &after_training.concentration {
        figures.extend(concentration_figures(concentration));
    }
    figures.extend(parameter_headline(
        &after_training.parameters,
        &subject.roles,
    ));
    let metrics = ModelMetrics {
        digest: digest.to_owned(),
        teacher_accuracy,
        reevaluation,
        after_training,
        figures,
    };
    store(file, &key, &metrics)?;
    Ok(metrics)
}

/// A trained teacher and its student.
pub(crate) struct Pair<'a> {
    pub teacher: &'a Parameters,
    pub student: &'a Parameters,
    /// Identity of the run that both belong to.
    pub run_id: &'a str,
}

/// Measures all models together, or reads the measurement from `file` if nothing has changed since.
///
/// # Errors
/// Measurements that cannot be made, and files that cannot be written.
pub(crate) fn across_pairs(
    subject: &Subject,
    pairs: &[Pair<'_>],
    quick: bool,
    file: &Path,
) -> Result<AcrossMetrics, StudyError> {
    let runs: Vec<String> = pairs.iter().map(|pair| pair.run_id.to_owned()).collect();
    let key = key(subject, &runs, quick)?;
    if let Some(metrics) = stored(file, &key) {
        return Ok(metrics);
    }
    let students: Vec<&Parameters> = pairs.iter().map(|pair| pair.student).collect();
    let teachers: Vec<&Parameters> = pairs.iter().map(|pair| pair.teacher).collect();
    let metrics = across(subject, &teachers, &students, quick)?;
    store(file, &key, &metrics)?;
    Ok(metrics)
}

/// Trials per odour of the measurements across models in quick mode.
const QUICK_TRIALS: usize = 5;

/// Measures models of several seeds together (spec/experiments.md sections 2.9-2.11 and 4.2).
///
/// # Errors
/// Measurements that cannot be made.
pub fn across(
    subject: &Subject,
    teachers: &[&Parameters],
    students: &[&Parameters],
    quick: bool,
) -> Result<AcrossMetrics, StudyError> {
    let none = Interventions::default();
    let models: Vec<Model<'_>> = students
        .iter()
        .map(|parameters| model(subject, parameters, &none))
        .collect();
    let templates = subject.odours.templates();
    let settings = |full: AcrossSettings| {
        if quick {
            AcrossSettings {
                trials: QUICK_TRIALS,
                ..full
            }
        } else {
            full
        }
    };
    let several = models.len() > 1;
    let similarity = several
        .then(|| {
            let settings = settings(AcrossSettings::SIMILARITY);
            protocol::similarity_across(&models, templates, &settings)
        })
        .transpose()?;
    let agreement = several
        .then(|| {
            let settings = settings(AcrossSettings::AGREEMENT);
            protocol::prediction_agreement_across(&models, templates, &settings)
        })
        .transpose()?;
    let per_odour =
        protocol::per_odour_table(&models, templates, &settings(AcrossSettings::PER_ODOUR))?;
    let (confusion, consistency) = protocol::confusion_and_consistency(
        &models,
        templates,
        &settings(AcrossSettings::CONFUSION),
    )?;
    let parameters = several
        .then(|| -> Result<_, StudyError> {
            let table = subject.network.table();
            let read =
                |parameters: &&Parameters| student_readout(table, parameters, &subject.roles);
            let after = students.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let before: Vec<ParameterReadout> = teachers
                .iter()
                .map(|parameters| teacher_readout(subject, parameters))
                .collect();
            Ok(teacher_student(&before, &after)?)
        })
        .transpose()?;
    let mut figures = vec![Figure {
        name: "template_pairs_cosine_above_0.9".to_owned(),
        value: near_identical_pairs(templates, NEAR_IDENTICAL) as f64,
    }];
    if let Some(similarity) = &similarity {
        figures.extend(across_figures(similarity, &confusion, &consistency));
    }
    if let Some(parameters) = &parameters {
        figures.extend(teacher_student_figures(parameters));
    }
    Ok(AcrossMetrics {
        similarity,
        agreement,
        per_odour,
        confusion,
        consistency,
        parameters,
        figures,
    })
}

/// The compared parameters of a teacher; strengths are realised (after softplus).
fn teacher_readout(subject: &Subject, parameters: &Parameters) -> ParameterReadout {
    let teacher = &subject.teacher;
    let values = |name: &str, realised: bool| -> Vec<f64> {
        let group = teacher.groups().iter().find(|group| group.name == name);
        group.map_or_else(Vec::new, |group| {
            let stored = &parameters.values[group.range.clone()];
            let value = |&value: &f64| {
                if realised {
                    group.form.realise(value)
                } else {
                    value
                }
            };
            stored.iter().map(value).collect()
        })
    };
    let coding = format!("{}.threshold", subject.roles.coding);
    let mut scalars = Vec::new();
    for (name, source) in [
        (names::FEEDBACK_GAIN, teacher.feedback_gain_group()),
        ("orn_to_pn_strength", "orn_to_pn.strength"),
        ("ln_to_pn_strength", "ln_to_pn.strength"),
    ] {
        let realised = name != names::FEEDBACK_GAIN;
        scalars.extend(
            values(source, realised)
                .first()
                .map(|&value| (name.to_owned(), value)),
        );
    }
    ParameterReadout {
        vectors: vec![
            (names::GAINS.to_owned(), values("input.gain", false)),
            (names::CODING_THRESHOLD.to_owned(), values(&coding, false)),
            (
                names::DECODER_WEIGHT.to_owned(),
                values("decoder.weight", false),
            ),
            (
                names::DECODER_BIAS.to_owned(),
                values("decoder.bias", false),
            ),
        ],
        scalars,
    }
}
