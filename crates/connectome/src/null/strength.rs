//! Given strengths: single contacts whose places on the targets are dealt out anew.
//!
//! Without a diagonal a shuffle is uniform. With one, some deals are not allowed, and those that are have no
//! direct way of being drawn: a chain picks two contacts and swaps their targets, or, once in
//! [`ROTATIONS`] steps, three and rotates them, unless an autapse would arise; then nothing happens, but
//! the step counts. A step is as likely as its reverse, and the two moves reach every allowed deal (Aoki &
//! Takemura 2005, J. Stat. Comput. Simul. 75), so all are equally likely in the long run.

use crate::null::NullError;
use crate::null::matrix::{Entry, Matrix};
use crate::null::mixing::{Trace, chain_length};
use crate::random::Random;

/// One in so many steps of the chain rotates three contacts.
const ROTATIONS: usize = 10;

/// Most contacts of one matrix in one compartment.
const LARGEST: u64 = 100_000_000;

/// Draws each compartment of the matrix on its own.
pub(crate) fn draw(
    random: &mut Random,
    matrix: &Matrix,
    per_contact: f64,
) -> Result<(Vec<Entry>, Option<Trace>), NullError> {
    let (movable, mut result) = matrix.split_autapses();
    let square = matrix.selector.is_square();
    let mut sum = Trace::default();
    for compartment in 0..4 {
        let contacts: u64 = (movable.iter())
            .map(|entry| u64::from(entry.counts[compartment]))
            .sum();
        if contacts > LARGEST {
            return Err(NullError::TooManyContacts {
                matrix: matrix.selector.to_string(),
                contacts,
                largest: LARGEST,
            });
        }
        let mut units = Units::new(&movable, compartment);
        if square {
            sum.add(&units.mix(random, per_contact));
        } else {
            random.shuffle(&mut units.targets);
        }
        result.extend(units.collect(compartment));
    }
    Ok((join(result), square.then_some(sum)))
}

/// One entry per pair, its contacts added up.
fn join(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_unstable();
    entries.dedup_by(|next, kept| {
        let same = (next.source, next.target) == (kept.source, kept.target);
        if same {
            for (sum, count) in kept.counts.iter_mut().zip(next.counts) {
                *sum += count;
            }
        }
        same
    });
    entries
}

/// Single contacts: source and target of each.
struct Units {
    sources: Vec<u32>,
    targets: Vec<u32>,
}

impl Units {
    fn new(entries: &[Entry], compartment: usize) -> Self {
        let ends = |end: fn(&Entry) -> u32| {
            entries
                .iter()
                .flat_map(|entry| {
                    std::iter::repeat_n(end(entry), entry.counts[compartment] as usize)
                })
                .collect()
        };
        Self {
            sources: ends(|entry| entry.source),
            targets: ends(|entry| entry.target),
        }
    }

    /// Runs the chain, which starts with the original.
    fn mix(&mut self, random: &mut Random, per_contact: f64) -> Trace {
        let size = self.targets.len();
        let steps = if size < 2 {
            0
        } else {
            chain_length(per_contact, size)
        };
        let original = self.targets.clone();
        Trace::run(
            self,
            size,
            steps,
            |units| units.step(random),
            |units| {
                let pairs = units.targets.iter().zip(&original);
                pairs.filter(|(now, then)| now == then).count() as u64
            },
        )
    }

    /// One step; `true` if a contact has another target.
    fn step(&mut self, random: &mut Random) -> bool {
        let size = self.targets.len();
        if random.below(ROTATIONS) > 0 {
            let (one, other) = (random.below(size), random.below(size));
            let (to_one, to_other) = (self.targets[other], self.targets[one]);
            let allowed = self.sources[one] != to_one && self.sources[other] != to_other;
            if allowed {
                self.targets.swap(one, other);
            }
            return allowed && to_one != to_other;
        }
        let picked: [usize; 3] = std::array::from_fn(|_| random.below(size));
        let [one, two, three] = picked;
        if one == two || two == three || three == one {
            return false;
        }
        let next = [self.targets[two], self.targets[three], self.targets[one]];
        let allowed = (picked.iter().zip(next)).all(|(&unit, target)| self.sources[unit] != target);
        let changes = (picked.iter().zip(next)).any(|(&unit, target)| self.targets[unit] != target);
        if allowed {
            for (unit, target) in picked.into_iter().zip(next) {
                self.targets[unit] = target;
            }
        }
        allowed && changes
    }

    /// One entry per contact.
    fn collect(&self, compartment: usize) -> impl Iterator<Item = Entry> {
        (self.sources.iter().zip(&self.targets)).map(move |(&source, &target)| {
            let mut counts = [0; 4];
            counts[compartment] = 1;
            Entry {
                source,
                target,
                counts,
            }
        })
    }
}
