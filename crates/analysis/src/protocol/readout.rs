//! Learned parameters that are reported as they are (experiments.md, sections 2.12 and 9).

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, same_size};
use crate::model::{Model, bounds, realised, stored};
use crate::roles::{GAP_OWNER, group, quantity};
use crate::thresholds::{ThresholdStatistics, threshold_statistics};

/// Nanosiemens per siemens.
const NS_PER_S: f64 = 1e9;

/// Learned parameters of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterFigures {
    /// Coupling of the KC compartments, nanosiemens.
    #[serde(rename = "g_soma_nS")]
    pub g_soma_ns: f64,
    /// Whether the coupling lies within its bounds.
    pub g_soma_in_range: bool,
    /// Output gain of the APL, after softplus.
    pub apl_gain: f64,
    /// The same as stored, before softplus.
    pub apl_gain_raw: f64,
    /// (set of gap junctions, nanosiemens).
    #[serde(rename = "gap_conductances_nS")]
    pub gap_conductances_ns: Vec<(String, f64)>,
    /// (population, thresholds) of the spiking populations.
    pub thresholds: Vec<(String, ThresholdStatistics)>,
    /// Share of all these thresholds that lie inside their bounds, percent.
    pub thresholds_in_range_percent: f64,
}

/// Reads out the parameters of a model.
///
/// # Errors
/// If the circuit lacks one of them.
pub fn parameter_figures(model: &Model<'_>) -> Result<ParameterFigures, AnalysisError> {
    let table = model.network.table();
    let scalar = |name: &str| single(name, &realised(table, model.parameters, name)?);
    let gain = group(&model.roles.feedback_pathway, quantity::GAIN);
    let coupling = group(&model.roles.coding, quantity::COUPLING);
    let mut gap_conductances_ns = Vec::with_capacity(model.roles.gap_junctions.len());
    for (_, set) in &model.roles.gap_junctions {
        let own = group(GAP_OWNER, set);
        // A circuit from which a set was removed has no figure of it.
        if table.group(&own).is_some() {
            gap_conductances_ns.push((set.clone(), NS_PER_S * scalar(&own)?));
        }
    }
    let mut thresholds = Vec::new();
    for population in model.roles.spiking() {
        thresholds.push((population.to_owned(), threshold_figures(model, population)?));
    }
    let (inside, all) = thresholds.iter().fold((0, 0), |(inside, all), (_, own)| {
        (inside + own.in_range, all + own.neurons)
    });
    // Compared as stored, because bounds are rounded in that form.
    let coupling_stored = single(&coupling, stored(table, model.parameters, &coupling)?)?;
    let g_soma_in_range = table
        .group(&coupling)
        .and_then(|group| group.stored_bounds())
        .is_none_or(|(low, high)| (low..=high).contains(&coupling_stored));
    Ok(ParameterFigures {
        g_soma_ns: coupling_ns(model)?,
        g_soma_in_range,
        apl_gain: scalar(&gain)?,
        apl_gain_raw: single(&gain, stored(table, model.parameters, &gain)?)?,
        gap_conductances_ns,
        thresholds,
        thresholds_in_range_percent: 100.0 * inside as f64 / all as f64,
    })
}

/// Threshold statistics of one population, within the bounds that the circuit declares.
///
/// # Errors
/// If the population has no thresholds or they have no bounds.
pub fn threshold_figures(
    model: &Model<'_>,
    population: &str,
) -> Result<ThresholdStatistics, AnalysisError> {
    let table = model.network.table();
    let name = group(population, quantity::THRESHOLD);
    threshold_statistics(
        &realised(table, model.parameters, &name)?,
        bounds(table, &name)?,
    )
}

/// Coupling of the KC compartments, nanosiemens.
pub(super) fn coupling_ns(model: &Model<'_>) -> Result<f64, AnalysisError> {
    let name = group(&model.roles.coding, quantity::COUPLING);
    Ok(NS_PER_S
        * single(
            &name,
            &realised(model.network.table(), model.parameters, &name)?,
        )?)
}

fn single(name: &str, values: &[f64]) -> Result<f64, AnalysisError> {
    same_size(name, 1, values.len())?;
    Ok(values[0])
}
