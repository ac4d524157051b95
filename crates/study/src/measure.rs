//! Measuring a model, or reading the measurement if nothing has changed since.

use std::path::Path;

use kenyon_analysis::headline::{
    Figure, decorrelation_by_trials_figures, evaluation_figures, figure_four_figures,
    final_figures, mixture_geometry_figures, reevaluation_figures, separability_figures,
    sub_additivity_figures,
};
use kenyon_analysis::protocol::{
    self, DecorrelationByTrials, Evaluation, EvaluationSettings, FigureFour, FinalMetrics,
    FinalSettings, LinearSeparability, MixtureGeometry, MixtureSettings, MixtureSubAdditivity,
    RecordingSettings, Reevaluation, ReevaluationSettings, SeparabilitySettings,
};
use kenyon_analysis::recording::Recording;
use kenyon_analysis::{Ablation, Model, ablate};
use kenyon_circuit::{Interventions, Parameters};
use serde::{Deserialize, Serialize};

use crate::identity::{ANALYSIS_CODE, hash_of};
use crate::measurement::Measurement;
use crate::samples::SampledMixtures;
use crate::store::{Layout, store, stored};
use crate::{StudyError, Subject};

/// Trials per arm of the APL suppression test of Figure 4 (spec/experiments.md section 4.8).
const FIGURE_FOUR_SUPPRESSION_TRIALS: usize = 20;
/// The largest numbers of trials of a quick look.
const QUICK_TRIALS: usize = 10;
const QUICK_CONCENTRATION_TRIALS: usize = 4;

/// A measurement's outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Figures under the names of the table of published values.
    pub figures: Vec<Figure>,
    /// All of it.
    pub detail: Detail,
}

/// The full result of a measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// The re-evaluation.
    Reevaluation(Box<Reevaluation>),
    /// The measurements right after training.
    AfterTraining(Box<FinalMetrics>),
    /// Mixtures.
    Mixtures {
        /// Geometry of their codes.
        geometry: Box<MixtureGeometry>,
        /// Linear separability.
        separability: Box<LinearSeparability>,
    },
    /// Sub-additivity.
    SubAdditivity(Box<MixtureSubAdditivity>),
    /// Panels C and D of Figure 4.
    FigureFour(Box<FigureFour>),
    /// Decorrelation by number of trials.
    DecorrelationByTrials(DecorrelationByTrials),
    /// Single trials, odour by odour, in every arm; the intact one first.
    Recordings(Vec<Recording>),
    /// The evaluation of whatever circuit and task.
    Evaluation(Box<Evaluation>),
    /// Nothing, because the measurement does not apply.
    NotMeasured {
        /// Why not.
        reason: String,
    },
}

impl Detail {
    /// Long lists of numbers, which nobody reads line by line.
    const fn layout(&self) -> Layout {
        match self {
            Self::Recordings(_) => Layout::Compact,
            _ => Layout::Indented,
        }
    }
}

/// What determines a measurement.
#[derive(Serialize)]
struct Key<'a, P: Serialize> {
    models: &'a [String],
    data: &'a str,
    connectome: &'a str,
    odours: &'a str,
    circuit: &'a str,
    mapping: kenyon_connectome::ReceptorMapping,
    plan: P,
    training_code: &'a str,
    analysis_code: &'a str,
}

pub(crate) fn key(
    subject: &Subject,
    models: &[String],
    plan: impl Serialize,
) -> Result<String, StudyError> {
    let key = Key {
        models,
        data: &subject.manifest.hash,
        connectome: &subject.connectome_sha256,
        odours: &subject.odours_sha256,
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

/// A trained model that is measured.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// What it is a model of.
    pub subject: &'a Subject,
    /// Its stored parameters.
    pub parameters: &'a Parameters,
    /// SHA-256 of them.
    pub digest: &'a str,
    /// Seed of its training.
    pub seed: u64,
    /// Whether it was trained without depression, and so is measured without.
    pub depression_off: bool,
    /// Test accuracy of its teacher, between 0 and 1; `None` without a teacher.
    pub teacher_accuracy: Option<f64>,
}

/// Whether stored measurements count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Read what is there, measure what is not.
    Use,
    /// Measure everything anew.
    Ignore,
    /// Read what is there; what is not is an error.
    Require,
}

/// What determines a measurement besides the model and the code.
#[derive(Serialize)]
struct Determinants<'a> {
    measurement: &'a Measurement,
    seed: u64,
    depression_off: bool,
    quick: bool,
    teacher_accuracy: Option<f64>,
    mixtures: &'a [Vec<usize>; 3],
}

/// Measures a model and stores the outcome in `file`, or reads it from there. `None` if it is required
/// to be there and is not.
///
/// # Errors
/// Measurements that cannot be made, and files that cannot be written.
pub fn measure(
    candidate: &Candidate<'_>,
    measurement: &Measurement,
    quick: bool,
    stored_ones: Stored,
    file: &Path,
) -> Result<Option<Measured>, StudyError> {
    let mixtures = SampledMixtures::of_seed(candidate.seed);
    let determinants = Determinants {
        measurement,
        seed: candidate.seed,
        depression_off: candidate.depression_off,
        quick,
        teacher_accuracy: candidate.teacher_accuracy,
        mixtures: &[
            mixtures.geometry_triplets.clone(),
            mixtures.classified_pairs.clone(),
            mixtures.sub_additivity_triplets.clone(),
        ],
    };
    let models = [candidate.digest.to_owned()];
    let key = key(candidate.subject, &models, determinants)?;
    if stored_ones != Stored::Ignore {
        let found = stored(file, &key);
        if found.is_some() || stored_ones == Stored::Require {
            return Ok(found);
        }
    }
    let measured = perform(candidate, measurement, &mixtures, quick)?;
    store(file, &key, &measured, measured.detail.layout())?;
    Ok(Some(measured))
}

fn perform(
    candidate: &Candidate<'_>,
    measurement: &Measurement,
    mixtures: &SampledMixtures,
    quick: bool,
) -> Result<Measured, StudyError> {
    let interventions = Interventions {
        depression_off: candidate.depression_off,
        ..Interventions::default()
    };
    let model = Model {
        network: &candidate.subject.network,
        parameters: candidate.parameters,
        roles: &candidate.subject.roles,
        interventions: &interventions,
    };
    let (templates, seed) = (candidate.subject.odours.templates(), candidate.seed);
    let fewer = |trials: usize| {
        if quick {
            trials.min(QUICK_TRIALS)
        } else {
            trials
        }
    };
    let fewest = |trials: usize| {
        if quick {
            trials.min(QUICK_CONCENTRATION_TRIALS)
        } else {
            trials
        }
    };
    let mixture_settings = |triplets: &[usize]| MixtureSettings {
        trials: if quick {
            QUICK_CONCENTRATION_TRIALS
        } else {
            20
        },
        ..MixtureSettings::canonical(seed, triplets.to_vec())
    };
    let evaluation = |trials: usize, without: &[Ablation]| -> Result<Measured, StudyError> {
        let settings = EvaluationSettings {
            trials: fewer(trials),
            ablations: without.to_vec(),
            ..EvaluationSettings::default()
        };
        let result = protocol::evaluate(&model, candidate.subject.labelled(), &settings)?;
        let mut figures = evaluation_figures(&result);
        let teacher = candidate.teacher_accuracy.map(|accuracy| 100.0 * accuracy);
        figures.extend(teacher.map(|percent| Figure::new("teacher_accuracy_pct", percent)));
        Ok(Measured {
            figures,
            detail: Detail::Evaluation(Box::new(result)),
        })
    };
    // The publication's protocols take the larva's parts and a class for each odour for granted.
    if let Some(reason) = candidate.subject.not_the_published_task() {
        return match measurement {
            Measurement::Evaluation { trials, without }
            | Measurement::Reevaluation {
                trials, without, ..
            } => evaluation(*trials, without),
            Measurement::AfterTraining { .. } => {
                evaluation(EvaluationSettings::default().trials, &[])
            }
            Measurement::Recordings { odours, without } => {
                recordings(candidate, &model, odours, without)
            }
            _ => Ok(Measured {
                figures: Vec::new(),
                detail: Detail::NotMeasured { reason },
            }),
        };
    }
    Ok(match measurement {
        Measurement::Evaluation { trials, without } => evaluation(*trials, without)?,
        Measurement::Reevaluation {
            without,
            trials,
            suppression,
            concentrations,
        } => {
            let trials = fewer(*trials);
            let settings = ReevaluationSettings {
                repeats: trials,
                centroid_trials: trials,
                decorrelation_trials: trials,
                suppression_trials: suppression.then_some(trials),
                concentration_trials: concentrations.then_some(fewest(trials)),
                ablations: without.clone(),
                ..ReevaluationSettings::default()
            };
            let result = protocol::reevaluate(&model, templates, &settings)?;
            Measured {
                figures: reevaluation_figures(&result),
                detail: Detail::Reevaluation(Box::new(result)),
            }
        }
        Measurement::AfterTraining {
            suppression,
            concentrations,
        } => {
            let full = FinalSettings::canonical(seed);
            let settings = FinalSettings {
                suppression_trials: full.suppression_trials.filter(|_| *suppression),
                concentration_trials: full
                    .concentration_trials
                    .filter(|_| *concentrations)
                    .map(fewest),
                ..full
            };
            let result = protocol::final_metrics(&model, templates, &settings)?;
            let teacher = candidate.teacher_accuracy.map(|accuracy| 100.0 * accuracy);
            let teacher = teacher.map(|percent| Figure::new("teacher_accuracy_pct", percent));
            let mut figures: Vec<Figure> = teacher.into_iter().collect();
            figures.extend(final_figures(&result, model.roles));
            Measured {
                figures,
                detail: Detail::AfterTraining(Box::new(result)),
            }
        }
        Measurement::Mixtures => {
            let settings = mixture_settings(&mixtures.geometry_triplets);
            let geometry = protocol::mixture_geometry(&model, templates, &settings)?;
            let settings = SeparabilitySettings::canonical(seed, mixtures.classified_pairs.clone());
            let separability = protocol::linear_separability(&model, templates, &settings)?;
            let mut figures = mixture_geometry_figures(&geometry);
            figures.extend(separability_figures(&separability));
            Measured {
                figures,
                detail: Detail::Mixtures {
                    geometry: Box::new(geometry),
                    separability: Box::new(separability),
                },
            }
        }
        Measurement::SubAdditivity { without } => {
            let parameters = removed(candidate, &model, without)?;
            let model = Model {
                parameters: &parameters,
                ..model
            };
            let settings = mixture_settings(&mixtures.sub_additivity_triplets);
            let result = protocol::sub_additivity(&model, templates, &settings)?;
            Measured {
                figures: sub_additivity_figures(&result),
                detail: Detail::SubAdditivity(Box::new(result)),
            }
        }
        Measurement::FigureFour => {
            let settings = mixture_settings(&mixtures.sub_additivity_triplets);
            let trials = FIGURE_FOUR_SUPPRESSION_TRIALS;
            let result = protocol::figure_four(&model, templates, trials, &settings)?;
            Measured {
                figures: figure_four_figures(&result),
                detail: Detail::FigureFour(Box::new(result)),
            }
        }
        Measurement::DecorrelationByTrials { trials } => {
            let result = protocol::decorrelation_by_trials(&model, templates, trials, seed)?;
            Measured {
                figures: decorrelation_by_trials_figures(&result),
                detail: Detail::DecorrelationByTrials(result),
            }
        }
        Measurement::Recordings { odours, without } => {
            recordings(candidate, &model, odours, without)?
        }
    })
}

/// Records single trials. A mechanism that the circuit does not have is not removed from it.
fn recordings(
    candidate: &Candidate<'_>,
    model: &Model<'_>,
    odours: &[usize],
    without: &[Vec<Ablation>],
) -> Result<Measured, StudyError> {
    let table = model.network.table();
    let there = |arm: &&Vec<Ablation>| match ablate(table, model.parameters, model.roles, arm) {
        Err(problem) => !problem.is_missing_part(),
        Ok(_) => true,
    };
    let settings = RecordingSettings {
        seed: RecordingSettings::SEED,
        odours: odours.to_vec(),
        without: without.iter().filter(there).cloned().collect(),
    };
    let subject = candidate.subject;
    let (templates, names) = (subject.odours.templates(), &subject.odour_names);
    Ok(Measured {
        figures: Vec::new(),
        detail: Detail::Recordings(protocol::recordings(model, templates, names, &settings)?),
    })
}

fn removed(
    candidate: &Candidate<'_>,
    model: &Model<'_>,
    without: &[Ablation],
) -> Result<Parameters, StudyError> {
    let table = candidate.subject.network.table();
    Ok(ablate(table, candidate.parameters, model.roles, without)?)
}
