//! Named subsets of populations.

use kenyon_connectome::{Edge, Neuron};

use super::compile::Compiler;
use crate::file::{CircuitError, GroupEntry, GroupRule};

impl Compiler<'_> {
    /// Name and members of each group of the circuit.
    pub fn groups(&self) -> Result<Vec<(String, Vec<bool>)>, CircuitError> {
        let members = |entry: &GroupEntry| {
            let population = entry.population.get_ref();
            let neurons = &self.connectome.neurons()
                [self.connectome.population(population).unwrap_or_default()];
            let members = match (entry.rule, &entry.target, &entry.field) {
                (GroupRule::FanOutQuantile, Some(target), _) => {
                    let compartments = self.circuit.compartments(&entry.compartments)?;
                    let edges = self
                        .connectome
                        .edges(population, target.get_ref(), compartments);
                    fan_out_members(&edges, neurons.len(), entry.quantile.unwrap_or_default())
                }
                (GroupRule::Annotation, _, Some(field)) => {
                    let annotation = |neuron: &Neuron| {
                        match field.get_ref().as_str() {
                        "class" => Ok(neuron.class.clone()),
                        "transmitter" => Ok(neuron.transmitter.clone()),
                        "glomerulus" => Ok(neuron.glomerulus.clone()),
                        "name" => Ok(neuron.name.clone()),
                        "id" => Ok(neuron.id.to_string()),
                        other => Err(self.circuit.meaning(
                            field,
                            format!("\"{other}\" is no annotation; use class, transmitter, glomerulus, name or id"),
                        )),
                    }
                    };
                    neurons
                        .iter()
                        .map(|neuron| Ok(entry.values.contains(&annotation(neuron)?)))
                        .collect::<Result<_, CircuitError>>()?
                }
                _ => unreachable!("`check` has seen what each rule needs"),
            };
            Ok((entry.name.get_ref().clone(), members))
        };
        self.circuit.group.iter().map(members).collect()
    }
}

/// Members of a group that `check` has looked up.
pub(super) fn members<'a>(groups: &'a [(String, Vec<bool>)], name: &str) -> &'a [bool] {
    groups
        .iter()
        .find(|(other, _)| other == name)
        .map(|(_, members)| members.as_slice())
        .expect("`check` has looked up every group")
}

/// Neurons with at least one target whose number of targets is at or below the quantile of those
/// numbers (linear interpolation, spec/model.md section 5.2).
fn fan_out_members(edges: &[Edge], neurons: usize, quantile: f64) -> Vec<bool> {
    let mut fan_out = vec![0_u32; neurons];
    for edge in edges {
        fan_out[edge.source as usize] += 1;
    }
    let mut connected: Vec<u32> = fan_out
        .iter()
        .copied()
        .filter(|&targets| targets > 0)
        .collect();
    connected.sort_unstable();
    let Some(last) = connected.len().checked_sub(1) else {
        return vec![false; neurons];
    };
    let place = quantile * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (
        f64::from(connected[below]),
        f64::from(connected[(below + 1).min(last)]),
    );
    let threshold = low + (high - low) * (place - below as f64);
    fan_out
        .iter()
        .map(|&targets| targets > 0 && f64::from(targets) <= threshold)
        .collect()
}
