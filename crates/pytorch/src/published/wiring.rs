//! Whether the matrices and masks in a checkpoint are those of a connectome.

use kenyon_circuit::Network;
use kenyon_connectome::{Compartment, CompartmentSet, Connectome};

use super::names::{EXCITATORY_MASK, GAP_MASKS, pathway, split};
use crate::Tensor;

/// The group that the sign rule makes.
const EXCITATORY: &str = "excitatory LN";

/// What a comparison came to.
pub(super) enum Comparison {
    /// The same connections.
    Equal,
    /// Something else than connections.
    NotWiring,
    /// Other connections; how so.
    Different(String),
}

/// Compares a tensor of a checkpoint with what the connectome has under its name.
pub(super) fn compare(
    key: &str,
    tensor: &Tensor,
    network: &Network,
    connectome: &Connectome,
) -> Comparison {
    let (module, last) = split(key);
    let expected = if last == EXCITATORY_MASK {
        let group = network.group(EXCITATORY).unwrap_or_default();
        let members = group.iter().map(|&it| f64::from(u8::from(it))).collect();
        Some((vec![group.len()], members))
    } else if let Some((_, name)) = GAP_MASKS.iter().find(|(mask, _)| *mask == last) {
        gap_mask(network, name)
    } else {
        pathway(module).and_then(|name| counts(name, network, connectome))
    };
    let Some((shape, expected)) = expected else {
        return Comparison::NotWiring;
    };
    if tensor.shape() != shape {
        // Constants of a pathway are single numbers; matrices of another size are another wiring.
        return match tensor.shape().len() == shape.len() {
            true => Comparison::Different(format!("{:?} instead of {shape:?}", tensor.shape())),
            false => Comparison::NotWiring,
        };
    }
    let values = tensor.to_f64();
    // A matrix with signs or without a zero holds weights or something else.
    if values
        .iter()
        .any(|value| !value.is_finite() || *value < 0.0)
    {
        return Comparison::NotWiring;
    }
    let pairs = || values.iter().zip(&expected);
    let other = pairs().filter(|(a, b)| (**a > 0.0) != (**b > 0.0)).count();
    if other > 0 {
        return Comparison::Different(format!("{other} connections differ"));
    }
    // Raw counts, not normalised ones or a mask: they must be equal too.
    let counted =
        values.iter().all(|value| value.fract() == 0.0) && values.iter().any(|&it| it > 1.0);
    let other = pairs().filter(|(a, b)| a != b).count();
    if counted && other > 0 {
        return Comparison::Different(format!("{other} numbers of contacts differ"));
    }
    Comparison::Equal
}

type Matrix = (Vec<usize>, Vec<f64>);

/// The contacts of a pathway, sources by targets.
fn counts(name: &str, network: &Network, connectome: &Connectome) -> Option<Matrix> {
    let entries = &network.circuit().pathway;
    let entry = entries.iter().find(|entry| entry.name.get_ref() == name)?;
    let (source, target) = (entry.source.get_ref(), entry.target.get_ref());
    let codes = entry.compartments.iter();
    let compartments: Vec<Compartment> = codes
        .filter_map(|code| Compartment::from_code(code.get_ref()))
        .collect();
    let size = |name: &str| network.population(name).map(|it| it.range.len());
    let (rows, columns) = (size(source)?, size(target)?);
    let member = |group: Option<&str>, source: u32| -> Option<bool> {
        network.group(group?)?.get(source as usize).copied()
    };
    let inside = entry.source_group.as_ref().map(|it| it.get_ref().as_str());
    let outside = entry.source_outside_group.as_ref();
    let outside = outside.map(|it| it.get_ref().as_str());
    let mut values = vec![0.0; rows * columns];
    for edge in connectome.edges(source, target, CompartmentSet::of(&compartments)) {
        if member(inside, edge.source) == Some(false) || member(outside, edge.source) == Some(true)
        {
            continue;
        }
        let place = edge.source as usize * columns + edge.target as usize;
        *values.get_mut(place)? = f64::from(edge.contacts);
    }
    Some((vec![rows, columns], values))
}

/// The mask of a set of gap junctions; symmetric within one population.
fn gap_mask(network: &Network, name: &str) -> Option<Matrix> {
    let entries = &network.circuit().gap_junction;
    let entry = entries.iter().find(|entry| entry.name.get_ref() == name)?;
    let [first, second] = &entry.between;
    let range = |name: &str| network.population(name).map(|it| it.range.clone());
    let (rows, columns) = (range(first.get_ref())?, range(second.get_ref())?);
    let set = network
        .gap_junctions()
        .iter()
        .find(|set| set.name == name)?;
    let mut values = vec![0.0; rows.len() * columns.len()];
    for &(one, other) in &set.pairs {
        for (row, column) in [
            (one as usize, other as usize),
            (other as usize, one as usize),
        ] {
            if rows.contains(&row) && columns.contains(&column) {
                let place = (row - rows.start) * columns.len() + column - columns.start;
                values[place] = 1.0;
            }
        }
    }
    Some((vec![rows.len(), columns.len()], values))
}
