//! The figures of a certificate, measured on the original and on the result.

use std::collections::{BTreeMap, HashSet};

use crate::null::certificate::{
    Certificate, Change, DirectShortcuts, Invariant, InvariantCheck, MatrixCertificate, Overlap,
};
use crate::null::matrix::{Counts, Entry, Matrix, Selection};
use crate::null::mixing::Trace;
use crate::null::{Family, NullError};
use crate::{Connectome, Contact};

/// Contacts by compartment, added up.
type Strength = [u64; 4];

fn add(sum: &mut Strength, counts: Counts) {
    for (sum, count) in sum.iter_mut().zip(counts) {
        *sum += u64::from(count);
    }
}

/// Everything about a matrix that an invariant compares.
struct Profile {
    out_degrees: Vec<u64>,
    in_degrees: Vec<u64>,
    out_strengths: Vec<Strength>,
    in_strengths: Vec<Strength>,
    total: Strength,
    /// The contacts of all edges, sorted.
    counts: Vec<Counts>,
    graph: Vec<(u32, u32)>,
    autapses: Vec<Entry>,
    blocks: BTreeMap<(usize, usize), (u64, Strength)>,
}

impl Profile {
    fn of(matrix: &Matrix) -> Self {
        let (rows, columns) = (matrix.rows.len(), matrix.columns.len());
        let mut profile = Self {
            out_degrees: vec![0; rows],
            in_degrees: vec![0; columns],
            out_strengths: vec![[0; 4]; rows],
            in_strengths: vec![[0; 4]; columns],
            total: [0; 4],
            counts: matrix.entries.iter().map(|entry| entry.counts).collect(),
            graph: (matrix.entries.iter())
                .map(|entry| (entry.source, entry.target))
                .collect(),
            autapses: matrix.split_autapses().1,
            blocks: BTreeMap::new(),
        };
        profile.counts.sort_unstable();
        for entry in &matrix.entries {
            let (source, target) = (entry.source as usize, entry.target as usize);
            profile.out_degrees[source] += 1;
            profile.in_degrees[target] += 1;
            let (edges, contacts) = profile.blocks.entry(matrix.block(entry)).or_default();
            *edges += 1;
            for sum in [
                &mut profile.out_strengths[source],
                &mut profile.in_strengths[target],
                &mut profile.total,
                contacts,
            ] {
                add(sum, entry.counts);
            }
        }
        profile
    }

    fn keeps(&self, other: &Self, invariant: Invariant) -> bool {
        match invariant {
            Invariant::EdgeCount => self.graph.len() == other.graph.len(),
            Invariant::ContactCount => self.total == other.total,
            Invariant::CountMultiset => self.counts == other.counts,
            Invariant::OutDegrees => self.out_degrees == other.out_degrees,
            Invariant::InDegrees => self.in_degrees == other.in_degrees,
            Invariant::OutDegreeSequence => same_sorted(&self.out_degrees, &other.out_degrees),
            Invariant::InDegreeSequence => same_sorted(&self.in_degrees, &other.in_degrees),
            Invariant::OutStrengths => self.out_strengths == other.out_strengths,
            Invariant::InStrengths => self.in_strengths == other.in_strengths,
            Invariant::OutStrengthSequence => {
                same_sorted(&self.out_strengths, &other.out_strengths)
            }
            Invariant::InStrengthSequence => same_sorted(&self.in_strengths, &other.in_strengths),
            Invariant::Graph => self.graph == other.graph,
            Invariant::BlockEdges => {
                let edges = |profile: &Self| -> Vec<_> {
                    let blocks = profile.blocks.iter();
                    blocks.map(|(&block, &(edges, _))| (block, edges)).collect()
                };
                edges(self) == edges(other)
            }
            Invariant::BlockContacts => {
                let contacts = |profile: &Self| -> Vec<_> {
                    let blocks = profile.blocks.iter();
                    blocks.map(|(&block, &(_, sum))| (block, sum)).collect()
                };
                contacts(self) == contacts(other)
            }
            Invariant::Autapses => self.autapses == other.autapses,
        }
    }

    fn contacts(&self) -> u64 {
        self.total.iter().sum()
    }
}

fn same_sorted<T: Ord + Clone>(one: &[T], other: &[T]) -> bool {
    let sorted = |values: &[T]| {
        let mut values = values.to_vec();
        values.sort_unstable();
        values
    };
    sorted(one) == sorted(other)
}

/// Compares a matrix of the original with that of the result.
///
/// # Errors
/// [`NullError::Certificate`] if the family promises what does not hold.
pub(crate) fn compare(
    family: &Family,
    before: &Matrix,
    after: &Matrix,
    trace: Option<&Trace>,
) -> Result<MatrixCertificate, NullError> {
    let (one, other) = (Profile::of(before), Profile::of(after));
    let square = before.selector.is_square();
    let mut invariants = Vec::with_capacity(Invariant::ALL.len());
    for invariant in Invariant::ALL {
        if invariant == Invariant::Autapses && !square {
            continue;
        }
        let check = InvariantCheck {
            invariant,
            claimed: family.claims(invariant),
            held: one.keeps(&other, invariant),
        };
        if check.claimed && !check.held {
            return Err(NullError::Certificate {
                matrix: before.selector.to_string(),
                invariant: invariant.to_string(),
            });
        }
        invariants.push(check);
    }
    Ok(MatrixCertificate {
        name: before.selector.to_string(),
        matrix: before.selector.clone(),
        edges: Change {
            before: one.graph.len() as u64,
            after: other.graph.len() as u64,
        },
        contacts: Change {
            before: one.contacts(),
            after: other.contacts(),
        },
        invariants,
        overlap: overlap(&before.entries, &after.entries),
        autapses: square.then_some(Change {
            before: one.autapses.len() as u64,
            after: other.autapses.len() as u64,
        }),
        reciprocity: square.then(|| Change {
            before: reciprocity(&one.graph),
            after: reciprocity(&other.graph),
        }),
        mixing: trace.map(Trace::report),
    })
}

fn overlap(before: &[Entry], after: &[Entry]) -> Overlap {
    let pair = |entry: &Entry| (entry.source, entry.target);
    let (mut edges, mut unchanged) = (0_usize, 0_usize);
    for entry in before {
        if let Ok(place) = after.binary_search_by_key(&pair(entry), pair) {
            edges += 1;
            unchanged += usize::from(after[place].counts == entry.counts);
        }
    }
    let share = |count: usize| match before.len() {
        0 => 1.0,
        all => count as f64 / all as f64,
    };
    Overlap {
        edges: share(edges),
        unchanged: share(unchanged),
    }
}

fn reciprocity(graph: &[(u32, u32)]) -> f64 {
    let (mut edges, mut reciprocal) = (0_usize, 0_usize);
    for &(source, target) in graph.iter().filter(|(source, target)| source != target) {
        edges += 1;
        reciprocal += usize::from(graph.binary_search(&(target, source)).is_ok());
    }
    reciprocal as f64 / edges.max(1) as f64
}

/// Compares all of the connectome and completes the certificate.
///
/// # Errors
/// [`NullError::Certificate`] if something outside the matrices changed or a pathway was added.
pub(crate) fn certify(
    family: Family,
    seed: Option<u64>,
    matrices: Vec<MatrixCertificate>,
    before: &Connectome,
    after: &Connectome,
    selection: &Selection,
) -> Result<Certificate, NullError> {
    let fault = |invariant: &str| NullError::Certificate {
        matrix: "the connectome".to_owned(),
        invariant: invariant.to_owned(),
    };
    let rest = |connectome: &Connectome| -> Vec<(u32, u32, Counts)> {
        let contacts = connectome.contacts().iter();
        contacts
            .map(|contact| (contact.source, contact.target, selection.rest(contact)))
            .filter(|&(_, _, counts)| counts != [0; 4])
            .collect()
    };
    let rest_unchanged = before.neurons() == after.neurons() && rest(before) == rest(after);
    if !rest_unchanged {
        return Err(fault("everything outside the matrices"));
    }
    let direct_shortcuts = shortcuts(before, after, selection);
    if direct_shortcuts.new_pathway_edges > 0 {
        return Err(fault("the set of pathways"));
    }
    Ok(Certificate {
        family,
        seed,
        matrices,
        direct_shortcuts,
        rest_unchanged,
    })
}

fn shortcuts(before: &Connectome, after: &Connectome, selection: &Selection) -> DirectShortcuts {
    let mut pathways = vec![[false; 4]; selection.pairs()];
    let mut connected = HashSet::new();
    for contact in before.contacts() {
        connected.insert((contact.source, contact.target));
        let pathway = &mut pathways[selection.pair(contact)];
        for (exists, count) in pathway.iter_mut().zip(contact.counts) {
            *exists |= count > 0;
        }
    }
    let is_new = |contact: &Contact| !connected.contains(&(contact.source, contact.target));
    let new_edges = |contact: &Contact| {
        let pathway = pathways[selection.pair(contact)];
        let members = contact.counts.iter().zip(pathway);
        members
            .filter(|&(&count, exists)| count > 0 && !exists)
            .count() as u64
    };
    DirectShortcuts {
        new_pathway_edges: after.contacts().iter().map(new_edges).sum(),
        new_direct_contacts: after.contacts().iter().filter(|c| is_new(c)).count() as u64,
    }
}
