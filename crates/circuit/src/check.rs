//! Checks of meaning: everything that can be said about a circuit without its connectome.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::Form;
use crate::file::{
    Circuit, CircuitError, GapRule, GroupRule, Learned, NeuronModel, PathwayEntry, PathwayKind,
    PopulationEntry, Timing,
};
use crate::stimulus::MOST_STEPS;

type Check = Result<(), CircuitError>;

/// The schema this version reads.
const SCHEMA: u32 = 1;

pub(crate) fn check(circuit: &Circuit) -> Check {
    check_constants(circuit)?;
    unique(
        circuit,
        circuit.population.iter().map(|entry| &entry.name),
        "population",
    )?;
    unique(
        circuit,
        circuit.group.iter().map(|entry| &entry.name),
        "group",
    )?;
    unique(
        circuit,
        circuit.pathway.iter().map(|entry| &entry.name),
        "pathway",
    )?;
    unique(
        circuit,
        circuit.depression.iter().map(|entry| &entry.name),
        "depression",
    )?;
    unique(
        circuit,
        circuit.gap_junction.iter().map(|entry| &entry.name),
        "gap junction",
    )?;
    for entry in &circuit.population {
        check_population(circuit, entry)?;
    }
    check_input_and_readout(circuit)?;
    check_groups(circuit)?;
    for entry in &circuit.pathway {
        check_pathway(circuit, entry)?;
    }
    for entry in &circuit.depression {
        check_learned(circuit, &entry.name, "recovery_s", &entry.recovery_s)?;
        check_learned(
            circuit,
            &entry.name,
            "release_probability",
            &entry.release_probability,
        )?;
    }
    check_gap_junctions(circuit)
}

/// Largest numbers that make sense, as is [`MOST_STEPS`]; beyond them buffers could not be allocated.
const MOST_CLASSES: usize = 100_000;
const MOST_CHANNELS: usize = 1_000_000;

/// A fault of the value `key` (`table.key`, or a key at the top of the file).
fn fault(circuit: &Circuit, key: &str, problem: &str) -> CircuitError {
    CircuitError::Meaning {
        line: circuit.line_of_key(key),
        problem: format!("{key} {problem}"),
    }
}

fn check_constants(circuit: &Circuit) -> Check {
    if circuit.schema != SCHEMA {
        let problem = format!("is {}, this version reads {SCHEMA}", circuit.schema);
        return Err(fault(circuit, "schema", &problem));
    }
    let membrane = &circuit.membrane;
    for (key, value) in [
        ("time.step_s", circuit.time.step_s),
        ("membrane.resistance_ohm", membrane.resistance_ohm),
        ("membrane.refractory_s", membrane.refractory_s),
        ("membrane.graded_spike_V", membrane.graded_spike_v),
        ("synapse.decay_s", circuit.synapse.decay_s),
    ] {
        if !(value.is_finite() && value > 0.0) {
            let problem = format!("is {value}, it must be a positive number");
            return Err(fault(circuit, key, &problem));
        }
    }
    let noise = &circuit.noise;
    for (key, value) in [
        ("noise.membrane_V", noise.membrane_v),
        ("noise.background_A", noise.background_a),
        ("noise.threshold_V", noise.threshold_v),
        ("noise.release_cv", noise.release_cv),
        ("noise.receptor_cv", noise.receptor_cv),
        ("noise.odour_cv", noise.odour_cv),
    ] {
        if !(value.is_finite() && value >= 0.0) {
            let problem = format!("is {value}, it must be 0 or a positive number");
            return Err(fault(circuit, key, &problem));
        }
    }
    if !(membrane.rest_v.is_finite() && membrane.floor_v < membrane.rest_v) {
        let problem = format!(
            "is {}, it must lie below membrane.rest_V ({})",
            membrane.floor_v, membrane.rest_v
        );
        return Err(fault(circuit, "membrane.floor_V", &problem));
    }
    for (key, value, most) in [
        ("time.steps", circuit.time.steps, MOST_STEPS),
        ("readout.classes", circuit.readout.classes, MOST_CLASSES),
        ("input.channels", circuit.input.channels, MOST_CHANNELS),
        (
            "input.neurons_per_channel",
            circuit.input.neurons_per_channel,
            MOST_CHANNELS,
        ),
    ] {
        if value == 0 || value > most {
            let problem = format!("is {value}, it must be between 1 and {most}");
            return Err(fault(circuit, key, &problem));
        }
    }
    if membrane.refractory_s > circuit.time.step_s * MOST_STEPS as f64 {
        let problem = format!("is {}, longer than any trial", membrane.refractory_s);
        return Err(fault(circuit, "membrane.refractory_s", &problem));
    }
    if circuit.population.is_empty() {
        return Err(fault(
            circuit,
            "population",
            "is empty; a circuit needs at least one",
        ));
    }
    Ok(())
}

fn unique<'a>(
    circuit: &Circuit,
    names: impl Iterator<Item = &'a Spanned<String>>,
    what: &str,
) -> Check {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.get_ref()) {
            let problem = format!("a second {what} is named \"{}\"", name.get_ref());
            return Err(circuit.meaning(name, problem));
        }
    }
    Ok(())
}

/// The entry of a population, or a fault at the place that names it.
pub(crate) fn population<'a>(
    circuit: &'a Circuit,
    name: &Spanned<String>,
) -> Result<&'a PopulationEntry, CircuitError> {
    circuit
        .population
        .iter()
        .find(|entry| entry.name.get_ref() == name.get_ref())
        .ok_or_else(|| {
            let known: Vec<&str> = circuit
                .population
                .iter()
                .map(|entry| entry.name.get_ref().as_str())
                .collect();
            let problem = format!(
                "there is no population \"{}\"; there are {}",
                name.get_ref(),
                known.join(", ")
            );
            circuit.meaning(name, problem)
        })
}

fn check_learned(circuit: &Circuit, at: &Spanned<String>, key: &str, learned: &Learned) -> Check {
    let fault = |problem: String| {
        Err(circuit.meaning(at, format!("{key} of \"{}\": {problem}", at.get_ref())))
    };
    match (learned.start, learned.start_stored) {
        (Some(_), Some(_)) | (None, None) => {
            return fault("give either start or start_stored".to_owned());
        }
        (Some(start), None) => {
            let sensible = match learned.form {
                Form::Plain => start.is_finite(),
                Form::Log | Form::Softplus => start.is_finite() && start > 0.0,
                Form::Logit => start > 0.0 && start < 1.0,
            };
            if !sensible {
                return fault(format!(
                    "start = {start} cannot be stored as {:?}",
                    learned.form
                ));
            }
        }
        (None, Some(stored)) if !stored.is_finite() => {
            return fault(format!("start_stored = {stored} is not a number"));
        }
        (None, Some(_)) => {}
    }
    if let Some([low, high]) = learned.bounds {
        let stored = [low, high].map(|bound| learned.form.store(bound));
        if !(low < high && stored.iter().all(|bound| bound.is_finite())) {
            return fault(format!(
                "bounds [{low}, {high}] are not two rising values in range"
            ));
        }
    }
    if !(learned.learning_rate.is_finite() && learned.learning_rate >= 0.0) {
        return fault(format!(
            "learning_rate {} is not 0 or positive",
            learned.learning_rate
        ));
    }
    Ok(())
}

fn check_population(circuit: &Circuit, entry: &PopulationEntry) -> Check {
    let mut wanted = [false; 4];
    let keys = [
        "time_constant_s",
        "membrane_time_constant_s",
        "threshold_V",
        "coupling_S",
    ];
    match entry.model {
        NeuronModel::LeakyIntegrateAndFire => (wanted[0], wanted[2]) = (true, true),
        NeuronModel::TwoCompartment => (wanted[1], wanted[2], wanted[3]) = (true, true, true),
        NeuronModel::Graded => wanted[0] = true,
    }
    let given = [
        entry.time_constant_s.is_some(),
        entry.membrane_time_constant_s.is_some(),
        entry.threshold_v.is_some(),
        entry.coupling_s.is_some(),
    ];
    for ((key, wanted), given) in keys.into_iter().zip(wanted).zip(given) {
        if wanted != given {
            let verb = if wanted { "needs" } else { "has no use for" };
            let problem = format!(
                "{:?} population \"{}\" {verb} {key}",
                entry.model,
                entry.name.get_ref()
            );
            return Err(circuit.meaning(&entry.name, problem));
        }
    }
    if let Some(tau) = entry.membrane_time_constant_s
        && !(tau.is_finite() && tau > 0.0)
    {
        let problem = format!("membrane_time_constant_s is {tau}, it must be positive");
        return Err(circuit.meaning(&entry.name, problem));
    }
    for (key, learned) in [
        ("time_constant_s", &entry.time_constant_s),
        ("threshold_V", &entry.threshold_v),
        ("coupling_S", &entry.coupling_s),
    ] {
        if let Some(learned) = learned {
            check_learned(circuit, &entry.name, key, learned)?;
        }
    }
    Ok(())
}

fn check_input_and_readout(circuit: &Circuit) -> Check {
    let input = &circuit.input;
    let entry = population(circuit, &input.population)?;
    if entry.model != NeuronModel::LeakyIntegrateAndFire {
        let problem = "stimuli enter leaky_integrate_and_fire populations".to_owned();
        return Err(circuit.meaning(&input.population, problem));
    }
    check_learned(circuit, &input.population, "gain", &input.gain)?;
    check_learned(circuit, &input.population, "current_A", &input.current_a)?;
    let readout = population(circuit, &circuit.readout.population)?;
    if readout.model == NeuronModel::Graded {
        let problem = "the readout needs a spiking population".to_owned();
        return Err(circuit.meaning(&circuit.readout.population, problem));
    }
    Ok(())
}

fn check_groups(circuit: &Circuit) -> Check {
    for entry in &circuit.group {
        population(circuit, &entry.population)?;
        circuit.compartments(&entry.compartments)?;
        let complete = match entry.rule {
            GroupRule::FanOutQuantile => {
                if let Some(target) = &entry.target {
                    population(circuit, target)?;
                }
                let in_range = entry.quantile.is_some_and(|q| (0.0..=1.0).contains(&q));
                entry.target.is_some() && in_range && !entry.compartments.is_empty()
            }
            GroupRule::Annotation => entry.field.is_some() && !entry.values.is_empty(),
        };
        if !complete {
            let problem = format!(
                "group \"{}\": fan_out_quantile needs target, compartments and quantile in [0, 1]; \
                 annotation needs field and values",
                entry.name.get_ref()
            );
            return Err(circuit.meaning(&entry.name, problem));
        }
    }
    Ok(())
}

fn check_group_reference(
    circuit: &Circuit,
    reference: Option<&Spanned<String>>,
    source: &Spanned<String>,
) -> Check {
    let Some(reference) = reference else {
        return Ok(());
    };
    let group = circuit
        .group
        .iter()
        .find(|group| group.name.get_ref() == reference.get_ref());
    match group {
        Some(group) if group.population.get_ref() == source.get_ref() => Ok(()),
        Some(group) => {
            let problem = format!(
                "group \"{}\" belongs to {}, not to {}",
                reference.get_ref(),
                group.population.get_ref(),
                source.get_ref()
            );
            Err(circuit.meaning(reference, problem))
        }
        None => {
            let problem = format!("there is no group \"{}\"", reference.get_ref());
            Err(circuit.meaning(reference, problem))
        }
    }
}

fn check_pathway(circuit: &Circuit, entry: &PathwayEntry) -> Check {
    let source = population(circuit, &entry.source)?;
    let target = population(circuit, &entry.target)?;
    check_group_reference(circuit, entry.source_group.as_ref(), &entry.source)?;
    check_group_reference(circuit, entry.source_outside_group.as_ref(), &entry.source)?;
    circuit.compartments(&entry.compartments)?;
    let name = entry.name.get_ref();
    let fault = |problem: String| {
        Err(circuit.meaning(&entry.name, format!("pathway \"{name}\": {problem}")))
    };
    if entry.source_group.is_some() && entry.source_outside_group.is_some() {
        return fault("give source_group or source_outside_group, not both".to_owned());
    }
    if entry.compartments.is_empty() {
        return fault("compartments is empty".to_owned());
    }
    if (target.model == NeuronModel::TwoCompartment) != entry.onto.is_some() {
        return fault("onto is needed for two-compartment targets, and only there".to_owned());
    }
    if entry.shunted && entry.onto != Some(crate::file::Onto::Dendrite) {
        return fault("only currents onto a dendrite can be shunted".to_owned());
    }
    let chemical = entry.kind == PathwayKind::Chemical;
    let keys = [
        ("sign", entry.sign.is_some(), chemical),
        ("timing", entry.timing.is_some(), chemical),
        ("strength_A", entry.strength_a.is_some(), chemical),
        ("gain", entry.gain.is_some(), !chemical),
    ];
    for (key, given, wanted) in keys {
        if given != wanted {
            let verb = if wanted {
                "is missing"
            } else {
                "has no meaning here"
            };
            return fault(format!("{key} {verb} ({:?})", entry.kind));
        }
    }
    if (entry.scale.is_some() || entry.cap_v.is_some()) && entry.kind != PathwayKind::Graded {
        return fault("scale and cap_V belong to graded pathways".to_owned());
    }
    if let Some(depression) = &entry.depression {
        if !chemical {
            return fault("depression belongs to chemical pathways".to_owned());
        }
        if !circuit
            .depression
            .iter()
            .any(|kind| kind.name.get_ref() == depression.get_ref())
        {
            let problem = format!("there is no depression \"{}\"", depression.get_ref());
            return Err(circuit.meaning(depression, problem));
        }
    }
    let spiking = source.model != NeuronModel::Graded;
    match entry.kind {
        PathwayKind::Chemical if !spiking || target.model == NeuronModel::Graded => {
            return fault("chemical pathways join spiking populations".to_owned());
        }
        PathwayKind::RunningRate if !spiking || target.model != NeuronModel::Graded => {
            return fault("running_rate leads from a spiking to a graded population".to_owned());
        }
        PathwayKind::Graded if !spiking => {
            return fault("graded pathways read the voltage of spiking populations".to_owned());
        }
        PathwayKind::Shunting if spiking || target.model != NeuronModel::TwoCompartment => {
            return fault(
                "shunting leads from a graded to a two-compartment population".to_owned(),
            );
        }
        _ => {}
    }
    let order = |wanted: &Spanned<String>| {
        circuit
            .population
            .iter()
            .position(|entry| entry.name.get_ref() == wanted.get_ref())
    };
    let at_once = entry.timing == Some(Timing::SameStep) || entry.kind == PathwayKind::Shunting;
    if at_once && order(&entry.source) >= order(&entry.target) {
        return fault(format!(
            "acts within a step, so {} must stand before {} in the list of populations",
            entry.source.get_ref(),
            entry.target.get_ref()
        ));
    }
    for (key, learned) in [("strength_A", &entry.strength_a), ("gain", &entry.gain)] {
        if let Some(learned) = learned {
            check_learned(circuit, &entry.name, key, learned)?;
        }
    }
    Ok(())
}

fn check_gap_junctions(circuit: &Circuit) -> Check {
    for entry in &circuit.gap_junction {
        for side in &entry.between {
            if population(circuit, side)?.model != NeuronModel::LeakyIntegrateAndFire {
                let problem =
                    "gap junctions couple leaky_integrate_and_fire populations".to_owned();
                return Err(circuit.meaning(side, problem));
            }
        }
        check_group_reference(circuit, entry.source_group.as_ref(), &entry.between[0])?;
        circuit.compartments(&entry.compartments)?;
        if let Some(input) = &entry.input {
            population(circuit, input)?;
        }
        let same = entry.between[0].get_ref() == entry.between[1].get_ref();
        if (entry.rule == GapRule::SharedInput) != entry.input.is_some()
            || (entry.rule == GapRule::SharedInput && !same)
        {
            let problem = format!(
                "gap junction \"{}\": shared_input needs input and couples one population",
                entry.name.get_ref()
            );
            return Err(circuit.meaning(&entry.name, problem));
        }
        check_learned(circuit, &entry.name, "conductance_S", &entry.conductance_s)?;
    }
    Ok(())
}
