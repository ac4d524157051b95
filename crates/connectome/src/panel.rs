//! The odour panel: firing rates by odour and receptor, and what drives each pair of receptor neurons.

use serde::{Deserialize, Serialize};

use crate::descriptor::MappingDescriptor;
use crate::{DataError, Neuron};

/// How columns of receptor responses are assigned to pairs of receptor neurons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceptorMapping {
    /// Column k drives neurons 2k and 2k + 1, whatever receptor they express. For comparison with the
    /// published model; results are not receptor-specific.
    #[default]
    ByPosition,
    /// Every pair is driven by the response of the receptor it expresses.
    ByName,
}

/// Responses of receptors to odours. Row 0 is the spontaneous rate; the row number is the class label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OdourPanel {
    /// Names of the odours (rows).
    pub odours: Vec<String>,
    /// Names of the receptors (columns of `rates`).
    pub receptors: Vec<String>,
    /// Total firing rates in spikes/s: `rates[odour][receptor]`.
    pub rates: Vec<Vec<f64>>,
    /// Rates in spikes/s of the receptors that the neuron pairs express, `rates[odour][pair]`, or why
    /// they are not known.
    pub rates_by_name: Result<Vec<Vec<f64>>, String>,
    /// Rate in spikes/s that becomes input 0; lower rates are clipped.
    pub clip_low: f64,
    /// Rate in spikes/s that becomes input 1; higher rates are clipped.
    pub clip_high: f64,
}

impl OdourPanel {
    /// The panel of a data set without responses: no odour, no receptor. The rates that become 0 and 1 are
    /// 0 and 100 spikes/s, for stimuli that are given otherwise.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            odours: Vec::new(),
            receptors: Vec::new(),
            rates: Vec::new(),
            rates_by_name: Err("the data set has no receptor responses".to_owned()),
            clip_low: 0.0,
            clip_high: 100.0,
        }
    }

    /// The model input in [0, 1]: `templates[odour][k]` drives neurons 2k and 2k + 1.
    ///
    /// # Errors
    /// [`DataError::NoReceptorNames`] if the mapping is by name and receptor types are not known;
    /// [`DataError::NoResponses`] if the panel is [empty](Self::empty).
    pub fn templates(&self, mapping: ReceptorMapping) -> Result<Vec<Vec<f64>>, DataError> {
        if self.odours.is_empty() {
            return Err(DataError::NoResponses);
        }
        let rates = match mapping {
            ReceptorMapping::ByPosition => &self.rates,
            ReceptorMapping::ByName => {
                self.rates_by_name
                    .as_ref()
                    .map_err(|reason| DataError::NoReceptorNames {
                        reason: reason.clone(),
                    })?
            }
        };
        Ok(rates
            .iter()
            .map(|row| row.iter().map(|&rate| self.normalise(rate)).collect())
            .collect())
    }

    /// A rate in spikes/s as model input: clipped and mapped linearly to [0, 1].
    #[must_use]
    pub fn normalise(&self, rate: f64) -> f64 {
        (rate.clamp(self.clip_low, self.clip_high) - self.clip_low)
            / (self.clip_high - self.clip_low)
    }
}

/// The rates (odours x pairs) of the receptors that pairs of receptor neurons express. `column` gives a
/// receptor's rate for all odours, if known.
pub(crate) fn rates_by_name(
    driven: &[Neuron],
    odours: usize,
    mapping: &MappingDescriptor,
    column: impl Fn(&str) -> Option<Vec<f64>>,
) -> Result<Vec<Vec<f64>>, String> {
    let mut columns = Vec::with_capacity(driven.len() / 2);
    if !driven.len().is_multiple_of(2) {
        return Err(format!(
            "{} {} neurons do not form pairs",
            driven.len(),
            mapping.population
        ));
    }
    for pair in driven.chunks(2) {
        let kind = &pair[0].glomerulus;
        if kind.is_empty() {
            return Err(format!(
                "neuron {} has no receptor type; the table of neuron names is missing",
                pair[0].id
            ));
        }
        if *kind != pair[1].glomerulus {
            return Err(format!(
                "neurons {} and {} of one pair are of types {kind} and {}",
                pair[0].id, pair[1].id, pair[1].glomerulus
            ));
        }
        let exception = mapping
            .exceptions
            .iter()
            .find(|exception| exception.kind == *kind);
        let own = vec![format!("{}{kind}", mapping.prefix)];
        let receptors = match exception {
            Some(exception) => match exception.constant {
                Some(rate) => {
                    columns.push(vec![rate; odours]);
                    continue;
                }
                None => &exception.largest_of,
            },
            None => &own,
        };
        let mut largest: Option<Vec<f64>> = None;
        for receptor in receptors {
            let rates = column(receptor)
                .ok_or_else(|| format!("the responses of {receptor} (type {kind}) are missing"))?;
            largest = Some(match largest {
                None => rates,
                Some(largest) => largest.iter().zip(&rates).map(|(a, b)| a.max(*b)).collect(),
            });
        }
        columns.push(largest.unwrap_or_default());
    }
    Ok((0..odours)
        .map(|odour| columns.iter().map(|column| column[odour]).collect())
        .collect())
}
