//! Pathways: their edges, parameters and noise.

use super::compile::Compiler;
use super::groups::members;
use super::{DepressionParameters, Mechanism, Pathway, Population};
use crate::file::{CircuitError, Onto, PathwayKind, Sign};
use crate::wiring::Wiring;

impl Compiler<'_> {
    /// Compiles the pathways, in the order of the circuit.
    pub fn pathways(
        &mut self,
        populations: &[Population],
        groups: &[(String, Vec<bool>)],
    ) -> Result<Vec<Pathway>, CircuitError> {
        let mut pathways = Vec::new();
        for entry in &self.circuit.pathway {
            let name = entry.name.get_ref();
            let mut edges = self.edges(
                entry.source.get_ref(),
                entry.target.get_ref(),
                &entry.compartments,
            )?;
            for (reference, wanted) in [
                (&entry.source_group, true),
                (&entry.source_outside_group, false),
            ] {
                if let Some(reference) = reference {
                    let members = members(groups, reference.get_ref());
                    edges.retain(|edge| members[edge.source as usize] == wanted);
                }
            }
            let (source, target) = (
                self.position(entry.source.get_ref()),
                self.position(entry.target.get_ref()),
            );
            let sizes = (
                populations[source].range.len(),
                populations[target].range.len(),
            );
            let wiring = Wiring::new(edges, sizes, self.keep);
            let mechanism = match (entry.kind, &entry.strength_a, &entry.gain) {
                (PathwayKind::Chemical, Some(strength), _) => {
                    let strength = self
                        .push(format!("{name}.strength"), Vec::new(), "A", strength)
                        .start;
                    let depression = entry.depression.as_ref().and_then(|wanted| {
                        self.circuit
                            .depression
                            .iter()
                            .find(|kind| kind.name.get_ref() == wanted.get_ref())
                    });
                    let depression = depression.map(|kind| DepressionParameters {
                        recovery: self
                            .push(
                                format!("{name}.recovery"),
                                Vec::new(),
                                "s",
                                &kind.recovery_s,
                            )
                            .start,
                        release_probability: self
                            .push(
                                format!("{name}.release_probability"),
                                Vec::new(),
                                "1",
                                &kind.release_probability,
                            )
                            .start,
                    });
                    let slot = self.slot(format!("release/{name}"), sizes.1, |neuron| {
                        wiring.targets.binary_search(&neuron).is_ok()
                    });
                    Mechanism::Chemical {
                        sign: if entry.sign == Some(Sign::Inhibitory) {
                            -1.0
                        } else {
                            1.0
                        },
                        timing: entry.timing.expect("`check` has seen it"),
                        strength,
                        depression,
                        slot,
                    }
                }
                (kind, _, Some(gain)) => {
                    let gain = self
                        .push(format!("{name}.gain"), Vec::new(), "1", gain)
                        .start;
                    match kind {
                        PathwayKind::RunningRate => Mechanism::RunningRate { gain },
                        PathwayKind::Shunting => Mechanism::Shunting { gain },
                        _ => Mechanism::Graded {
                            gain,
                            scale: entry.scale.unwrap_or(1.0),
                            cap_v: entry.cap_v.unwrap_or(f64::INFINITY),
                        },
                    }
                }
                _ => unreachable!("`check` has seen what each kind needs"),
            };
            let ports = &populations[target].ports;
            let port = match (entry.kind, entry.onto) {
                (PathwayKind::Shunting, _) => &ports.divisor,
                (_, Some(Onto::Axon)) => &ports.axon,
                (_, Some(Onto::Dendrite)) if !entry.shunted => &ports.dendrite,
                _ => &ports.main,
            };
            pathways.push(Pathway {
                name: name.clone(),
                source,
                target,
                wiring,
                port: port.clone(),
                mechanism,
            });
        }
        Ok(pathways)
    }
}
