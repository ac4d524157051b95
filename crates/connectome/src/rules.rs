//! Derived properties of a connectome: groups by fan-out and gap-junction pairs.

use std::collections::BTreeSet;

use crate::descriptor::{GapExpectation, GapRule, Group, compartments};
use crate::{CompartmentSet, Connectome, Edge};

/// Sources split by their number of targets.
#[derive(Clone, Debug, PartialEq)]
pub struct FanOutSplit {
    /// Number of targets of each source, by position in its population.
    pub fan_out: Vec<u32>,
    /// The quantile of the fan-out among sources with at least one target; 0 if there are none.
    pub threshold: f64,
    /// Whether each source is excitatory: at least one target and at most `threshold`.
    pub excitatory: Vec<bool>,
}

impl FanOutSplit {
    /// Number of excitatory sources, and of the others with at least one target.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let excitatory = self.excitatory.iter().filter(|&&member| member).count();
        let connected = self.fan_out.iter().filter(|&&targets| targets > 0).count();
        (excitatory, connected - excitatory)
    }

    /// Whether a source belongs to `group`; everything that is not excitatory is inhibitory.
    #[must_use]
    pub fn contains(&self, group: Group, source: u32) -> bool {
        self.excitatory
            .get(source as usize)
            .copied()
            .unwrap_or(false)
            == (group == Group::Excitatory)
    }
}

/// Splits the neurons of `source` at a quantile (linear interpolation) of their fan-out onto `target`.
#[must_use]
pub fn fan_out_split(
    connectome: &Connectome,
    source: &str,
    target: &str,
    compartments: CompartmentSet,
    quantile: f64,
) -> FanOutSplit {
    let size = connectome.population(source).map_or(0, |range| range.len());
    let mut fan_out = vec![0_u32; size];
    for edge in connectome.edges(source, target, compartments) {
        fan_out[edge.source as usize] += 1;
    }
    let mut connected: Vec<u32> = fan_out
        .iter()
        .copied()
        .filter(|&targets| targets > 0)
        .collect();
    connected.sort_unstable();
    let threshold = match connected.len() {
        0 => 0.0,
        count => {
            let place = quantile.clamp(0.0, 1.0) * (count - 1) as f64;
            let below = place.floor() as usize;
            let above = (below + 1).min(count - 1);
            let (low, high) = (f64::from(connected[below]), f64::from(connected[above]));
            low + (high - low) * (place - below as f64)
        }
    };
    let excitatory = fan_out
        .iter()
        .map(|&targets| targets > 0 && f64::from(targets) <= threshold)
        .collect();
    FanOutSplit {
        fan_out,
        threshold,
        excitatory,
    }
}

/// The pairs of a gap-junction rule, as positions in populations, sorted. For the symmetric rules the
/// first position is below the second.
#[must_use]
pub fn gap_pairs(
    connectome: &Connectome,
    rule: &GapExpectation,
    split: &FanOutSplit,
) -> Vec<(u32, u32)> {
    let edges: Vec<Edge> = connectome
        .edges(&rule.source, &rule.target, compartments(&rule.compartments))
        .into_iter()
        .filter(|edge| {
            rule.group
                .is_none_or(|group| split.contains(group, edge.source))
        })
        .collect();
    let mut pairs = BTreeSet::new();
    match rule.rule {
        GapRule::Contact => pairs.extend(edges.iter().map(|edge| (edge.source, edge.target))),
        GapRule::ReciprocalContact => {
            for edge in edges.iter().filter(|edge| edge.source != edge.target) {
                pairs.insert((edge.source.min(edge.target), edge.source.max(edge.target)));
            }
        }
        GapRule::SharedInput => {
            for targets in edges.chunk_by(|one, other| one.source == other.source) {
                for (index, first) in targets.iter().enumerate() {
                    pairs.extend(
                        targets[index + 1..]
                            .iter()
                            .map(|second| (first.target, second.target)),
                    );
                }
            }
        }
    }
    pairs.into_iter().collect()
}
