//! What was done, in words, from the circuit and the settings.

use kenyon_circuit::{Circuit, NeuronModel};
use kenyon_connectome::SourceKind;

use crate::Results;
use crate::parts::Parts;
use crate::plot::number;

/// A paragraph of the methods.
pub struct Paragraph {
    /// What it is about.
    pub heading: &'static str,
    /// What it says.
    pub text: String,
}

/// The methods of a study.
pub fn methods(results: &Results) -> Vec<Paragraph> {
    let description = &results.description;
    let network = &description.network;
    let populations: Vec<String> = network
        .populations
        .iter()
        .map(|it| format!("{} {}", it.neurons, it.name))
        .collect();
    let edges: usize = network.pathways.iter().map(|it| it.edges).sum();
    let contacts: u64 = network.pathways.iter().map(|it| it.contacts).sum();
    let learned: usize = network
        .parameters
        .iter()
        .filter(|it| it.learned && !it.name.starts_with("decoder."))
        .map(|it| it.values)
        .sum();
    let depression = network.pathways.iter().any(|it| it.depression);
    let others = match (depression, network.gap_junctions.is_empty()) {
        (true, false) => ", release probabilities and conductances",
        (true, true) => ", release probabilities",
        (false, false) => ", conductances",
        (false, true) => "",
    };
    let mut all = vec![Paragraph {
        heading: "Network",
        text: format!(
            "The circuit \"{}\" was compiled from the data set {} ({}). It has {} neurons ({}), {edges} edges with {contacts} contacts in {} \
             pathways, and {} sets of gap junctions. Contact counts are fixed; {learned} biophysical numbers are learned: one strength \
             per pathway, thresholds of single neurons, time constants{others}, each within bounds.",
            network.circuit,
            results.summary.provenance.data.dataset,
            if results.summary.provenance.data.statistical {
                "drawn from summary statistics"
            } else if results.summary.provenance.data.source == SourceKind::Neutral {
                "tables in the neutral format"
            } else {
                "as published"
            },
            network
                .populations
                .iter()
                .map(|it| it.neurons)
                .sum::<usize>(),
            populations.join(", "),
            network.pathways.len(),
            network.gap_junctions.len(),
        ),
    }];
    let parts = Parts::of(results);
    if let Some(circuit) = &parts.circuit {
        all.push(dynamics(circuit, &parts));
    }
    all.extend(task(results));
    let training = &description.training;
    let taught = (parts.circuit.as_ref()).is_none_or(|circuit| circuit.teacher.is_some());
    let begin = if taught {
        format!(
            "A rate network with the same wiring was trained for {} epochs and its parameters handed over to the spiking network, which was then \
             trained",
            training.teacher_epochs
        )
    } else {
        "The spiking network was trained from the start values of the circuit file and a decoder drawn at random,".to_owned()
    };
    all.push(Paragraph {
        heading: "Training",
        text: format!(
            "{begin} \
             for {} epochs by backpropagation through time with a graded spike (batches of {}, {} noisy trials per odour and epoch, Adam \
             with rate {}, gradient norm clipped at {}). Parameters were projected into their bounds after every step.",
            training.student_epochs,
            training.batch,
            training.repeats,
            number(training.base_rate),
            number(training.clip_norm),
        ),
    });
    let experiments: Vec<String> = description
        .experiments
        .iter()
        .filter(|it| !it.null_model || it.name.ends_with("draw1"))
        .map(|it| {
            let about = if it.about.is_empty() {
                String::new()
            } else {
                format!(": {}", it.about)
            };
            format!("{}{about}", it.family)
        })
        .collect();
    all.push(Paragraph {
        heading: "Experiments",
        text: format!("{}.", experiments.join("; ")),
    });
    let judged = if results.summary.judgement.is_some() {
        " A published value counts as reproduced if it lies within four standard errors of the difference of two means of five, or a floor."
    } else {
        ""
    };
    all.push(Paragraph {
        heading: "Statistics",
        text: format!("Values are means over seeds with population standard deviations. Intervals are bias-corrected and accelerated bootstrap \
               intervals (95 %). Differences are tested by permutation: of labels between separately trained networks, of signs between the \
               same networks with and without something, of ranks among the draws of a null model; p is corrected within an experiment by \
               Holm's method, q over the whole study by that of Benjamini and Hochberg.{judged}"),
    });
    all.push(Paragraph {
        heading: "Noise and reproducibility",
        text: "All noise is generated from counters (Philox) and addressed by purpose, trial, step and site, so that interventions share it \
               with their controls and results do not depend on threads, batches or instruction sets. The digest below is that of every \
               trained parameter and every measurement."
            .to_owned(),
    });
    all
}

/// What is told apart, if odours share classes.
fn task(results: &Results) -> Option<Paragraph> {
    let task = results.description.task.as_ref()?;
    let size = |class: usize| task.labels.iter().filter(|&&label| label == class).count();
    let classes: Vec<String> = (task.classes.iter().enumerate())
        .map(|(class, name)| format!("\"{name}\" ({})", size(class)))
        .collect();
    let largest = (0..task.classes.len()).map(size).max().unwrap_or(0);
    Some(Paragraph {
        heading: "Task",
        text: format!(
            "{} odours in {} classes: {}. Always deciding for the largest class is right in {} % of the trials, which is called chance. \
             Test trials are new noisy trials of the same odours.",
            task.labels.len(),
            task.classes.len(),
            classes.join(", "),
            number(100.0 * largest as f64 / task.labels.len().max(1) as f64),
        ),
    })
}

fn dynamics(circuit: &Circuit, parts: &Parts) -> Paragraph {
    let two = match parts.of_model(NeuronModel::TwoCompartment).as_slice() {
        [] => String::new(),
        ["KC"] => ", Kenyon cells have a dendrite and an axon".to_owned(),
        names => format!(", {} have a dendrite and an axon", names.join(" and ")),
    };
    let graded = match parts.of_model(NeuronModel::Graded).as_slice() {
        [] => String::new(),
        ["APL"] => ", the APL is graded".to_owned(),
        names => format!(", {} are graded", names.join(" and ")),
    };
    Paragraph {
        heading: "Dynamics",
        text: format!(
            "Trials last {} ms in steps of {} ms. Neurons are leaky integrate-and-fire cells (rest {} mV, refractory period {} ms){two}{graded}. Synaptic currents decay within {} ms; noise enters membranes ({} mV), thresholds \
             ({} mV), release (coefficient of variation {}), receptor currents ({}) and odours ({}).",
            number(circuit.time.steps as f64 * circuit.time.step_s * 1e3),
            number(circuit.time.step_s * 1e3),
            number(circuit.membrane.rest_v * 1e3),
            number(circuit.membrane.refractory_s * 1e3),
            number(circuit.synapse.decay_s * 1e3),
            number(circuit.noise.membrane_v * 1e3),
            number(circuit.noise.threshold_v * 1e3),
            number(circuit.noise.release_cv),
            number(circuit.noise.receptor_cv),
            number(circuit.noise.odour_cv),
        ),
    }
}
