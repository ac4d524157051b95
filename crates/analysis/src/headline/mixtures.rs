//! Figures of mixtures and of Figure 4.

use super::{Figure, Figures, PERCENT};
use crate::geometry::MixtureSummary;
use crate::protocol::{
    DecorrelationByTrials, FigureFour, LinearSeparability, MixtureGeometry, MixtureSubAdditivity,
};
use crate::sub_additivity::SubAdditivity;
use crate::suppression::Suppression;
use crate::svm::CrossValidation;

/// Figures of the geometry of mixtures: means over mixtures.
#[must_use]
pub fn mixture_geometry_figures(result: &MixtureGeometry) -> Vec<Figure> {
    let pair = |value: fn(&MixtureSummary) -> f64| result.pair_summary.as_ref().map(value);
    let triplet = |value: fn(&MixtureSummary) -> f64| result.triplet_summary.as_ref().map(value);
    Figures::default()
        .with("pair_component_cosine", pair(|s| s.component_cosine.mean))
        .with("pair_linear_cosine", pair(|s| s.linear_cosine.mean))
        .with("triplet_linear_cosine", triplet(|s| s.linear_cosine.mean))
        .with("pair_active_pct", pair(|s| PERCENT * s.activity.mean))
        .with("triplet_active_pct", triplet(|s| PERCENT * s.activity.mean))
        .with("pair_activity_ratio", pair(|s| s.activity_ratio.mean))
        .with("triplet_activity_ratio", triplet(|s| s.activity_ratio.mean))
        .0
}

/// Figures of linear separability.
#[must_use]
pub fn separability_figures(result: &LinearSeparability) -> Vec<Figure> {
    let accuracy = |task: &CrossValidation| PERCENT * task.accuracy;
    let binary = &result.mixture_versus_single;
    Figures::default()
        .with("svm_odour_identity_pct", accuracy(&result.odour_identity))
        .with("svm_mixture_vs_single_pct", accuracy(binary))
        .with(
            "svm_mixture_vs_single_balanced_pct",
            PERCENT * binary.balanced_accuracy,
        )
        .with(
            "svm_mixture_vs_single_majority_pct",
            PERCENT * binary.majority_rate,
        )
        .with(
            "svm_between_mixtures_pct",
            accuracy(&result.between_mixtures),
        )
        .0
}

/// Figures of sub-additivity; triplets are left out if none were presented.
#[must_use]
pub fn sub_additivity_figures(result: &MixtureSubAdditivity) -> Vec<Figure> {
    let percent = |test: &SubAdditivity| test.fraction.map(|fraction| PERCENT * fraction);
    Figures::default()
        .with("pair_sub_additive_pct", percent(&result.pairs))
        .with("triplet_sub_additive_pct", percent(&result.triplets))
        .with(
            "pair_sub_additive_above_spontaneous_pct",
            percent(&result.pairs_above_spontaneous),
        )
        .with(
            "triplet_sub_additive_above_spontaneous_pct",
            percent(&result.triplets_above_spontaneous),
        )
        .0
}

/// Figures of the APL suppression test.
#[must_use]
pub fn suppression_figures(result: &Suppression) -> Vec<Figure> {
    Figures::default()
        .with("apl_ratio", result.ratio)
        .with("suppression_pct", result.suppression_percent)
        .0
}

/// Figures of Figure 4 C and D.
#[must_use]
pub fn figure_four_figures(result: &FigureFour) -> Vec<Figure> {
    let mut figures = suppression_figures(&result.suppression);
    figures.extend(sub_additivity_figures(&result.sub_additivity));
    figures
}

/// Figures of decorrelation per number of trials, such as `mb_decorrelation_n10_pct`.
#[must_use]
pub fn decorrelation_by_trials_figures(result: &DecorrelationByTrials) -> Vec<Figure> {
    let mut figures = Figures::default();
    for point in &result.points {
        let (trials, own) = (point.trials, &point.decorrelation);
        for (part, value) in [
            ("al", own.al_percent),
            ("mb", own.mb_percent),
            ("total", own.total_percent),
        ] {
            figures = figures.with(&format!("{part}_decorrelation_n{trials}_pct"), value);
        }
    }
    figures.0
}
