//! Experiments: the entries of a study file with every name looked up and every combination made.

use kenyon_analysis::spiking_populations;
use kenyon_circuit::Circuit;
use kenyon_connectome::ReceptorMapping;
use kenyon_learning::{Loss, TrainingSettings};
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::file::{CANONICAL, ExperimentEntry, StudyFile, Task, Wiring};
use crate::measurement::{BUILT_IN, Measurement};

/// One way in which runs differ from the canonical ones; one run for each seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Name, unique in the study: the entry's, and what distinguishes it from the entry's others.
    pub name: String,
    /// The experiments that differ from this one only in the draw of a null model share a family.
    pub family: String,
    /// Where the publication reports it.
    pub section: String,
    /// What it asks.
    pub about: String,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Name of the circuit's edit, or `canonical`.
    pub circuit: String,
    /// The wiring, if it is not that of the data.
    pub wiring: Option<Draw>,
    /// The odours, if they are not all.
    pub task: Option<Task>,
    /// How receptors are assigned to neurons.
    pub mapping: ReceptorMapping,
    /// Settings of the training; the seed is that of the run.
    pub training: TrainingSettings,
    /// What is measured of each model, by name.
    pub measurements: Vec<(String, Measurement)>,
    /// Whether the models of all seeds are measured together.
    pub across_seeds: bool,
    /// The experiment that effects are measured against.
    pub reference: Option<String>,
}

/// One connectome of a wiring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Name of the wiring.
    pub name: String,
    /// The wiring.
    pub wiring: Wiring,
    /// Seed of the draw; `None` if the run's seed says which connectome it is.
    pub seed: Option<u64>,
}

impl Experiment {
    /// Whether the run of every seed has a connectome or odours of its own.
    #[must_use]
    pub fn drawn_by_seed(&self) -> bool {
        (self.wiring.as_ref()).is_some_and(Draw::depends_on_seed)
            || self.task.as_ref().is_some_and(Task::depends_on_seed)
    }
}

impl Draw {
    /// Whether every seed of a run has a connectome of its own.
    #[must_use]
    pub fn depends_on_seed(&self) -> bool {
        self.seed.is_none()
    }
}

/// The parts of one combination.
struct Parts<'a> {
    circuit: &'a String,
    wiring: &'a String,
    loss: &'a String,
    task: &'a String,
    mapping: ReceptorMapping,
}

/// All experiments of a study, in the order of the file.
///
/// # Errors
/// Names that are not there or stand for two things.
pub fn experiments(file: &StudyFile, base: &Circuit) -> Result<Vec<Experiment>, StudyError> {
    let mut all: Vec<Experiment> = Vec::new();
    for entry in &file.experiment {
        for parts in combinations(entry) {
            let more = expand(file, base, entry, &parts)?;
            // Draws of one family are summed up together, so a family is of one entry.
            if let Some(twice) =
                (more.first()).filter(|first| all.iter().any(|other| other.family == first.family))
            {
                return Err(StudyError::Plan(format!(
                    "two experiments are called \"{}\"; give one another name",
                    twice.family
                )));
            }
            all.extend(more);
        }
    }
    for experiment in &all {
        if experiment.across_seeds && experiment.drawn_by_seed() {
            return Err(StudyError::Plan(format!(
                "experiment \"{}\" has across_seeds, but a connectome or odours of its own for every \
                 seed; only models of the same are measured together",
                experiment.name
            )));
        }
        if let Some(reference) = &experiment.reference
            && !all.iter().any(|other| other.family == *reference)
        {
            return Err(unknown(
                &experiment.name,
                "reference",
                reference,
                all.iter().map(|other| &other.family),
            ));
        }
    }
    Ok(all)
}

fn combinations(entry: &ExperimentEntry) -> Vec<Parts<'_>> {
    let mut all = Vec::new();
    for circuit in entry.circuit.all() {
        for wiring in entry.wiring.all() {
            for loss in entry.loss.all() {
                for task in entry.task.all() {
                    for &mapping in entry.mapping.all() {
                        all.push(Parts {
                            circuit,
                            wiring,
                            loss,
                            task,
                            mapping,
                        });
                    }
                }
            }
        }
    }
    all
}

fn expand(
    file: &StudyFile,
    base: &Circuit,
    entry: &ExperimentEntry,
    parts: &Parts<'_>,
) -> Result<Vec<Experiment>, StudyError> {
    let family = family_name(entry, parts);
    if parts.circuit != CANONICAL && !file.circuit.contains_key(parts.circuit) {
        return Err(unknown(
            &family,
            "circuit",
            parts.circuit,
            file.circuit.keys(),
        ));
    }
    let task = lookup(&family, "task", parts.task, &file.task)?;
    let wiring = lookup(&family, "wiring", parts.wiring, &file.wiring)?;
    let measurements = entry
        .measure
        .iter()
        .map(|name| {
            let own = file.measurement.get(name).cloned();
            let measurement = own.or_else(|| Measurement::built_in(name)).ok_or_else(|| {
                let known = BUILT_IN.iter().map(|name| (*name).to_owned());
                let known: Vec<String> = known.chain(file.measurement.keys().cloned()).collect();
                unknown(&family, "measurement", name, &known)
            })?;
            Ok((name.clone(), measurement))
        })
        .collect::<Result<Vec<_>, StudyError>>()?;
    let training = TrainingSettings {
        loss: loss(file, base, &family, parts.loss)?,
        depression_off: entry.depression_off || file.training.depression_off,
        replicate: entry.replicate,
        monitor_every: if entry.monitor {
            file.training.monitor_every
        } else {
            0
        },
        ..file.training.clone()
    };
    let draws = match wiring {
        None => vec![(String::new(), None)],
        Some(wiring) => draws(parts.wiring, wiring),
    };
    Ok(draws
        .into_iter()
        .map(|(suffix, wiring)| Experiment {
            name: format!("{family}{suffix}"),
            family: family.clone(),
            section: entry.section.clone(),
            about: entry.about.clone(),
            seeds: entry.seeds.clone().unwrap_or_else(|| file.seeds.clone()),
            circuit: parts.circuit.clone(),
            wiring,
            task: task.cloned(),
            mapping: parts.mapping,
            training: training.clone(),
            measurements: measurements.clone(),
            across_seeds: entry.across_seeds,
            reference: entry.reference.clone(),
        })
        .collect())
}

/// The entry's name, followed by every part of which the entry names several.
fn family_name(entry: &ExperimentEntry, parts: &Parts<'_>) -> String {
    let mapping = match parts.mapping {
        ReceptorMapping::ByPosition => "by_position",
        ReceptorMapping::ByName => "by_name",
    };
    let several = [
        (entry.circuit.all().len(), parts.circuit.as_str()),
        (entry.wiring.all().len(), parts.wiring),
        (entry.loss.all().len(), parts.loss),
        (entry.task.all().len(), parts.task),
        (entry.mapping.all().len(), mapping),
    ];
    let mut name = entry.name.clone();
    for (_, part) in several.iter().filter(|(count, _)| *count > 1) {
        name.push('/');
        name.push_str(part);
    }
    name
}

/// The connectomes that a wiring stands for, each with what its experiment's name ends with.
fn draws(name: &str, wiring: &Wiring) -> Vec<(String, Option<Draw>)> {
    let draw = |seed| {
        Some(Draw {
            name: name.to_owned(),
            wiring: wiring.clone(),
            seed,
        })
    };
    match *wiring {
        Wiring::PublishedShuffle { .. } => vec![(String::new(), draw(None))],
        Wiring::Null {
            connectomes,
            first_seed,
            ..
        }
        | Wiring::Signs {
            connectomes,
            first_seed,
            ..
        } => (first_seed..first_seed + u64::from(connectomes))
            .map(|seed| (format!("/draw{seed}"), draw(Some(seed))))
            .collect(),
    }
}

fn loss(file: &StudyFile, base: &Circuit, family: &str, label: &str) -> Result<Loss, StudyError> {
    if label == CANONICAL {
        return Ok(file.training.loss.clone());
    }
    let own = file.loss.get(label).cloned();
    own.or_else(|| {
        Loss::published(
            label,
            &spiking_populations(base),
            base.readout.population.as_ref(),
        )
    })
    .ok_or_else(|| {
        let published = Loss::PUBLISHED.iter().map(|label| (*label).to_owned());
        let known: Vec<String> = published.chain(file.loss.keys().cloned()).collect();
        unknown(family, "loss", label, &known)
    })
}

fn lookup<'f, T>(
    family: &str,
    kind: &'static str,
    name: &String,
    parts: &'f std::collections::BTreeMap<String, T>,
) -> Result<Option<&'f T>, StudyError> {
    if name == CANONICAL {
        return Ok(None);
    }
    match parts.get(name) {
        Some(part) => Ok(Some(part)),
        None => Err(unknown(family, kind, name, parts.keys())),
    }
}

fn unknown<'k>(
    experiment: &str,
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = &'k String>,
) -> StudyError {
    let mut known: Vec<&str> = known.into_iter().map(String::as_str).collect();
    known.dedup();
    let known = if known.is_empty() {
        "the study declares none".to_owned()
    } else {
        format!("there are: {}", known.join(", "))
    };
    StudyError::Plan(format!(
        "experiment \"{experiment}\" names the {kind} \"{name}\", which is not there; {known}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> StudyFile {
        StudyFile::parse(text).expect("a sound study file")
    }

    const GRID: &str = r#"
        name = "grid"
        seeds = [1, 2]
        [circuit.fewer_steps]
        set = { "time.steps" = 10 }
        [wiring.swaps]
        kind = "null"
        family = "degree_preserving_swaps"
        connectomes = 2
        [[experiment]]
        name = "base"
        [[experiment]]
        name = "grid"
        circuit = ["canonical", "fewer_steps"]
        loss = ["canonical", "ce_only"]
        wiring = "swaps"
        reference = "base"
    "#;

    #[test]
    fn lists_stand_for_all_combinations() {
        let all = experiments(&file(GRID), &Circuit::larva()).expect("known names");
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names.len(), 1 + 2 * 2 * 2);
        assert_eq!(names[0], "base");
        assert_eq!(names[1], "grid/canonical/canonical/draw1");
        assert_eq!(names[8], "grid/fewer_steps/ce_only/draw2");
        assert_eq!(all[8].family, "grid/fewer_steps/ce_only");
        assert_eq!(all[8].training.loss.sparsity, None);
        assert_eq!(all[8].wiring.as_ref().expect("a draw").seed, Some(2));
        assert_eq!(all[1].seeds, [1, 2]);
    }

    #[test]
    fn unknown_names_are_refused_with_those_that_exist() {
        for (from, to, telling) in [
            ("\"fewer_steps\"]", "\"fewer\"]", "there are: fewer_steps"),
            ("\"swaps\"", "\"swap\"", "the wiring \"swap\""),
            ("\"ce_only\"", "\"ce\"", "ce_only"),
            ("reference = \"base\"", "reference = \"bas\"", "\"bas\""),
            (
                "loss = [",
                "measure = [\"speed\"]\nloss = [",
                "reevaluation_without_apl",
            ),
        ] {
            let text = GRID.replace(from, to);
            assert_ne!(text, GRID);
            let error = experiments(&file(&text), &Circuit::larva())
                .expect_err(to)
                .to_string();
            assert!(error.contains(telling), "{error}");
        }
    }
}
