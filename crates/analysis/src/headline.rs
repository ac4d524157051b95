//! The figures that are judged against the publication, under the names of its acceptance table.
//!
//! Results hold fractions and named fields; the table holds percentages and flat names. This is the
//! only place that translates.

mod mixtures;
mod training;

use serde::{Deserialize, Serialize};

use crate::accuracy::Accuracy;
use crate::agreement::PatternSimilarity;
use crate::concentration::{ConcentrationLevel, ConcentrationTest};
use crate::confusion::{Confusion, Consistency};
use crate::consistency::ParameterConsistency;
use crate::protocol::{Evaluation, Reevaluation};
use crate::teacher_student::{TeacherStudent, names};
use crate::thresholds::ThresholdStatistics;
pub use mixtures::{
    decorrelation_by_trials_figures, figure_four_figures, mixture_geometry_figures,
    separability_figures, sub_additivity_figures, suppression_figures,
};
pub use training::{final_figures, parameter_headline};

/// A named number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Name in the acceptance table.
    pub name: String,
    /// The value, in the unit that the name ends with.
    pub value: f64,
    /// Independent trials that a share is of, so that it has a binomial error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
}

impl Figure {
    /// A number under a name.
    #[must_use]
    pub fn new(name: &str, value: f64) -> Self {
        Self {
            name: name.to_owned(),
            value,
            samples: None,
        }
    }
}

/// Percent per unit.
const PERCENT: f64 = 100.0;

/// Collects figures, leaving out what could not be computed.
#[derive(Default)]
struct Figures(Vec<Figure>);

impl Figures {
    fn with(mut self, name: &str, value: impl Into<Option<f64>>) -> Self {
        if let Some(value) = value.into() {
            self.0.push(Figure::new(name, value));
        }
        self
    }

    fn with_accuracy(mut self, name: &str, accuracy: &Accuracy) -> Self {
        self.0.push(Figure {
            samples: Some(accuracy.samples),
            ..Figure::new(name, PERCENT * accuracy.fraction)
        });
        self
    }
}

/// Figures of a re-evaluation, with those of its concentration test if one was made.
#[must_use]
pub fn reevaluation_figures(result: &Reevaluation) -> Vec<Figure> {
    let mut figures = Figures::default()
        .with_accuracy("accuracy_pct", &result.accuracy)
        .with_accuracy("centroid_accuracy_pct", &result.centroid)
        .with("kc_active_pct", PERCENT * result.active.kc)
        .with("al_decorrelation_pct", result.decorrelation.al_percent)
        .with("mb_decorrelation_pct", result.decorrelation.mb_percent)
        .with(
            "total_decorrelation_pct",
            result.decorrelation.total_percent,
        )
        .with("apl_ratio", result.suppression.map(|test| test.ratio))
        .0;
    figures.extend(result.concentration.iter().flat_map(concentration_figures));
    figures
}

/// Figures of the evaluation of whatever circuit; those of populations begin with their names in small
/// letters, such as `mbon_rate_Hz`.
#[must_use]
pub fn evaluation_figures(result: &Evaluation) -> Vec<Figure> {
    let mut figures = Figures::default()
        .with_accuracy("accuracy_pct", &result.accuracy)
        .with("balanced_accuracy_pct", PERCENT * result.balanced_accuracy)
        .with("chance_accuracy_pct", PERCENT * result.chance)
        .with_accuracy("centroid_accuracy_pct", &result.centroid);
    for population in &result.populations {
        let name = population.name.to_lowercase();
        figures = figures
            .with(&format!("{name}_rate_Hz"), population.rate_hz)
            .with(&format!("{name}_active_pct"), PERCENT * population.active)
            .with(
                &format!("{name}_decorrelation_pct"),
                population.decorrelation_percent,
            );
    }
    figures
        .with("apl_ratio", result.suppression.map(|test| test.ratio))
        .0
}

/// Figures of a concentration test.
#[must_use]
pub fn concentration_figures(result: &ConcentrationTest) -> Vec<Figure> {
    let decoder = |concentration: f64| {
        let level = result
            .levels
            .iter()
            .find(|level| level.concentration == concentration);
        level.map(|level| PERCENT * level.decoder_accuracy)
    };
    // The published range is the last level over the first, which overlooks a peak between (quirk 1).
    let largest_over_smallest = |sum: fn(&ConcentrationLevel) -> f64| {
        let sums = || result.levels.iter().map(sum);
        let smallest = sums().fold(f64::INFINITY, f64::min);
        (smallest > 0.0).then(|| sums().fold(0.0, f64::max) / smallest)
    };
    Figures::default()
        .with("pn_range", result.pn_range)
        .with("or_range", result.or_range)
        .with("kc_range", result.kc_range)
        .with(
            "pn_range_largest_over_smallest",
            largest_over_smallest(|level| level.mean_pn),
        )
        .with(
            "kc_range_largest_over_smallest",
            largest_over_smallest(|level| level.mean_kc),
        )
        .with("decoder_accuracy_c0.3_pct", decoder(0.3))
        .with("decoder_accuracy_c5_pct", decoder(5.0))
        .with(
            "moderate_accuracy_pct",
            PERCENT * result.mean_moderate_accuracy,
        )
        .with(
            "cross_centroid_accuracy_pct",
            PERCENT * result.mean_cross_accuracy,
        )
        .0
}

/// Figures of the thresholds of one population, under names that begin with `population`, such as
/// `kc_threshold_upper_bound_pct` of "kc".
#[must_use]
pub fn threshold_headline(population: &str, result: &ThresholdStatistics) -> Vec<Figure> {
    let share = |count: usize| PERCENT * count as f64 / result.neurons as f64;
    [
        ("mean_mV", result.mean_mv),
        ("deviation_mV", result.deviation_mv),
        ("upper_bound_pct", result.upper_bound_percent),
        ("lower_bound_pct", result.lower_bound_percent),
        ("interior_pct", result.interior_percent),
        ("pinned_upper_pct", share(result.pinned_to_upper_bound)),
    ]
    .map(|(quantity, value)| Figure::new(&format!("{population}_threshold_{quantity}"), value))
    .to_vec()
}

/// Figures over several models.
#[must_use]
pub fn across_figures(
    similarity: &PatternSimilarity,
    confusion: &Confusion,
    consistency: &Consistency,
) -> Vec<Figure> {
    Figures::default()
        .with("kc_similarity_across_seeds", similarity.mean)
        .with("within_odour_consistency", consistency.mean)
        .with("confusion_diagonal", confusion.mean_diagonal)
        .0
}

/// Figures of the comparison of parameters.
#[must_use]
pub fn teacher_student_figures(result: &TeacherStudent) -> Vec<Figure> {
    let vector = |models: &ParameterConsistency, name: &str| {
        let found = models.vectors.iter().find(|vector| vector.name == name);
        found.and_then(|vector| vector.mean_r)
    };
    let gain_variation = |models: &ParameterConsistency| {
        let found = models.scalars.iter();
        let mut gains = found.filter(|scalar| scalar.name == names::FEEDBACK_GAIN);
        gains
            .next()
            .and_then(|gain| gain.coefficient_of_variation)
            .map(|variation| PERCENT * variation)
    };
    let variation = |models: &ParameterConsistency| {
        let mean = models.mean_coefficient_of_variation;
        mean.map(|variation| PERCENT * variation)
    };
    let (teachers, students) = (&result.teachers, &result.students);
    Figures::default()
        .with("parameter_correlation", result.student_correlation)
        .with("teacher_parameter_correlation", result.teacher_correlation)
        .with(
            "kc_threshold_correlation",
            vector(students, names::CODING_THRESHOLD),
        )
        .with(
            "parameter_correlation_true_weights",
            result.student_correlation_true_weights,
        )
        .with(
            "parameter_correlation_shared_groups",
            result.student_correlation_shared,
        )
        .with(
            "teacher_kc_threshold_correlation",
            vector(teachers, names::CODING_THRESHOLD),
        )
        .with(
            "decoder_correlation",
            vector(students, names::DECODER_WEIGHT),
        )
        .with(
            "teacher_decoder_correlation",
            vector(teachers, names::DECODER_WEIGHT),
        )
        .with("receptor_gain_correlation", vector(students, names::GAINS))
        .with(
            "teacher_receptor_gain_correlation",
            vector(teachers, names::GAINS),
        )
        .with("mean_scalar_variation_pct", variation(students))
        .with("teacher_mean_scalar_variation_pct", variation(teachers))
        .with("apl_gain_variation_pct", gain_variation(students))
        .with("teacher_apl_gain_variation_pct", gain_variation(teachers))
        .with("apl_gain_over_transferred", result.feedback_gain_ratio)
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_have_the_names_of_the_acceptance_table() {
        let thresholds = [-0.0550, -0.0400, -0.0302, -0.0300];
        let statistics =
            crate::threshold_statistics(&thresholds, (-0.055, -0.030)).expect("four thresholds");
        let figures = threshold_headline("kc", &statistics);
        let value = |name: &str| {
            let found = figures.iter().find(|figure| figure.name == name);
            found.map(|figure| figure.value)
        };
        assert_eq!(value("kc_threshold_upper_bound_pct"), Some(50.0));
        assert_eq!(value("kc_threshold_lower_bound_pct"), Some(25.0));
        assert_eq!(value("kc_threshold_interior_pct"), Some(25.0));
        assert_eq!(value("kc_threshold_pinned_upper_pct"), Some(25.0));
        assert!((value("kc_threshold_mean_mV").expect("a mean") + 38.8).abs() < 1e-9);
    }
}
