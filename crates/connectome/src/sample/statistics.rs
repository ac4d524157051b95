//! The summary figures of a connectome from which individuals are drawn.
//!
//! Neurons are divided into groups, ordered pairs of groups into blocks by side and by whether the
//! receptor types of the two neurons agree, blocks into layers by the set of compartments in which an
//! edge has contacts. Figures are histograms and correlations; no neuron and no edge is listed.

use serde::{Deserialize, Serialize};

use crate::DataError;

/// The text of the statistics that are built in.
const WINDING_2023: &str = include_str!("../../statistics/winding2023.json");

/// How often each value occurs: `(value, occurrences)`, values rising.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histogram(pub Vec<(u32, u32)>);

impl Histogram {
    /// Counts values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = u32>) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for value in values {
            *counts.entry(value).or_insert(0) += 1;
        }
        Self(counts.into_iter().collect())
    }

    /// Number of values.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// The value at a position in [0, 1) of the sorted values; 0 if there are none.
    #[must_use]
    pub fn at(&self, position: f64) -> u32 {
        let place = (position * self.total() as f64) as u64;
        let mut passed = 0;
        for &(value, count) in &self.0 {
            passed += u64::from(count);
            if place < passed {
                return value;
            }
        }
        self.0.last().map_or(0, |&(value, _)| value)
    }
}

/// Neurons that are drawn alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupStatistics {
    /// Population the group belongs to.
    pub population: String,
    /// Name of the group.
    pub name: String,
    /// Number of neurons.
    pub neurons: u32,
    /// Whether neurons 2k and 2k + 1 of the group express or serve receptor k.
    pub typed: bool,
}

/// Edges of a block with contacts in the same set of compartments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerStatistics {
    /// The compartments: bit 0 for aa, 1 for ad, 2 for da, 3 for dd.
    pub compartments: u8,
    /// Number of edges.
    pub edges: u32,
    /// Targets per source, over all sources of the group; empty if there are few edges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_degrees: Option<Degrees>,
    /// Sources per target, over all targets of the group; empty if there are few edges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_degrees: Option<Degrees>,
}

/// How edges are spread over neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Degrees {
    /// Edges per neuron.
    pub histogram: Histogram,
    /// Correlation of the rank in this layer with the common factor of the group's layers, in [-1, 1].
    pub loading: f64,
}

/// Contacts between two groups, for one relation of the two neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockStatistics {
    /// Presynaptic group: position in [`Statistics::groups`].
    pub source: usize,
    /// Postsynaptic group: position in [`Statistics::groups`].
    pub target: usize,
    /// Whether both neurons are on the same side.
    pub same_side: bool,
    /// Whether both neurons have the same receptor type.
    pub same_type: bool,
    /// Contacts per edge by compartment (aa, ad, da, dd).
    pub contacts: [Histogram; 4],
    /// Edges by set of compartments.
    pub layers: Vec<LayerStatistics>,
}

/// Distribution of receptor responses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelStatistics {
    /// Number of odours without the spontaneous row.
    pub odours: u32,
    /// Number of receptors.
    pub receptors: u32,
    /// Mean spontaneous rate in spikes/s.
    pub baseline_mean: f64,
    /// Standard deviation of the spontaneous rate in spikes/s.
    pub baseline_deviation: f64,
    /// Rates in spikes/s at equally spaced positions of the sorted rates of all odours and receptors.
    pub rate_quantiles: Vec<f64>,
    /// Share of the variance of rate ranks that goes with the odour.
    pub odour_share: f64,
    /// Share that goes with the receptor.
    pub receptor_share: f64,
    /// Shares of the leading factors of what remains.
    pub factor_shares: Vec<f64>,
    /// Rate in spikes/s that becomes input 0.
    pub clip_low: f64,
    /// Rate in spikes/s that becomes input 1.
    pub clip_high: f64,
}

/// Everything from which individuals are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// Name of the data set that was measured.
    pub dataset: String,
    /// Hash of the connectome and panel that were measured (see [`crate::Manifest::hash`]).
    pub measured: String,
    /// Groups, those of a population together and populations in model order.
    pub groups: Vec<GroupStatistics>,
    /// Blocks with at least one edge.
    pub blocks: Vec<BlockStatistics>,
    /// The receptor responses.
    pub panel: PanelStatistics,
}

impl Statistics {
    /// The statistics of the larval data set.
    ///
    /// # Panics
    /// Never: the built-in text is checked by a test.
    #[must_use]
    pub fn winding2023() -> Self {
        Self::from_json(WINDING_2023).expect("the built-in statistics are valid")
    }

    /// Reads statistics; unknown keys are refused.
    ///
    /// # Errors
    /// [`DataError::Statistics`] with the reason.
    pub fn from_json(text: &str) -> Result<Self, DataError> {
        let fault = |reason: String| DataError::Statistics { reason };
        let statistics: Self =
            serde_json::from_str(text).map_err(|error| fault(error.to_string()))?;
        let groups = statistics.groups.len();
        for block in &statistics.blocks {
            if block.source >= groups || block.target >= groups {
                return Err(fault(format!(
                    "a block runs from group {} to {}, but there are {groups} groups",
                    block.source, block.target
                )));
            }
            for layer in &block.layers {
                if layer.compartments == 0 || layer.compartments > 15 {
                    return Err(fault(format!(
                        "{} is not a set of compartments",
                        layer.compartments
                    )));
                }
                let unknown = (0..4).find(|&bit| {
                    layer.compartments >> bit & 1 == 1 && block.contacts[bit].0.is_empty()
                });
                if unknown.is_some() {
                    return Err(fault("a layer has no contact histogram".to_owned()));
                }
            }
        }
        if statistics.panel.rate_quantiles.len() < 2 || statistics.panel.receptors == 0 {
            return Err(fault(
                "the panel needs receptors and rate quantiles".to_owned(),
            ));
        }
        Ok(statistics)
    }

    /// The statistics as text: one line per group, block and panel, so that changes can be read.
    ///
    /// # Errors
    /// [`DataError::Statistics`] if a figure is not finite.
    pub fn to_json(&self) -> Result<String, DataError> {
        let line = |value: Result<String, serde_json::Error>| {
            value.map_err(|error| DataError::Statistics {
                reason: error.to_string(),
            })
        };
        let lines = |values: Vec<Result<String, serde_json::Error>>| {
            let values: Result<Vec<String>, DataError> = values.into_iter().map(line).collect();
            Ok::<String, DataError>(values?.join(",\n"))
        };
        Ok(format!(
            "{{\n\"dataset\":{},\n\"measured\":{},\n\"groups\":[\n{}\n],\n\"blocks\":[\n{}\n],\n\"panel\":{}\n}}\n",
            line(serde_json::to_string(&self.dataset))?,
            line(serde_json::to_string(&self.measured))?,
            lines(self.groups.iter().map(serde_json::to_string).collect())?,
            lines(self.blocks.iter().map(serde_json::to_string).collect())?,
            line(serde_json::to_string(&self.panel))?,
        ))
    }
}
