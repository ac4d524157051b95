//! Measuring the summary figures of a data set.

use std::collections::BTreeMap;

use crate::descriptor::{Descriptor, compartments};
use crate::rules::fan_out_split;
use crate::sample::statistics::{
    BlockStatistics, Degrees, GroupStatistics, Histogram, LayerStatistics, PanelStatistics,
    Statistics,
};
use crate::{Connectome, DataSet, OdourPanel, Side};

/// Layers with fewer edges are described by their number of edges only.
const FEW_EDGES: u32 = 12;
/// Positions at which the distribution of rates is recorded.
const RATE_QUANTILES: usize = 33;
/// Factors of the rates that are recorded.
const FACTORS: usize = 6;

/// The summary figures of a data set from which [`crate::sample::sample_with`] draws individuals.
#[must_use]
pub fn measure(data: &DataSet, descriptor: &Descriptor) -> Statistics {
    let (groups, membership) = group(&data.connectome, descriptor);
    Statistics {
        dataset: data.manifest.dataset.clone(),
        measured: data.manifest.hash.clone(),
        blocks: blocks(&data.connectome, &groups, &membership),
        groups,
        panel: panel(&data.panel),
    }
}

/// Divides neurons into groups; returns also the group of each neuron.
///
/// The split population falls into sources that reach the target (excitatory, inhibitory), others that
/// receive receptor input, and the rest; other populations into neurons with and without a type.
fn group(connectome: &Connectome, descriptor: &Descriptor) -> (Vec<GroupStatistics>, Vec<usize>) {
    let rule = &descriptor.split;
    let split = fan_out_split(
        connectome,
        &rule.source,
        &rule.target,
        compartments(&rule.compartments),
        rule.quantile,
    );
    let mut groups: Vec<GroupStatistics> = Vec::new();
    let mut membership = vec![0; connectome.neurons().len()];
    let receptors = connectome
        .population(&descriptor.mapping.population)
        .unwrap_or(0..0);
    let mut driven = vec![false; connectome.neurons().len()];
    for contact in connectome.contacts() {
        driven[contact.target as usize] |= receptors.contains(&(contact.source as usize));
    }
    for (population, range) in connectome.populations() {
        // Named so that groups come in a fixed order whatever the order of neurons.
        let mut members: BTreeMap<(u8, String), Vec<usize>> = BTreeMap::new();
        for neuron in range.clone() {
            let position = neuron - range.start;
            let typed = !connectome.neurons()[neuron].glomerulus.is_empty();
            let key = if *population != rule.source {
                (u8::from(!typed), if typed { "typed" } else { "all" })
            } else if split.excitatory[position] {
                (0, "few targets")
            } else if split.fan_out[position] > 0 {
                (1, "many targets")
            } else if driven[neuron] {
                (2, "receptor input")
            } else {
                (3, "other")
            };
            members
                .entry((key.0, key.1.to_owned()))
                .or_default()
                .push(neuron);
        }
        for ((_, name), neurons) in members {
            for &neuron in &neurons {
                membership[neuron] = groups.len();
            }
            groups.push(GroupStatistics {
                population: population.clone(),
                typed: name == "typed",
                name,
                neurons: neurons.len() as u32,
            });
        }
    }
    (groups, membership)
}

/// A block while it is being counted.
#[derive(Default)]
struct Counting {
    contacts: [Vec<u32>; 4],
    /// Edges by set of compartments.
    layers: BTreeMap<u8, Vec<(usize, usize)>>,
}

fn blocks(
    connectome: &Connectome,
    groups: &[GroupStatistics],
    membership: &[usize],
) -> Vec<BlockStatistics> {
    let neurons = connectome.neurons();
    let mut counting: BTreeMap<(usize, usize, bool, bool), Counting> = BTreeMap::new();
    for contact in connectome.contacts() {
        let ends = [contact.source as usize, contact.target as usize];
        let [source, target] = ends.map(|neuron| membership[neuron]);
        let same_side = neurons[ends[0]].side == neurons[ends[1]].side
            && neurons[ends[0]].side != Side::Unknown;
        let same_type = groups[source].typed
            && groups[target].typed
            && groups[source].population != groups[target].population
            && neurons[ends[0]].glomerulus == neurons[ends[1]].glomerulus;
        let block = counting
            .entry((source, target, same_side, same_type))
            .or_default();
        let mut set = 0;
        for (bit, &count) in contact.counts.iter().enumerate() {
            if count > 0 {
                set |= 1 << bit;
                block.contacts[bit].push(count);
            }
        }
        block
            .layers
            .entry(set)
            .or_default()
            .push((ends[0], ends[1]));
    }
    let members = |group: usize| -> Vec<usize> {
        (0..membership.len())
            .filter(|&neuron| membership[neuron] == group)
            .collect()
    };
    let mut loadings = Loadings::default();
    let mut found = Vec::new();
    for ((source, target, same_side, same_type), block) in counting {
        let (sources, targets) = (members(source), members(target));
        let mut layers = Vec::new();
        for (set, edges) in block.layers {
            let mut layer = LayerStatistics {
                compartments: set,
                edges: edges.len() as u32,
                out_degrees: None,
                in_degrees: None,
            };
            // Edges between neurons of one type are as good as described by their number.
            if layer.edges >= FEW_EDGES && !same_type {
                let place = (found.len(), layers.len());
                let degrees = |neurons: &[usize], end: fn(&(usize, usize)) -> usize| -> Vec<u32> {
                    let of = |neuron: usize| edges.iter().filter(move |edge| end(edge) == neuron);
                    neurons
                        .iter()
                        .map(|&neuron| of(neuron).count() as u32)
                        .collect()
                };
                let out = degrees(&sources, |edge| edge.0);
                let into = degrees(&targets, |edge| edge.1);
                layer.out_degrees = Some(Degrees {
                    histogram: Histogram::of(out.iter().copied()),
                    loading: 0.0,
                });
                layer.in_degrees = Some(Degrees {
                    histogram: Histogram::of(into.iter().copied()),
                    loading: 0.0,
                });
                loadings.add(source, place, true, &out, layer.edges);
                loadings.add(target, place, false, &into, layer.edges);
            }
            layers.push(layer);
        }
        found.push(BlockStatistics {
            source,
            target,
            same_side,
            same_type,
            contacts: block.contacts.map(Histogram::of),
            layers,
        });
    }
    for (place, out, loading) in loadings.solve() {
        let layer = &mut found[place.0].layers[place.1];
        let degrees = if out {
            &mut layer.out_degrees
        } else {
            &mut layer.in_degrees
        };
        if let Some(degrees) = degrees {
            degrees.loading = loading;
        }
    }
    found
}

/// Degrees in one layer and direction: block and layer, outgoing or not, standard scores of the ranks,
/// weight.
type Profile = ((usize, usize), bool, Vec<f64>, f64);

/// Common factor of the degrees of a group's neurons over all layers.
#[derive(Default)]
struct Loadings(BTreeMap<usize, Vec<Profile>>);

impl Loadings {
    fn add(&mut self, group: usize, place: (usize, usize), out: bool, degrees: &[u32], edges: u32) {
        let scores = standard(&ranks(
            &degrees.iter().map(|&d| f64::from(d)).collect::<Vec<_>>(),
        ));
        self.0
            .entry(group)
            .or_default()
            .push((place, out, scores, f64::from(edges).sqrt()));
    }

    /// The first principal component of each group's weighted scores, as correlations with it.
    fn solve(&self) -> Vec<((usize, usize), bool, f64)> {
        let mut solved = Vec::new();
        for profiles in self.0.values() {
            let neurons = profiles[0].2.len();
            // Start from the heaviest layer, so that the sign is that of the main pathway.
            let heaviest = profiles.iter().max_by(|a, b| a.3.total_cmp(&b.3));
            let mut factor = heaviest.map_or_else(Vec::new, |profile| profile.2.clone());
            for _ in 0..200 {
                let mut next = vec![0.0; neurons];
                for (_, _, scores, weight) in profiles {
                    let projection = weight * weight * dot(scores, &factor);
                    next.iter_mut()
                        .zip(scores)
                        .for_each(|(sum, score)| *sum += projection * score);
                }
                factor = standard(&next);
            }
            for (place, out, scores, _) in profiles {
                let loading = dot(scores, &factor) / neurons as f64;
                solved.push((*place, *out, (loading * 100.0).round() / 100.0));
            }
        }
        solved
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Ranks from 0, equal values sharing their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for run in order.chunk_by(|&a, &b| values[a] == values[b]) {
        for &place in run {
            ranks[place] = start as f64 + (run.len() - 1) as f64 / 2.0;
        }
        start += run.len();
    }
    ranks
}

/// Shifted and scaled to mean 0 and variance 1; all zeros if constant.
fn standard(values: &[f64]) -> Vec<f64> {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count;
    let scale = if variance > 0.0 {
        variance.sqrt().recip()
    } else {
        0.0
    };
    values.iter().map(|value| (value - mean) * scale).collect()
}

fn panel(panel: &OdourPanel) -> PanelStatistics {
    let round = |value: f64| (value * 1e4).round() / 1e4;
    let baseline = panel.rates.first().cloned().unwrap_or_default();
    let (odours, receptors) = (panel.rates.len().saturating_sub(1), panel.receptors.len());
    let mean = baseline.iter().sum::<f64>() / receptors as f64;
    let variance = baseline
        .iter()
        .map(|rate| (rate - mean).powi(2))
        .sum::<f64>()
        / receptors as f64;
    let rates: Vec<f64> = panel.rates.iter().skip(1).flatten().copied().collect();
    let mut sorted = rates.clone();
    sorted.sort_by(f64::total_cmp);
    let scores = standard(&ranks(&rates));
    let row_mean = |row: usize| {
        scores[row * receptors..(row + 1) * receptors]
            .iter()
            .sum::<f64>()
            / receptors as f64
    };
    let column_mean =
        |column: usize| scores.iter().skip(column).step_by(receptors).sum::<f64>() / odours as f64;
    let rows: Vec<f64> = (0..odours).map(row_mean).collect();
    let columns: Vec<f64> = (0..receptors).map(column_mean).collect();
    let mut rest: Vec<Vec<f64>> = (0..odours)
        .map(|row| {
            (0..receptors)
                .map(|column| scores[row * receptors + column] - rows[row] - columns[column])
                .collect()
        })
        .collect();
    let cells = (odours * receptors) as f64;
    let factor_shares = (0..FACTORS)
        .map(|_| round(remove_leading_factor(&mut rest) / cells))
        .collect();
    PanelStatistics {
        odours: odours as u32,
        receptors: receptors as u32,
        baseline_mean: round(mean),
        baseline_deviation: round(variance.sqrt()),
        rate_quantiles: (0..RATE_QUANTILES)
            .map(|step| sorted[step * (sorted.len() - 1) / (RATE_QUANTILES - 1)])
            .collect(),
        odour_share: round(rows.iter().map(|mean| mean * mean).sum::<f64>() / odours as f64),
        receptor_share: round(
            columns.iter().map(|mean| mean * mean).sum::<f64>() / receptors as f64,
        ),
        factor_shares,
        clip_low: panel.clip_low,
        clip_high: panel.clip_high,
    }
}

/// Subtracts the leading singular component and returns its squared singular value.
fn remove_leading_factor(rows: &mut [Vec<f64>]) -> f64 {
    let width = rows.first().map_or(0, Vec::len);
    // Any start that is not orthogonal to the component will do.
    let mut right: Vec<f64> = (0..width).map(|column| 1.0 + 0.1 * column as f64).collect();
    for _ in 0..500 {
        let length = dot(&right, &right).sqrt().max(f64::MIN_POSITIVE);
        right.iter_mut().for_each(|value| *value /= length);
        let mut next = vec![0.0; width];
        for row in rows.iter() {
            let left = dot(row, &right);
            next.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += left * value);
        }
        right = next;
    }
    let length = dot(&right, &right).sqrt().max(f64::MIN_POSITIVE);
    right.iter_mut().for_each(|value| *value /= length);
    let mut square = 0.0;
    for row in rows {
        let left = dot(row, &right);
        square += left * left;
        row.iter_mut()
            .zip(&right)
            .for_each(|(value, right)| *value -= left * right);
    }
    square
}
