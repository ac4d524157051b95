//! Figures of the measurements right after training, and of what was learned.

use super::{Figure, Figures, PERCENT, concentration_figures, threshold_headline};
use crate::protocol::{FinalMetrics, ParameterFigures};
use crate::roles::Roles;

/// Figures of the measurements right after training. Their numbers of trials are smaller than those of
/// the re-evaluation, and decorrelation depends on it.
#[must_use]
pub fn final_figures(result: &FinalMetrics, roles: &Roles) -> Vec<Figure> {
    let mut figures = Figures::default()
        .with_accuracy("accuracy_pct", &result.accuracy)
        .with_accuracy("centroid_accuracy_pct", &result.centroid)
        .with("orn_active_pct", PERCENT * result.active.orn)
        .with("ln_active_pct", PERCENT * result.active.ln)
        .with("pn_active_pct", PERCENT * result.active.pn)
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
    figures.extend(parameter_headline(&result.parameters, roles));
    figures
}

/// Figures of learned parameters.
#[must_use]
pub fn parameter_headline(result: &ParameterFigures, roles: &Roles) -> Vec<Figure> {
    let mut figures = Figures::default().with("g_soma_nS", result.g_soma_ns);
    for (set, conductance) in &result.gap_conductances_ns {
        figures = figures.with(&format!("gap_{set}_nS"), *conductance);
    }
    let mut figures = figures.with("apl_gain", result.apl_gain).0;
    for population in [&roles.coding, &roles.local, &roles.relay] {
        let own = result
            .thresholds
            .iter()
            .find(|(name, _)| name == population);
        figures.extend(
            own.iter().flat_map(|(name, statistics)| {
                threshold_headline(&name.to_lowercase(), statistics)
            }),
        );
    }
    figures
}
