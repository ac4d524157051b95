//! The statistical larva: individuals drawn from summary figures, for tests and timing without data.

pub mod statistics;

mod measure;
mod odours;
mod wiring;

use std::collections::HashMap;

pub use measure::measure;

use crate::manifest::{Manifest, SourceKind};
use crate::random::Random;
use crate::sample::statistics::{BlockStatistics, Statistics};
use crate::sample::wiring::{Taken, draw_degrees, match_degrees};
use crate::{Connectome, Contact, DataError, DataSet, Individual, Neuron, Side};

/// Largest size factor.
pub const LARGEST_SCALE: u32 = 1000;

/// Purposes of random streams.
const FACTORS: u64 = 1;
const WIRING: u64 = 2;
const PANEL: u64 = 3;

/// Draws an individual from the built-in statistics; see [`sample_with`].
///
/// # Errors
/// [`DataError::Scale`] if `scale` is 0 or above [`LARGEST_SCALE`].
pub fn sample(seed: u64, scale: u32) -> Result<DataSet, DataError> {
    sample_with(&Statistics::winding2023(), seed, scale)
}

/// Draws an individual: one seed, one individual, on every machine. Every population has `scale` times as
/// many neurons, with the same number of edges per neuron, and the panel `scale` times as many
/// receptors. Neurons 2k and 2k + 1 of the receptor population express receptor k.
///
/// # Errors
/// [`DataError::Scale`] if `scale` is 0 or above [`LARGEST_SCALE`].
pub fn sample_with(statistics: &Statistics, seed: u64, scale: u32) -> Result<DataSet, DataError> {
    if scale == 0 || scale > LARGEST_SCALE {
        return Err(DataError::Scale {
            scale,
            largest: LARGEST_SCALE,
        });
    }
    let (neurons, groups) = make_neurons(statistics, scale);
    let factors = draw_factors(seed, &groups);
    let mut contacts = Vec::new();
    // Blocks of one pair of groups exclude each other, so each block needs its own pairs only.
    for (index, block) in statistics.blocks.iter().enumerate() {
        let mut random = Random::new(seed, &[WIRING, index as u64]);
        wire_block(&mut random, block, &groups, &factors, scale, &mut contacts);
    }
    let connectome = Connectome::new(neurons, contacts)?;
    let panel = odours::draw_panel(&mut Random::new(seed, &[PANEL]), &statistics.panel, scale);
    let mut manifest = Manifest::describe(
        &statistics.dataset,
        SourceKind::Statistics,
        &connectome,
        &panel,
    );
    manifest.seed = Some(seed);
    manifest.scale = Some(scale);
    Ok(DataSet {
        connectome,
        panel,
        manifest,
        individual: Individual::Sampled { seed, scale },
    })
}

/// A drawn group: the range of its neurons.
struct Group {
    first: u32,
    neurons: u32,
    typed: bool,
    population: String,
}

impl Group {
    /// Neurons alternate between left and right over the whole population.
    fn on_side(&self, right: bool) -> Vec<u32> {
        (self.first..self.first + self.neurons)
            .filter(|&neuron| is_right(neuron) == right)
            .collect()
    }

    /// Receptor type of a neuron of a typed group.
    const fn kind(&self, neuron: u32) -> u32 {
        (neuron - self.first) / 2
    }
}

const fn is_right(neuron: u32) -> bool {
    neuron % 2 == 1
}

fn make_neurons(statistics: &Statistics, scale: u32) -> (Vec<Neuron>, Vec<Group>) {
    let mut neurons: Vec<Neuron> = Vec::new();
    let mut groups = Vec::new();
    for group in &statistics.groups {
        let first = neurons.len() as u32;
        let count = group.neurons * scale;
        for neuron in first..first + count {
            let kind = if group.typed {
                odours::receptor_name(((neuron - first) / 2 + 1) as usize)
            } else {
                String::new()
            };
            let homologue = neuron ^ 1;
            let paired = (first..first + count).contains(&homologue);
            neurons.push(Neuron {
                id: u64::from(neuron) + 1,
                population: group.population.clone(),
                side: if is_right(neuron) {
                    Side::Right
                } else {
                    Side::Left
                },
                class: group.name.clone(),
                name: format!("drawn {} {}", group.population, neuron + 1),
                glomerulus: kind,
                transmitter: String::new(),
                partner: (group.typed && paired).then_some(u64::from(homologue) + 1),
            });
        }
        groups.push(Group {
            first,
            neurons: count,
            typed: group.typed,
            population: group.population.clone(),
        });
    }
    (neurons, groups)
}

/// One common factor per neuron: how strongly it is connected within its group.
fn draw_factors(seed: u64, groups: &[Group]) -> Vec<Vec<f64>> {
    groups
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let mut random = Random::new(seed, &[FACTORS, index as u64]);
            (0..group.neurons).map(|_| random.normal()).collect()
        })
        .collect()
}

fn wire_block(
    random: &mut Random,
    block: &BlockStatistics,
    groups: &[Group],
    factors: &[Vec<f64>],
    scale: u32,
    contacts: &mut Vec<Contact>,
) {
    let (source, target) = (&groups[block.source], &groups[block.target]);
    let typed = source.typed && target.typed && source.population != target.population;
    let allowed = |from: u32, to: u32| {
        let same_side = is_right(from) == is_right(to);
        let same_type = typed && source.kind(from) == target.kind(to);
        same_side == block.same_side && same_type == block.same_type
    };
    let mut taken = Taken::default();
    let mut edges: Vec<(u32, u32, u8)> = Vec::new();
    for layer in &block.layers {
        let wanted = layer.edges as usize * scale as usize;
        let found = if let (Some(out), Some(into)) = (&layer.out_degrees, &layer.in_degrees) {
            let out = draw_degrees(random, out, &factors[block.source]);
            let into = draw_degrees(random, into, &factors[block.target]);
            let mut found = Vec::new();
            for right in [false, true] {
                let with = |group: &Group, degrees: &[u32], right: bool| -> Vec<(u32, u32)> {
                    let degree = |neuron: u32| degrees[(neuron - group.first) as usize];
                    group
                        .on_side(right)
                        .into_iter()
                        .map(|n| (n, degree(n)))
                        .collect()
                };
                let sources = with(source, &out, right);
                let targets = with(target, &into, right == block.same_side);
                found.extend(match_degrees(
                    random, &sources, &targets, &mut taken, allowed,
                ));
            }
            found
        } else if block.same_type {
            same_type_pairs(random, source, target, block.same_side, wanted, &mut taken)
        } else {
            random_pairs(random, source, target, wanted, &mut taken, allowed)
        };
        edges.extend(
            found
                .into_iter()
                .map(|(from, to)| (from, to, layer.compartments)),
        );
    }
    let first = contacts.len();
    contacts.extend(edges.iter().map(|&(source, target, _)| Contact {
        source,
        target,
        counts: [0; 4],
    }));
    for (bit, histogram) in block.contacts.iter().enumerate() {
        let mut members: Vec<usize> = (0..edges.len())
            .filter(|&edge| edges[edge].2 >> bit & 1 == 1)
            .collect();
        random.shuffle(&mut members);
        // Evenly spread positions: the total varies less than that of independent draws.
        for (rank, &edge) in members.iter().enumerate() {
            let position = (rank as f64 + random.uniform()) / members.len() as f64;
            contacts[first + edge].counts[bit] = histogram.at(position);
        }
    }
}

/// Edges between neurons of the same type: a random choice of all such pairs.
fn same_type_pairs(
    random: &mut Random,
    source: &Group,
    target: &Group,
    same_side: bool,
    wanted: usize,
    taken: &mut Taken,
) -> Vec<(u32, u32)> {
    let mut of_type: HashMap<u32, Vec<u32>> = HashMap::new();
    for to in target.first..target.first + target.neurons {
        of_type.entry(target.kind(to)).or_default().push(to);
    }
    let mut pairs: Vec<(u32, u32)> = (source.first..source.first + source.neurons)
        .flat_map(|from| {
            let targets = of_type.get(&source.kind(from)).cloned().unwrap_or_default();
            targets.into_iter().map(move |to| (from, to))
        })
        .filter(|&(from, to)| (is_right(from) == is_right(to)) == same_side)
        .collect();
    random.shuffle(&mut pairs);
    pairs.retain(|&(from, to)| taken.insert(from, to));
    // Pairs beyond the wanted number stay free for the other layers of the block.
    for &(from, to) in pairs.iter().skip(wanted) {
        taken.remove(from, to);
    }
    pairs.truncate(wanted);
    pairs
}

/// Edges placed anywhere in the block.
fn random_pairs(
    random: &mut Random,
    source: &Group,
    target: &Group,
    wanted: usize,
    taken: &mut Taken,
    allowed: impl Fn(u32, u32) -> bool,
) -> Vec<(u32, u32)> {
    let mut found = Vec::with_capacity(wanted);
    for _ in 0..wanted * 200 {
        if found.len() == wanted {
            break;
        }
        let from = source.first + random.below(source.neurons as usize) as u32;
        let to = target.first + random.below(target.neurons as usize) as u32;
        if allowed(from, to) && taken.insert(from, to) {
            found.push((from, to));
        }
    }
    found
}
