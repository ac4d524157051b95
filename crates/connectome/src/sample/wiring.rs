//! Drawing edges: degrees from histograms, then a random matching of their ends without duplicates.

use std::collections::HashSet;

use crate::random::Random;
use crate::sample::statistics::Degrees;

/// Swaps tried for an edge that exists already or is not allowed, and then places for each of its ends.
const TRIES: usize = 400;

/// Ordered pairs that are taken.
#[derive(Default)]
pub(crate) struct Taken(HashSet<u64>);

impl Taken {
    const fn key(source: u32, target: u32) -> u64 {
        (source as u64) << 32 | target as u64
    }

    /// Takes a pair; `false` if it was taken already.
    pub fn insert(&mut self, source: u32, target: u32) -> bool {
        self.0.insert(Self::key(source, target))
    }

    fn contains(&self, source: u32, target: u32) -> bool {
        self.0.contains(&Self::key(source, target))
    }

    /// Gives a pair back.
    pub fn remove(&mut self, source: u32, target: u32) {
        self.0.remove(&Self::key(source, target));
    }
}

/// A degree for every neuron of a group. Neurons are ranked by the common factor of the group (as far
/// as the layer depends on it) and take their degrees at evenly spread positions of the histogram, so
/// that totals vary less than independent draws would.
pub(crate) fn draw_degrees(random: &mut Random, degrees: &Degrees, factor: &[f64]) -> Vec<u32> {
    let loading = degrees.loading.clamp(-1.0, 1.0);
    let own = (1.0 - loading * loading).sqrt();
    let scores: Vec<f64> = factor
        .iter()
        .map(|common| loading * common + own * random.normal())
        .collect();
    let mut order: Vec<usize> = (0..factor.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut drawn = vec![0; factor.len()];
    for (rank, &neuron) in order.iter().enumerate() {
        let position = (rank as f64 + random.uniform()) / factor.len() as f64;
        drawn[neuron] = degrees.histogram.at(position);
    }
    drawn
}

/// Edges between `sources` and `targets` with these degrees as nearly as possible. Pairs that are taken
/// or not `allowed` are avoided by swapping. An edge for which no swap helps (layers of a dense block
/// compete for pairs) gives up one of its ends, so that the number of edges is kept before the degrees.
pub(crate) fn match_degrees(
    random: &mut Random,
    sources: &[(u32, u32)],
    targets: &[(u32, u32)],
    taken: &mut Taken,
    allowed: impl Fn(u32, u32) -> bool,
) -> Vec<(u32, u32)> {
    let total = |ends: &[(u32, u32)]| {
        ends.iter()
            .map(|&(_, degree)| u64::from(degree))
            .sum::<u64>()
    };
    // The mean of both totals, halves rounded at random lest the number of edges be biased.
    let goal = (total(sources) + total(targets) + random.below(2) as u64) / 2;
    let mut from = stubs(random, sources, goal);
    let mut to = stubs(random, targets, goal);
    let count = from.len().min(to.len());
    random.shuffle(&mut to);
    let mut placed = vec![false; count];
    let mut waiting = Vec::new();
    for edge in 0..count {
        if allowed(from[edge], to[edge]) && taken.insert(from[edge], to[edge]) {
            placed[edge] = true;
        } else {
            waiting.push(edge);
        }
    }
    for edge in waiting {
        for _ in 0..TRIES {
            let other = random.below(count);
            if other == edge {
                continue;
            }
            let (one, two) = ((from[edge], to[other]), (from[other], to[edge]));
            let free =
                |pair: (u32, u32)| allowed(pair.0, pair.1) && !taken.contains(pair.0, pair.1);
            // The other edge must stay an edge if it was one.
            if !free(one) || one == two || (placed[other] && !free(two)) {
                continue;
            }
            if placed[other] {
                taken.remove(from[other], to[other]);
                taken.insert(two.0, two.1);
            }
            to.swap(edge, other);
            taken.insert(one.0, one.1);
            placed[edge] = true;
            break;
        }
    }
    for edge in (0..count).filter(|&edge| !placed[edge]).collect::<Vec<_>>() {
        for attempt in 0..3 * TRIES {
            let (mut source, mut target) = (from[edge], to[edge]);
            if !(TRIES..2 * TRIES).contains(&attempt) {
                source = sources[random.below(sources.len())].0;
            }
            if attempt >= TRIES {
                target = targets[random.below(targets.len())].0;
            }
            if allowed(source, target) && taken.insert(source, target) {
                (from[edge], to[edge], placed[edge]) = (source, target, true);
                break;
            }
        }
    }
    (0..count)
        .filter(|&edge| placed[edge])
        .map(|edge| (from[edge], to[edge]))
        .collect()
}

/// The ends of edges, each neuron as often as its degree, adjusted at random to `goal` ends in all.
fn stubs(random: &mut Random, ends: &[(u32, u32)], goal: u64) -> Vec<u32> {
    let mut stubs: Vec<u32> = ends
        .iter()
        .flat_map(|&(neuron, degree)| (0..degree).map(move |_| neuron))
        .collect();
    if stubs.is_empty() {
        return stubs;
    }
    // Repeating or removing a stub prefers neurons of high degree, which have them to spare.
    while (stubs.len() as u64) < goal {
        stubs.push(stubs[random.below(stubs.len())]);
    }
    while stubs.len() as u64 > goal {
        stubs.swap_remove(random.below(stubs.len()));
    }
    stubs
}
