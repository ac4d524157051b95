//! What is measured of one model: a declaration, and the names of the usual ones.

use kenyon_analysis::Ablation;
use kenyon_analysis::protocol::RecordingSettings;
use serde::{Deserialize, Serialize};

/// One measurement of a trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Measurement {
    /// The publication's re-evaluation (spec/experiments.md section 3).
    Reevaluation {
        /// Mechanisms that are removed first.
        #[serde(default)]
        without: Vec<Ablation>,
        /// Trials per odour and arm.
        #[serde(default = "fifty")]
        trials: usize,
        /// Whether the APL suppression test is made.
        #[serde(default = "yes")]
        suppression: bool,
        /// Whether the concentration test is made.
        #[serde(default)]
        concentrations: bool,
    },
    /// What can be measured of whatever circuit and task. It takes the place of the re-evaluation and of
    /// the measurements right after training where odours share classes or the circuit lacks a part.
    Evaluation {
        /// Mechanisms that are removed first.
        #[serde(default)]
        without: Vec<Ablation>,
        /// Trials per odour.
        #[serde(default = "fifty")]
        trials: usize,
    },
    /// The measurements right after training, with their smaller numbers of trials
    /// (spec/training.md section 5.2), and what was learned.
    AfterTraining {
        /// Whether the APL suppression test is made.
        #[serde(default = "yes")]
        suppression: bool,
        /// Whether the concentration test is made.
        #[serde(default = "yes")]
        concentrations: bool,
    },
    /// Mixture geometry and linear separability (section 4.6).
    Mixtures,
    /// Sub-additivity of every Kenyon cell (section 4.7).
    SubAdditivity {
        /// Mechanisms that are removed first.
        #[serde(default)]
        without: Vec<Ablation>,
    },
    /// Sub-additivity of pairs and APL suppression (section 4.8).
    FigureFour,
    /// Decorrelation as it depends on the number of trials per odour (quirk 2).
    DecorrelationByTrials {
        /// The numbers of trials.
        trials: Vec<usize>,
    },
    /// Single trials, step by step, of the intact model and of the same without some mechanism. They
    /// have no figures.
    Recordings {
        /// Classes of the odours; those that the task does not have are left out.
        #[serde(default = "odours")]
        odours: Vec<usize>,
        /// What is removed in each arm besides the intact one.
        #[serde(default = "arms")]
        without: Vec<Vec<Ablation>>,
    },
}

fn fifty() -> usize {
    50
}

fn yes() -> bool {
    true
}

fn odours() -> Vec<usize> {
    RecordingSettings::ODOURS.to_vec()
}

fn arms() -> Vec<Vec<Ablation>> {
    vec![vec![Ablation::Feedback], vec![Ablation::GapJunctions]]
}

/// Names of the built-in measurements.
pub const BUILT_IN: [&str; 10] = [
    "evaluation",
    "reevaluation",
    "reevaluation_without_gap_junctions",
    "reevaluation_without_apl",
    "reevaluation_without_depression",
    "after_training",
    "mixtures",
    "sub_additivity",
    "figure_four",
    "recordings",
];

impl Measurement {
    /// Whether something is removed from the model before it is measured.
    #[must_use]
    pub fn removes(&self) -> bool {
        match self {
            Self::Reevaluation { without, .. }
            | Self::Evaluation { without, .. }
            | Self::SubAdditivity { without } => !without.is_empty(),
            _ => false,
        }
    }

    /// Whether figures of this measurement can be compared with those of `other` under the same name:
    /// the same trials, of a model from which nothing is removed.
    #[must_use]
    pub fn compares_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Reevaluation { trials, .. }, Self::Reevaluation { trials: same, .. }) => {
                trials == same && !other.removes()
            }
            (Self::Evaluation { trials, .. }, Self::Evaluation { trials: same, .. }) => {
                trials == same && !other.removes()
            }
            (Self::SubAdditivity { .. }, Self::SubAdditivity { .. }) => !other.removes(),
            (Self::AfterTraining { .. }, Self::AfterTraining { .. }) => true,
            (one, other) => one == other,
        }
    }

    /// Why it cannot be made of any model, if so.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self {
            // Half of the trials make centroids.
            Self::Reevaluation { trials, .. } | Self::Evaluation { trials, .. } if *trials < 2 => {
                Some("has too few trials; use at least 2")
            }
            Self::Recordings { odours, .. } if odours.is_empty() => {
                Some("records no odour; name at least one")
            }
            Self::Recordings { odours, .. } if has_twice(odours) => {
                Some("records an odour twice; once is enough")
            }
            Self::Recordings { without, .. } if without.iter().any(Vec::is_empty) => {
                Some("has an arm without a removal; the intact model is recorded anyway")
            }
            Self::Recordings { without, .. } if has_twice(without) => {
                Some("has the same arm twice; once is enough")
            }
            _ => None,
        }
    }

    /// The built-in measurement of that name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let reevaluation = |without: &[Ablation], suppression, concentrations| Self::Reevaluation {
            without: without.to_vec(),
            trials: fifty(),
            suppression,
            concentrations,
        };
        Some(match name {
            "evaluation" => Self::Evaluation {
                without: Vec::new(),
                trials: fifty(),
            },
            "reevaluation" => reevaluation(&[], true, false),
            "reevaluation_without_gap_junctions" => {
                reevaluation(&[Ablation::GapJunctions], true, false)
            }
            // There is nothing to suppress with once the APL is gone.
            "reevaluation_without_apl" => reevaluation(&[Ablation::Feedback], false, false),
            "reevaluation_without_depression" => reevaluation(&[Ablation::Depression], true, true),
            "after_training" => Self::AfterTraining {
                suppression: true,
                concentrations: true,
            },
            "mixtures" => Self::Mixtures,
            "sub_additivity" => Self::SubAdditivity {
                without: Vec::new(),
            },
            "figure_four" => Self::FigureFour,
            "recordings" => Self::Recordings {
                odours: odours(),
                without: arms(),
            },
            _ => return None,
        })
    }
}

fn has_twice<T: PartialEq>(values: &[T]) -> bool {
    let mut before = values.iter().enumerate();
    before.any(|(index, value)| values[..index].contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_name_has_a_measurement() {
        for name in BUILT_IN {
            assert!(Measurement::built_in(name).is_some(), "{name}");
        }
        assert_eq!(Measurement::built_in("nothing"), None);
    }

    #[test]
    fn what_was_removed_is_compared_with_the_intact_model() {
        let named = |name| Measurement::built_in(name).expect("a built-in name");
        let intact = named("reevaluation");
        for name in BUILT_IN.iter().filter(|name| name.contains("_without_")) {
            assert!(named(name).removes() && named(name).compares_with(&intact));
            assert!(!intact.compares_with(&named(name)));
        }
        assert!(!intact.removes() && !intact.compares_with(&named("after_training")));
    }
}
