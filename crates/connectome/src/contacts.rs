//! The contacts of the selected neurons: five matrices that must agree.

use std::collections::HashMap;

use crate::archive::Archive;
use crate::descriptor::{Descriptor, FileDescriptor};
use crate::matrix::{Cell, read_matrix};
use crate::{Compartment, Contact, DataError, Neuron};

/// Reads the five matrices in parallel and joins the four compartment matrices.
pub(crate) fn read_contacts(
    archive: &Archive,
    descriptor: &Descriptor,
    neurons: &[Neuron],
) -> Result<Vec<Contact>, DataError> {
    let expected = &descriptor.archive;
    let read_one = |member: &FileDescriptor| {
        archive.member(member, |reader| {
            read_matrix(reader, &member.path, neurons, expected.matrix_size, &|| {})
                .map(|read| read.cells)
        })
    };
    // Errors are reported in the order of the files, whichever thread meets one first.
    let members = [
        &expected.aa,
        &expected.ad,
        &expected.da,
        &expected.dd,
        &expected.all,
    ];
    let matrices: Vec<Vec<Cell>> = std::thread::scope(|scope| {
        let handles: Vec<_> = members
            .iter()
            .map(|&member| scope.spawn(move || read_one(member)))
            .collect();
        handles
            .into_iter()
            .map(|handle| match handle.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect::<Result<_, DataError>>()
    })?;
    let mut counts: HashMap<(u32, u32), [u32; 4]> = HashMap::new();
    for (compartment, cells) in Compartment::ALL.into_iter().zip(&matrices) {
        for cell in cells {
            counts.entry((cell.source, cell.target)).or_default()[compartment as usize] =
                cell.count;
        }
    }
    let all: HashMap<(u32, u32), u32> = matrices[4]
        .iter()
        .map(|cell| ((cell.source, cell.target), cell.count))
        .collect();
    // The lowest pair is reported, so that the message does not depend on hash order.
    let mismatch = counts
        .iter()
        .map(|(&pair, counts)| {
            (
                pair,
                counts.iter().sum(),
                all.get(&pair).copied().unwrap_or(0),
            )
        })
        .chain(
            all.iter()
                .filter(|(pair, _)| !counts.contains_key(pair))
                .map(|(&pair, &count)| (pair, 0, count)),
        )
        .filter(|&(_, parts, all): &(_, u32, u32)| parts != all)
        .min();
    if let Some(((from, to), parts, all)) = mismatch {
        let (from, to) = (neurons[from as usize].id, neurons[to as usize].id);
        return Err(DataError::SumMismatch {
            from,
            to,
            parts,
            all,
        });
    }
    Ok(counts
        .into_iter()
        .map(|((source, target), counts)| Contact {
            source,
            target,
            counts,
        })
        .collect())
}
