//! What is perturbed, one after the other, and how.

use kenyon_circuit::{Interventions, Network, NeuronModel, Population};
use kenyon_connectome::{Connectome, Neuron};
use serde::{Deserialize, Serialize};

use crate::error::AnalysisError;

/// Which things a screen goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Every neuron.
    Neurons,
    /// All neurons of a population that share a class.
    Classes,
    /// All neurons of a population that share a transmitter.
    Transmitters,
    /// All neurons of a population that share a glomerulus or receptor.
    Glomeruli,
    /// The named groups of the circuit file.
    Groups,
    /// Whole populations.
    Populations,
    /// Every pathway.
    Pathways,
    /// Every set of gap junctions.
    GapJunctions,
}

/// One thing that is perturbed as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is called: `KC:3`, `KC/Broad Trio`, `KC`, `pn_to_kc`.
    pub name: String,
    /// Population of its neurons; the target of a pathway, the first of a set of gap junctions.
    pub population: String,
    /// What belongs to it.
    pub members: Members,
}

/// What belongs to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// Neurons, as positions in the population.
    Neurons(Vec<usize>),
    /// The whole population.
    Population,
    /// The pathway of that name.
    Pathway,
    /// The set of gap junctions of that name.
    GapJunctions,
}

/// What is done to a target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Neurons never spike and graded ones stay at rest; pathways and gap junctions pass nothing.
    Silence,
    /// A constant current into every neuron, ampere; negative currents hyperpolarise.
    Drive(f64),
}

impl Target {
    /// The interventions of an experiment, and this one.
    #[must_use]
    pub fn interventions(&self, action: Action, before: &Interventions) -> Interventions {
        let mut changes = before.clone();
        let places: Vec<Option<usize>> = match &self.members {
            Members::Neurons(neurons) => neurons.iter().map(|&neuron| Some(neuron)).collect(),
            Members::Population => vec![None],
            Members::Pathway => {
                changes.disabled_pathways.push(self.name.clone());
                return changes;
            }
            Members::GapJunctions => {
                changes.disabled_gap_junctions.push(self.name.clone());
                return changes;
            }
        };
        let named = places
            .into_iter()
            .map(|place| (self.population.clone(), place));
        match action {
            Action::Silence => changes.silenced.extend(named),
            Action::Drive(ampere) => changes
                .currents
                .extend(named.map(|(population, place)| (population, place, ampere))),
        }
        changes
    }

    /// Whether the action is possible: graded cells take no current, and only neurons can be driven.
    #[must_use]
    pub fn allows(&self, action: Action, network: &Network) -> bool {
        let neurons = matches!(self.members, Members::Neurons(_) | Members::Population);
        let graded = network
            .population(&self.population)
            .is_none_or(|it| it.model == NeuronModel::Graded);
        match action {
            Action::Silence => true,
            Action::Drive(_) => neurons && !graded,
        }
    }
}

/// All targets of a kind, in the order of the circuit; `populations` limits them, none means all.
///
/// Neurons without the annotation that a kind goes by form one target of their own.
///
/// # Errors
/// Populations that the circuit does not have, or if nothing is left.
pub fn targets(
    network: &Network,
    connectome: &Connectome,
    kind: TargetKind,
    populations: &[String],
) -> Result<Vec<Target>, AnalysisError> {
    for name in populations {
        if network.population(name).is_none() {
            return Err(AnalysisError::UnknownPopulation { name: name.clone() });
        }
    }
    let wanted = |name: &str| populations.is_empty() || populations.iter().any(|it| it == name);
    let chosen = network.populations().iter().filter(|it| wanted(&it.name));
    let annotated = |what: &str, annotation: fn(&Neuron) -> &String| -> Vec<Target> {
        chosen
            .clone()
            .flat_map(|population| {
                let neurons = &connectome.neurons()
                    [connectome.population(&population.name).unwrap_or_default()];
                by_annotation(population, neurons, what, annotation)
            })
            .collect()
    };
    let found: Vec<Target> = match kind {
        TargetKind::Neurons => chosen
            .flat_map(|population| {
                (0..population.range.len()).map(|neuron| single(&population.name, neuron))
            })
            .collect(),
        TargetKind::Classes => annotated("class", |neuron| &neuron.class),
        TargetKind::Transmitters => annotated("transmitter", |neuron| &neuron.transmitter),
        TargetKind::Glomeruli => annotated("glomerulus", |neuron| &neuron.glomerulus),
        TargetKind::Groups => network
            .groups()
            .filter(|(_, population, _)| wanted(population))
            .map(|(name, population, members)| Target {
                name: name.to_owned(),
                population: population.to_owned(),
                members: Members::Neurons(positions(members)),
            })
            .collect(),
        TargetKind::Populations => chosen
            .map(|population| Target {
                name: population.name.clone(),
                population: population.name.clone(),
                members: Members::Population,
            })
            .collect(),
        TargetKind::Pathways => network
            .pathways()
            .iter()
            .map(|pathway| Target {
                name: pathway.name.clone(),
                population: network.populations()[pathway.target].name.clone(),
                members: Members::Pathway,
            })
            .filter(|target| wanted(&target.population))
            .collect(),
        TargetKind::GapJunctions => network
            .gap_junctions()
            .iter()
            .map(|set| Target {
                name: set.name.clone(),
                population: set
                    .population(network)
                    .map_or_else(String::new, |it| it.name.clone()),
                members: Members::GapJunctions,
            })
            .filter(|target| wanted(&target.population))
            .collect(),
    };
    if found.is_empty() {
        return Err(AnalysisError::TooFew {
            what: "targets of the screen".to_owned(),
            needed: 1,
            found: 0,
        });
    }
    Ok(found)
}

/// One neuron, by its position in its population.
#[must_use]
pub fn single(population: &str, neuron: usize) -> Target {
    Target {
        name: format!("{population}:{neuron}"),
        population: population.to_owned(),
        members: Members::Neurons(vec![neuron]),
    }
}

fn by_annotation(
    population: &Population,
    neurons: &[Neuron],
    what: &str,
    annotation: fn(&Neuron) -> &String,
) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for (position, neuron) in neurons.iter().enumerate() {
        let value = annotation(neuron);
        let name = if value.is_empty() {
            format!("{} without {what}", population.name)
        } else {
            format!("{}/{value}", population.name)
        };
        match targets.iter_mut().find(|target| target.name == name) {
            Some(Target {
                members: Members::Neurons(members),
                ..
            }) => members.push(position),
            _ => targets.push(Target {
                name,
                population: population.name.clone(),
                members: Members::Neurons(vec![position]),
            }),
        }
    }
    targets
}

fn positions(members: &[bool]) -> Vec<usize> {
    let numbered = members.iter().enumerate();
    numbered.filter(|(_, is)| **is).map(|(at, _)| at).collect()
}
