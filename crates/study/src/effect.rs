//! How a figure differs from its reference: difference, size, and p-values corrected for their number.

use kenyon_analysis::inference::{
    benjamini_hochberg, hedges_g, holm, null_p_value, paired_d, paired_permutation_test,
    permutation_test,
};
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::file::CANONICAL;
use crate::measurement::Measurement;
use crate::plan::Plan;
use crate::quantity::{Collected, Quantity, RESAMPLES, SEED, Sample};

/// How a quantity differs from that of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The family of experiments that is the reference.
    pub reference: String,
    /// The reference's measurement.
    pub reference_measurement: String,
    /// Mean of the reference, over the seeds that both have if one of them is a null model.
    pub reference_mean: f64,
    /// Mean here minus mean of the reference.
    pub difference: f64,
    /// Whether the same models are compared, with and without something that was removed afterwards.
    pub paired: bool,
    /// Hedges' g, or for pairs their mean difference in its own standard deviations; none of single
    /// values, or if nothing varies.
    pub size: Option<f64>,
    /// The difference in standard deviations of the draws of a null model.
    pub z: Option<f64>,
    /// Two-sided p-value: of relabelled seeds, of exchanged signs for pairs, or with several draws of a
    /// null model of the rank of the reference among them.
    pub p: f64,
    /// The p-value corrected for the number of figures of this family (Holm: family-wise error).
    pub p_holm: f64,
    /// The p-value corrected for all effects of the study (Benjamini and Hochberg: false discovery rate).
    pub q: f64,
}

/// The effect of a quantity, if there is a reference and anything that can differ.
pub(crate) fn effect_of(
    plan: &Plan,
    one: &Collected,
    all: &[Collected],
) -> Result<Option<Effect>, StudyError> {
    let Some((family, measurement)) = reference_of(plan, &one.quantity) else {
        return Ok(None);
    };
    let reference = all.iter().find(|other| {
        other.quantity.family == family
            && other.quantity.measurement == measurement
            && other.quantity.figure == one.quantity.figure
    });
    let Some(reference) = reference else {
        return Ok(None);
    };
    let finite = |one: &Collected| one.replicates().iter().all(|value| value.is_finite());
    if !finite(one) || !finite(reference) {
        return Ok(None);
    }
    let effect = if family == one.quantity.family {
        paired(&one.quantity, &reference.quantity)?
    } else if !one.draws.is_empty() && reference.draws.is_empty() {
        against_null(one, &reference.quantity)?
    } else {
        unpaired(one, reference)?
    };
    // A figure that nothing here can change, such as a sum of the input, is no comparison.
    let constant =
        effect.difference == 0.0 && one.quantity.std == 0.0 && reference.quantity.std == 0.0;
    Ok((!constant).then_some(effect))
}

/// Family and measurement that a quantity is measured against: what was removed from a model against
/// the intact model; otherwise the same measurement of the family named, or of `canonical`, or
/// failing that one that differs from it in what it does besides.
fn reference_of<'p>(plan: &'p Plan, quantity: &'p Quantity) -> Option<(&'p str, &'p str)> {
    let family = |name: &str| plan.experiments.iter().find(|one| one.family == name);
    let own = family(&quantity.family)?;
    let named = |name: &str| {
        let found = own.measurements.iter().find(|(other, _)| other == name);
        found.map(|(_, measurement)| measurement)
    };
    let measurement = named(&quantity.measurement)?;
    let comparable = |measurements: &'p [(String, Measurement)]| {
        let mut found = measurements.iter();
        let found = found.find(|(_, other)| measurement.compares_with(other));
        found.map(|(name, _)| name.as_str())
    };
    if measurement.removes() {
        return comparable(&own.measurements).map(|name| (own.family.as_str(), name));
    }
    let reference = family(own.reference.as_deref().unwrap_or(CANONICAL))?;
    if reference.family == own.family {
        return None;
    }
    let mut same = reference.measurements.iter();
    let same = same.find(|(name, other)| *name == quantity.measurement && other == measurement);
    let name = same
        .map(|(name, _)| name.as_str())
        .or_else(|| comparable(&reference.measurements))?;
    Some((&reference.family, name))
}

fn new(one: &Quantity, reference: &Quantity, reference_mean: f64) -> Effect {
    Effect {
        reference: reference.family.clone(),
        reference_measurement: reference.measurement.clone(),
        reference_mean,
        difference: one.mean - reference_mean,
        paired: false,
        size: None,
        z: None,
        p: 1.0,
        p_holm: 1.0,
        q: 1.0,
    }
}

fn unpaired(one: &Collected, reference: &Collected) -> Result<Effect, StudyError> {
    let (values, others) = (one.replicates(), reference.replicates());
    let test = permutation_test(&values, &others, RESAMPLES, SEED)?;
    Ok(Effect {
        size: hedges_g(&values, &others),
        p: test.p_value,
        ..new(&one.quantity, &reference.quantity, reference.quantity.mean)
    })
}

/// The same models with and without what was removed.
fn paired(one: &Quantity, reference: &Quantity) -> Result<Effect, StudyError> {
    let partner = |sample: &Sample| {
        let mut others = reference.samples.iter();
        let other = others
            .find(|other| other.experiment == sample.experiment && other.seed == sample.seed)?;
        Some((sample.value, other.value))
    };
    let (values, others): (Vec<f64>, Vec<f64>) = one.samples.iter().filter_map(partner).unzip();
    let test = paired_permutation_test(&values, &others, RESAMPLES, SEED)?;
    Ok(Effect {
        paired: true,
        size: paired_d(&values, &others),
        p: test.p_value,
        ..new(one, reference, reference.mean)
    })
}

/// Draws of a null model against the real connectome, on the seeds that both were trained with.
fn against_null(one: &Collected, reference: &Quantity) -> Result<Effect, StudyError> {
    let both = |sample: &&Sample| {
        let mut own = one.quantity.samples.iter();
        own.any(|own| own.seed == sample.seed)
    };
    let shared: Vec<f64> = (reference.samples.iter().filter(both))
        .map(|sample| sample.value)
        .collect();
    let values = if shared.is_empty() {
        reference
            .samples
            .iter()
            .map(|sample| sample.value)
            .collect()
    } else {
        shared
    };
    let mean = kenyon_analysis::mean(&values);
    let comparison = null_p_value(mean, &one.draws)?;
    Ok(Effect {
        size: hedges_g(&one.draws, &values),
        // The library places the observed value among the null models; here the sign is that of the
        // difference.
        z: comparison.z_score.map(|z| -z),
        p: comparison.p_value,
        ..new(&one.quantity, reference, mean)
    })
}

/// Corrects p-values for the number of comparisons: within each family, and over the study.
pub(crate) fn correct(quantities: &mut [Quantity]) -> Result<(), StudyError> {
    let places: Vec<usize> = (0..quantities.len())
        .filter(|&index| quantities[index].effect.is_some())
        .collect();
    let p = |place: &usize| {
        let effect = quantities[*place].effect.as_ref();
        effect.map_or(1.0, |effect| effect.p)
    };
    let all: Vec<f64> = places.iter().map(p).collect();
    let rates = benjamini_hochberg(&all)?;
    let mut families = vec![0.0; places.len()];
    let mut begin = 0;
    while begin < places.len() {
        let family = &quantities[places[begin]].family;
        let end = (begin..places.len())
            .find(|&index| quantities[places[index]].family != *family)
            .unwrap_or(places.len());
        families[begin..end].copy_from_slice(&holm(&all[begin..end])?);
        begin = end;
    }
    for ((place, rate), family) in places.into_iter().zip(rates).zip(families) {
        if let Some(effect) = &mut quantities[place].effect {
            effect.q = rate;
            effect.p_holm = family;
        }
    }
    Ok(())
}
