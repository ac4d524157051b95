//! What a study was, for whoever reads its results without data, circuit or program: `study.json`.

use kenyon_circuit::{Circuit, Form, Network, NeuronModel};
use kenyon_connectome::ReceptorMapping;
use kenyon_learning::TrainingSettings;
use serde::{Deserialize, Serialize};

use crate::file::CANONICAL;
use crate::plan::Plan;

/// What was run, and the network that it was run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Name of the study.
    pub study: String,
    /// What it asks.
    pub about: String,
    /// Whether fewer trials were measured.
    pub quick: bool,
    /// The experiments, in the order of the study.
    pub experiments: Vec<ExperimentDescription>,
    /// How receptors of the first experiment were assigned to neurons.
    pub mapping: ReceptorMapping,
    /// Settings that the first experiment was trained with.
    pub training: TrainingSettings,
    /// Odours of the first experiment, or what its time courses present; unless `task` says otherwise, in the order of the classes.
    pub odours: Vec<String>,
    /// Classes of the first experiment, if its odours share them or time courses have some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<ClassDescription>,
    /// The network of the first experiment.
    pub network: NetworkDescription,
}

/// Classes that odours share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassDescription {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The class of each odour.
    pub labels: Vec<usize>,
}

/// One experiment of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentDescription {
    /// Its name.
    pub name: String,
    /// The family it belongs to: draws of one null model are a family.
    pub family: String,
    /// Section of the specification, if any.
    pub section: String,
    /// What it asks.
    pub about: String,
    /// Its seeds.
    pub seeds: Vec<u64>,
    /// Number of odours.
    pub classes: usize,
    /// Names of what is measured.
    pub measurements: Vec<String>,
    /// Whether its connectome is a draw of a null model.
    pub null_model: bool,
}

/// A compiled circuit in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkDescription {
    /// Name of the circuit.
    pub circuit: String,
    /// Text of the circuit file.
    pub circuit_file: String,
    /// Simulated neurons by population.
    pub populations: Vec<PopulationDescription>,
    /// Pathways, in the order of the circuit file.
    pub pathways: Vec<PathwayDescription>,
    /// Sets of gap junctions.
    pub gap_junctions: Vec<GapJunctionDescription>,
    /// Groups of neurons that a rule or an annotation singles out.
    pub groups: Vec<GroupDescription>,
    /// Parameters, in the order of the table.
    pub parameters: Vec<ParameterDescription>,
    /// Parameters that are not the decoder's.
    pub biophysical_parameters: usize,
    /// Normals that a trial draws per step.
    pub normals_per_step: usize,
}

/// A population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationDescription {
    /// Its name.
    pub name: String,
    /// Its neurons.
    pub neurons: usize,
    /// Its dynamics.
    pub model: NeuronModel,
}

/// A pathway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathwayDescription {
    /// Its name.
    pub name: String,
    /// How it acts: `chemical`, `graded`, `running_rate` or `shunting`.
    pub kind: String,
    /// Population it comes from.
    pub source: String,
    /// Population it leads to.
    pub target: String,
    /// Sign of its current, `excitatory` or `inhibitory`; of other kinds than chemical ones the kind
    /// tells.
    pub sign: Option<String>,
    /// Spikes of which step it passes on: `same_step` or `previous_step`.
    pub timing: Option<String>,
    /// Kinds of contact that count.
    pub compartments: Vec<String>,
    /// Whether its vesicle pools are depleted by use.
    pub depression: bool,
    /// Ordered pairs of neurons.
    pub edges: usize,
    /// Contacts.
    pub contacts: u64,
    /// Largest number of contacts of one edge.
    pub largest: u32,
}

/// A set of gap junctions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapJunctionDescription {
    /// Its name.
    pub name: String,
    /// The coupled populations.
    pub between: [String; 2],
    /// Which pairs are coupled: `reciprocal_contact`, `shared_input` or `contact`.
    pub rule: String,
    /// Coupled pairs.
    pub pairs: usize,
}

/// A group of neurons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupDescription {
    /// Its name.
    pub name: String,
    /// Its population.
    pub population: String,
    /// Neurons that belong to it.
    pub members: usize,
    /// Neurons of the population.
    pub neurons: usize,
}

/// A group of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterDescription {
    /// Its name.
    pub name: String,
    /// Number of values.
    pub values: usize,
    /// How they are stored.
    pub form: Form,
    /// Start value, realised.
    pub start: f64,
    /// Unit of realised values; empty of plain numbers.
    pub unit: String,
    /// Bounds of realised values.
    pub bounds: Option<(f64, f64)>,
    /// Factor of the learning rate.
    pub learning_rate: f64,
    /// Whether they are learned.
    pub learned: bool,
}

impl Description {
    /// Describes a plan; the network is that of the experiment `canonical`, or failing that of the
    /// first one. `None` of a plan without units.
    #[must_use]
    pub fn new(plan: &Plan) -> Option<Self> {
        let canonical = |unit: &&crate::Unit| plan.experiment_of(unit).name == CANONICAL;
        let first = (plan.units.iter().find(canonical)).or_else(|| plan.units.first())?;
        let subject = plan.subject_of(first);
        let experiments = plan.experiments.iter().enumerate();
        let experiments = experiments.map(|(index, experiment)| {
            let unit = plan.units.iter().find(|unit| unit.experiment == index);
            let subject = unit.map(|unit| plan.subject_of(unit));
            ExperimentDescription {
                name: experiment.name.clone(),
                family: experiment.family.clone(),
                section: experiment.section.clone(),
                about: experiment.about.clone(),
                seeds: experiment.seeds.clone(),
                classes: subject.map_or(0, |subject| subject.class_names.len()),
                measurements: experiment
                    .measurements
                    .iter()
                    .map(|(name, _)| name.clone())
                    .collect(),
                null_model: experiment.wiring.is_some(),
            }
        });
        Some(Self {
            study: plan.file.name.clone(),
            about: plan.file.about.clone(),
            quick: plan.quick,
            experiments: experiments.collect(),
            mapping: subject.mapping,
            training: first.identity.settings.clone(),
            odours: subject.stimulus_names().to_vec(),
            task: (subject.courses.is_some() || !subject.odours.each_its_own_class()).then(|| {
                ClassDescription {
                    classes: subject.class_names.clone(),
                    labels: subject.labelled().labels.to_vec(),
                }
            }),
            network: NetworkDescription::new(&subject.network),
        })
    }
}

impl Description {
    /// Names of the classes: those that odours share, or the odours themselves.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        self.task
            .as_ref()
            .map_or(&self.odours, |task| &task.classes)
    }

    /// The class of an odour.
    #[must_use]
    pub fn class_of(&self, odour: usize) -> usize {
        let task = self.task.as_ref();
        (task.and_then(|task| task.labels.get(odour).copied())).unwrap_or(odour)
    }
}

impl NetworkDescription {
    /// Describes a compiled circuit.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        let circuit = network.circuit();
        let table = network.table();
        Self {
            circuit: circuit.name.clone(),
            circuit_file: circuit.text().to_owned(),
            populations: network
                .populations()
                .iter()
                .map(|population| PopulationDescription {
                    name: population.name.clone(),
                    neurons: population.range.len(),
                    model: population.model,
                })
                .collect(),
            pathways: pathways(circuit, network),
            gap_junctions: gap_junctions(circuit, network),
            groups: groups(circuit, network),
            parameters: table
                .groups()
                .iter()
                .map(|group| ParameterDescription {
                    name: group.name.clone(),
                    values: group.range.len(),
                    form: group.form,
                    start: group.form.realise(group.start),
                    unit: group.unit.to_owned(),
                    bounds: group.bounds,
                    learning_rate: group.learning_rate,
                    learned: group.learned,
                })
                .collect(),
            biophysical_parameters: table.biophysical(),
            normals_per_step: network.normals_per_step(),
        }
    }
}

fn pathways(circuit: &Circuit, network: &Network) -> Vec<PathwayDescription> {
    let all_counts = network.pathway_counts();
    let described = circuit.pathway.iter().filter_map(|entry| {
        let name = entry.name.get_ref();
        let counts = all_counts.iter().find(|counts| counts.name == *name)?;
        Some(PathwayDescription {
            name: name.clone(),
            kind: name_of(entry.kind),
            source: entry.source.get_ref().clone(),
            target: entry.target.get_ref().clone(),
            sign: entry.sign.map(name_of),
            timing: entry.timing.map(name_of),
            compartments: entry
                .compartments
                .iter()
                .map(|it| it.get_ref().clone())
                .collect(),
            depression: entry.depression.is_some(),
            edges: counts.edges,
            contacts: counts.contacts,
            largest: counts.largest,
        })
    });
    described.collect()
}

fn gap_junctions(circuit: &Circuit, network: &Network) -> Vec<GapJunctionDescription> {
    let described = circuit.gap_junction.iter().filter_map(|entry| {
        let name = entry.name.get_ref();
        let compiled = network.gap_junctions().iter().find(|it| it.name == *name)?;
        Some(GapJunctionDescription {
            name: name.clone(),
            between: entry.between.each_ref().map(|it| it.get_ref().clone()),
            rule: name_of(entry.rule),
            pairs: compiled.pairs.len(),
        })
    });
    described.collect()
}

fn groups(circuit: &Circuit, network: &Network) -> Vec<GroupDescription> {
    let described = circuit.group.iter().map(|entry| {
        let members = network.group(entry.name.get_ref()).unwrap_or_default();
        GroupDescription {
            name: entry.name.get_ref().clone(),
            population: entry.population.get_ref().clone(),
            members: members.iter().filter(|&&member| member).count(),
            neurons: members.len(),
        }
    });
    described.collect()
}

/// A choice of the circuit file, as it is written there.
fn name_of(choice: impl Serialize) -> String {
    let value = serde_json::to_value(choice).ok();
    let name = value.as_ref().and_then(serde_json::Value::as_str);
    name.unwrap_or_default().to_owned()
}
