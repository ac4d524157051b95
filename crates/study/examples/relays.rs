//! Decorrelation with and without the PNs that contact no Kenyon cell, for every experiment of a
//! finished study.
//!
//! ```text
//! cargo run --release -p kenyon-study --example relays -- paper results/paper
//! ```
//!
//! The first argument is a study file or the name of a study of the program, the second the folder of
//! its results. The data are looked for as by every command. Per experiment: antennal-lobe and
//! mushroom-body decorrelation (50 trials, as in the re-evaluation) over all PNs and over those with
//! axo-dendritic contacts on Kenyon cells, and the mean threshold of the others. Experiments whose
//! wiring of PNs to Kenyon cells is not that of the data are left out.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use kenyon_analysis::{BlockNoise, Model, Stations, mean_deviation, noisy_block};
use kenyon_circuit::{Circuit, Interventions};
use kenyon_connectome::{Compartment, CompartmentSet, DataSet};
use kenyon_learning::{Checkpoint, Kind};
use kenyon_study::{BuiltIn, Plan, StudyFile, Unit, Wiring};

/// Trials per odour and seed of the noise, as in the re-evaluation.
const TRIALS: usize = 50;
const SEED: u64 = 42;

/// Figures of one model, in the order of the columns.
type Row = [f64; 5];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [study, folder] = &arguments[..] else {
        return Err("name a study and the folder of its results".into());
    };
    let file = match BuiltIn::named(study) {
        Some(built_in) => built_in.file(),
        None => StudyFile::parse(&fs::read_to_string(study)?)?,
    };
    let data = DataSet::find(None)?;
    let plan = Plan::new(
        file,
        &data,
        &Circuit::larva(),
        &PathBuf::from(folder),
        false,
    )?;
    let ad = CompartmentSet::of(&[Compartment::AxonDendrite]);
    let edges = data.connectome.edges("PN", "KC", ad);
    let pns = data.connectome.population("PN").ok_or("no PNs")?.len();
    let connected: Vec<bool> = (0..pns)
        .map(|pn| edges.iter().any(|edge| edge.source as usize == pn))
        .collect();
    let count = connected.iter().filter(|&&yes| yes).count();
    println!("{count} of {pns} PNs contact Kenyon cells");
    println!(
        "{:42} {:>15} {:>15} {:>15} {:>15} {:>15}",
        "experiment", "AL %, all", "AL %, those", "MB %, all", "MB %, those", "others, mV"
    );
    let mut families: Vec<(&str, Vec<Row>)> = Vec::new();
    for unit in &plan.units {
        let experiment = plan.experiment_of(unit);
        let same_wiring = match &experiment.wiring {
            None => true,
            Some(draw) => match &draw.wiring {
                Wiring::Null { pathways, .. } => {
                    !pathways.is_empty() && !pathways.iter().any(|name| name == "pn_to_kc")
                }
                Wiring::Signs { .. } => true,
                Wiring::PublishedShuffle { .. } => false,
            },
        };
        if !same_wiring {
            continue;
        }
        let file = plan.folder.join(&unit.folder).join("model.safetensors");
        if !file.exists() {
            eprintln!("{} is not trained yet", unit.id);
            continue;
        }
        let row = measure(&plan, unit, &connected)?;
        match families
            .iter_mut()
            .find(|(name, _)| *name == experiment.family)
        {
            Some((_, rows)) => rows.push(row),
            None => families.push((&experiment.family, vec![row])),
        }
    }
    for (family, rows) in &families {
        let cells: Vec<String> = (0..5)
            .map(|column| {
                let values: Vec<f64> = rows.iter().map(|row| row[column]).collect();
                let over = mean_deviation(&values);
                format!("{:6.1} ± {:4.1}", over.mean, over.deviation)
            })
            .collect();
        println!(
            "{:42} {:>15} {:>15} {:>15} {:>15} {:>15}",
            format!("{family} ({})", rows.len()),
            cells[0],
            cells[2],
            cells[1],
            cells[3],
            cells[4]
        );
    }
    Ok(())
}

fn measure(plan: &Plan, unit: &Unit, connected: &[bool]) -> Result<Row, Box<dyn Error>> {
    let subject = plan.subject_of(unit);
    let groups = subject.network.table().groups();
    let file = plan.folder.join(&unit.folder).join("model.safetensors");
    let run_id = Some(unit.identity.run_id.as_str());
    let parameters = Checkpoint::read(groups, &file, Kind::Model, run_id)?.parameters;
    let interventions = Interventions {
        depression_off: unit.identity.settings.depression_off,
        ..Interventions::default()
    };
    let model = Model {
        network: &subject.network,
        parameters: &parameters,
        roles: &subject.roles,
        interventions: &interventions,
    };
    let noise = BlockNoise::new("decorrelation", SEED, SEED);
    let block = noisy_block(&model, subject.odours.templates(), TRIALS, &noise)?;
    let all = Stations::new(&block.receptors, &block.relay, &block.coding)?;
    let kept = |row: &Vec<f64>| -> Vec<f64> {
        let cells = row.iter().zip(connected);
        cells
            .filter(|(_, yes)| **yes)
            .map(|(&value, _)| value)
            .collect()
    };
    let those = Stations {
        relay: all.relay.iter().map(kept).collect(),
        ..all.clone()
    };
    let (all, those) = (all.per_pair()?, those.per_pair()?);
    let thresholds = groups.iter().find(|group| group.name == "PN.threshold");
    let range = thresholds.ok_or("no thresholds of PNs")?.range.clone();
    let others: Vec<f64> = parameters.values[range]
        .iter()
        .zip(connected)
        .filter(|(_, yes)| !**yes)
        .map(|(threshold, _)| 1e3 * threshold)
        .collect();
    let value = |percent: Option<f64>| percent.ok_or("no pair counts");
    Ok([
        value(all.al_percent)?,
        value(all.mb_percent)?,
        value(those.al_percent)?,
        value(those.mb_percent)?,
        mean_deviation(&others).mean,
    ])
}
