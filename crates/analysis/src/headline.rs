//! The figures that are judged against the publication, under the names of its acceptance table.
//!
//! Results hold fractions and named fields; the table holds percentages and flat names. This is the
//! only place that translates.

mod mixtures;

use serde::{Deserialize, Serialize};

use crate::agreement::PatternSimilarity;
use crate::concentration::ConcentrationTest;
use crate::confusion::{Confusion, Consistency};
use crate::protocol::{ParameterFigures, Reevaluation};
use crate::roles::Roles;
use crate::teacher_student::{TeacherStudent, names};
use crate::thresholds::ThresholdStatistics;
pub use mixtures::{
    decorrelation_by_trials_figures, figure_four_figures, mixture_geometry_figures,
    separability_figures, sub_additivity_figures, suppression_figures,
};

/// A named number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Name in the acceptance table.
    pub name: String,
    /// The value, in the unit that the name ends with.
    pub value: f64,
}

/// Percent per unit.
const PERCENT: f64 = 100.0;

/// Collects figures, leaving out what could not be computed.
#[derive(Default)]
struct Figures(Vec<Figure>);

impl Figures {
    fn with(mut self, name: &str, value: impl Into<Option<f64>>) -> Self {
        if let Some(value) = value.into() {
            self.0.push(Figure {
                name: name.to_owned(),
                value,
            });
        }
        self
    }
}

/// Figures of a re-evaluation.
#[must_use]
pub fn reevaluation_figures(result: &Reevaluation) -> Vec<Figure> {
    Figures::default()
        .with("accuracy_pct", PERCENT * result.accuracy.fraction)
        .with("centroid_accuracy_pct", PERCENT * result.centroid.fraction)
        .with("kc_active_pct", PERCENT * result.active.kc)
        .with("al_decorrelation_pct", result.decorrelation.al_percent)
        .with("mb_decorrelation_pct", result.decorrelation.mb_percent)
        .with(
            "total_decorrelation_pct",
            result.decorrelation.total_percent,
        )
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
    Figures::default()
        .with("pn_range", result.pn_range)
        .with("or_range", result.or_range)
        .with("kc_range", result.kc_range)
        .with("decoder_accuracy_c0.3_pct", decoder(0.3))
        .with("decoder_accuracy_c5_pct", decoder(5.0))
        .0
}

/// Figures of learned parameters.
#[must_use]
pub fn parameter_headline(result: &ParameterFigures, roles: &Roles) -> Vec<Figure> {
    let thresholds = |population: &str| {
        result
            .thresholds
            .iter()
            .find(|(name, _)| name == population)
            .map(|(_, statistics)| statistics)
    };
    let mut figures = Figures::default().with("g_soma_nS", result.g_soma_ns);
    for (set, conductance) in &result.gap_conductances_ns {
        figures = figures.with(&format!("gap_{set}_nS"), *conductance);
    }
    figures
        .with(
            "kc_threshold_upper_bound_pct",
            thresholds(&roles.coding).map(|own| own.upper_bound_percent),
        )
        .with(
            "ln_threshold_lower_bound_pct",
            thresholds(&roles.local).map(|own| own.lower_bound_percent),
        )
        .with(
            "pn_threshold_interior_pct",
            thresholds(&roles.relay).map(|own| own.interior_percent),
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
    .map(|(quantity, value)| Figure {
        name: format!("{population}_threshold_{quantity}"),
        value,
    })
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
    let threshold = result
        .students
        .vectors
        .iter()
        .find(|vector| vector.name == names::CODING_THRESHOLD);
    Figures::default()
        .with("parameter_correlation", result.student_correlation)
        .with("teacher_parameter_correlation", result.teacher_correlation)
        .with(
            "kc_threshold_correlation",
            threshold.and_then(|vector| vector.mean_r),
        )
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
