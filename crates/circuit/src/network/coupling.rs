//! Gap junctions: which pairs a rule couples.

use super::compile::Compiler;
use super::groups::members;
use super::{GapJunction, Population};
use crate::file::{CircuitError, GapJunctionEntry, GapRule};

impl Compiler<'_> {
    /// Compiles the sets of gap junctions, in the order of the circuit.
    pub fn gap_junctions(
        &mut self,
        populations: &[Population],
        groups: &[(String, Vec<bool>)],
    ) -> Result<Vec<GapJunction>, CircuitError> {
        let mut sets = Vec::new();
        for entry in &self.circuit.gap_junction {
            let pairs = self.coupled_pairs(entry, groups)?;
            let start = |side: usize| {
                populations[self.position(entry.between[side].get_ref())]
                    .range
                    .start as u32
            };
            let (first, second) = (start(0), start(1));
            let mut populations: Vec<usize> = entry
                .between
                .iter()
                .map(|side| self.position(side.get_ref()))
                .collect();
            populations.dedup();
            let name = entry.name.get_ref().clone();
            let conductance = self
                .push(format!("gap.{name}"), Vec::new(), "S", &entry.conductance_s)
                .start;
            let pairs = pairs
                .into_iter()
                .map(|(a, b)| (first + a, second + b))
                .collect();
            sets.push(GapJunction {
                name,
                pairs,
                populations,
                conductance,
            });
        }
        Ok(sets)
    }

    /// Coupled pairs as positions in their populations, sorted; inside one population `a < b`.
    fn coupled_pairs(
        &self,
        entry: &GapJunctionEntry,
        groups: &[(String, Vec<bool>)],
    ) -> Result<Vec<(u32, u32)>, CircuitError> {
        let [first, second] = [entry.between[0].get_ref(), entry.between[1].get_ref()];
        let within = first == second;
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        match (entry.rule, &entry.input) {
            (GapRule::SharedInput, Some(input)) => {
                let edges = self.edges(input.get_ref(), first, &entry.compartments)?;
                for common in edges.chunk_by(|a, b| a.source == b.source) {
                    for (k, a) in common.iter().enumerate() {
                        pairs.extend(common[k + 1..].iter().map(|b| (a.target, b.target)));
                    }
                }
            }
            _ => {
                let edges = self.edges(first, second, &entry.compartments)?;
                let chosen = entry
                    .source_group
                    .as_ref()
                    .map(|name| members(groups, name.get_ref()));
                for edge in edges {
                    if chosen.is_some_and(|members| !members[edge.source as usize]) {
                        continue;
                    }
                    pairs.push((edge.source, edge.target));
                }
            }
        }
        if within {
            pairs.retain(|(a, b)| a != b);
            for pair in &mut pairs {
                *pair = (pair.0.min(pair.1), pair.0.max(pair.1));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        Ok(pairs)
    }
}
