//! Measurements of the models of several seeds together, stored like those of single models.

use std::path::Path;

use kenyon_analysis::headline::{Figure, across_figures, teacher_student_figures};
use kenyon_analysis::protocol::{self, AcrossSettings, SimilarityMaps};
use kenyon_analysis::teacher_student::{TeacherStudent, names, student_readout, teacher_student};
use kenyon_analysis::{
    Confusion, Consistency, Model, OdourTable, ParameterReadout, PatternSimilarity,
    PredictionAgreement, near_identical_pairs,
};
use kenyon_circuit::{Interventions, Parameters};
use serde::{Deserialize, Serialize};

use crate::measure::key;
use crate::store::{Layout, remove_temporary_files, store, stored};
use crate::{StudyError, Subject};

/// Name of this measurement, and of its file.
pub const ACROSS: &str = "across";

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
    /// Similarity of odours at three stations (Figures 2 and S1).
    pub maps: SimilarityMaps,
    /// Parameters of teachers and students; `None` with one model, or without teachers.
    pub parameters: Option<TeacherStudent>,
    /// Figures under the names of the table of published values.
    pub figures: Vec<Figure>,
}

/// Cosine above which two templates count as near-identical (spec/experiments.md section 2.12).
const NEAR_IDENTICAL: f64 = 0.90;

/// A trained teacher and its student.
pub(crate) struct Pair<'a> {
    /// `None` if the circuit has no teacher.
    pub teacher: Option<&'a Parameters>,
    pub student: &'a Parameters,
    /// Digest of the student.
    pub digest: &'a str,
    /// Identity of the teacher.
    pub teacher_id: &'a str,
}

/// Measures all models together, or reads the measurement from `file` if nothing has changed
/// since and it need not be made again.
///
/// # Errors
/// Measurements that cannot be made, and files that cannot be written.
pub(crate) fn across_pairs(
    subject: &Subject,
    pairs: &[Pair<'_>],
    quick: bool,
    again: bool,
    file: &Path,
) -> Result<AcrossMetrics, StudyError> {
    // The folders of runs are cleaned when they are entered; this file is all that lies above them.
    file.parent().map_or(Ok(()), remove_temporary_files)?;
    let models: Vec<String> = pairs
        .iter()
        .flat_map(|pair| [pair.digest.to_owned(), pair.teacher_id.to_owned()])
        .collect();
    let key = key(subject, &models, (ACROSS, quick))?;
    if let Some(metrics) = stored(file, &key).filter(|_| !again) {
        return Ok(metrics);
    }
    let students: Vec<&Parameters> = pairs.iter().map(|pair| pair.student).collect();
    let teachers: Vec<&Parameters> = pairs.iter().filter_map(|pair| pair.teacher).collect();
    let metrics = across(subject, &teachers, &students, quick)?;
    store(file, &key, &metrics, Layout::Indented)?;
    Ok(metrics)
}

/// Trials per odour of the measurements across models in quick mode.
const QUICK_TRIALS: usize = 5;

/// Measures models of several seeds together (spec/experiments.md sections 2.9-2.11, 4.2 and 5); there
/// are as many teachers as students, or none.
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
        .map(|parameters| Model {
            network: &subject.network,
            parameters,
            roles: &subject.roles,
            interventions: &none,
        })
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
    let maps = protocol::similarity_maps(
        &models,
        templates,
        &subject.odour_names,
        &settings(AcrossSettings::CORE_FIGURE),
    )?;
    let parameters = (several && !teachers.is_empty())
        .then(|| -> Result<_, StudyError> {
            let table = subject.network.table();
            let read =
                |parameters: &&Parameters| student_readout(table, parameters, &subject.roles);
            let after = students.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let before: Vec<ParameterReadout> = teachers
                .iter()
                .filter_map(|parameters| teacher_readout(subject, parameters))
                .collect();
            Ok(teacher_student(&before, &after)?)
        })
        .transpose()?;
    let mut figures = vec![Figure::new(
        "template_pairs_cosine_above_0.9",
        near_identical_pairs(templates, NEAR_IDENTICAL) as f64,
    )];
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
        maps,
        parameters,
        figures,
    })
}

/// The compared parameters of a teacher; strengths are realised (after softplus).
fn teacher_readout(subject: &Subject, parameters: &Parameters) -> Option<ParameterReadout> {
    let teacher = &subject.teacher.as_ref()?.network;
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
    Some(ParameterReadout {
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
    })
}
