//! The publication's edits, as `studies/paper.toml` declares them, mean what they say after training.

use std::collections::BTreeSet;
use std::path::Path;

use kenyon_circuit::{Circuit, Network, Parameters};
use kenyon_connectome::{Compartment, CompartmentSet, DataSet};
use kenyon_learning::TrainingSettings;
use kenyon_study::{BuiltIn, Plan, StudyFile};
use kenyon_testing::Suite;

use crate::common::{complete, folder, larva, student, unit};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("removed mechanisms stay removed in training", removed)
        .test(
            "without depression nothing of it is learned",
            without_depression,
        )
        .test_with_shared(
            "shares of excitatory LNs are the published ones",
            "data",
            |data| ln_splits(&data),
        )
}

/// These experiments of the publication, briefly.
fn paper(experiments: &[&str], seeds: &[u64]) -> StudyFile {
    let mut file = BuiltIn::Paper.file();
    file.seeds = seeds.to_vec();
    file.training = TrainingSettings {
        repeats: 1,
        teacher_epochs: 2,
        student_epochs: 4,
        test_repeats: 1,
        ..file.training
    };
    file.experiment
        .retain(|entry| experiments.contains(&entry.name.as_str()));
    assert_eq!(file.experiment.len(), experiments.len());
    for entry in &mut file.experiment {
        entry.measure.clear();
        entry.across_seeds = false;
    }
    file
}

fn planned(file: StudyFile, data: &DataSet, folder: &Path) -> Plan {
    Plan::new(file, data, &Circuit::larva(), folder, true).unwrap()
}

const CONDUCTANCES: [&str; 3] = ["gap.ln_ln", "gap.pn_pn", "gap.eln_pn"];
const OF_APL: [&str; 4] = [
    "APL.time_constant",
    "kc_to_apl.gain",
    "kc_to_apl_dendrite_axon.gain",
    "apl_to_kc.gain",
];

fn removed() {
    let folder = folder();
    let file = paper(&["canonical", "no_gap_junctions", "no_apl"], &[42]);
    let plan = planned(file, larva(), folder.path());
    complete(&plan);
    let trained = |experiment: &str| -> (&Network, Parameters, Parameters) {
        let unit = unit(&plan, &format!("{experiment}/seed42"));
        let network = &plan.subject_of(unit).network;
        (network, network.table().start(), student(&plan, unit))
    };

    let (network, _, parameters) = trained("no_gap_junctions");
    for name in CONDUCTANCES {
        let value = parameters.realised(network.table(), name)[0];
        assert!((value / 1e-30 - 1.0).abs() < 1e-12, "{name} = {value}");
    }
    let (network, start, parameters) = trained("no_apl");
    let stored = |parameters: &Parameters, name: &str| parameters.stored(network.table(), name)[0];
    assert_eq!(stored(&parameters, "apl_to_kc.gain"), -100.0);
    assert!(parameters.realised(network.table(), "apl_to_kc.gain")[0] < 1e-40);
    for name in OF_APL {
        assert_eq!(stored(&parameters, name), stored(&start, name), "{name}");
    }
    // The same parameters move if they may, and so do all others of an ablated circuit.
    let (network, start, parameters) = trained("canonical");
    let moved =
        |start: &Parameters, parameters: &Parameters, network: &Network| -> BTreeSet<String> {
            let groups = network.table().groups().iter();
            let values = |group: &kenyon_circuit::ParameterGroup| {
                start.values[group.range.clone()] != parameters.values[group.range.clone()]
            };
            groups
                .filter(|group| values(group))
                .map(|group| group.name.clone())
                .collect()
        };
    let all = moved(&start, &parameters, network);
    for name in CONDUCTANCES.iter().chain(&OF_APL) {
        assert!(all.contains(*name), "{name} did not move");
    }
    for (experiment, still) in [("no_gap_junctions", &CONDUCTANCES[..]), ("no_apl", &OF_APL)] {
        let (network, start, parameters) = trained(experiment);
        let left = &all - &moved(&start, &parameters, network);
        assert_eq!(
            left,
            still.iter().map(|&name| name.to_owned()).collect(),
            "{experiment}"
        );
    }
}

fn without_depression() {
    let folder = folder();
    let plan = planned(
        paper(&["without_depression"], &[42]),
        larva(),
        folder.path(),
    );
    complete(&plan);
    let unit = &plan.units[0];
    let network = &plan.subject_of(unit).network;
    let (start, trained) = (network.table().start(), student(&plan, unit));
    let groups = network.table().groups().iter();
    let of_pools: Vec<&kenyon_circuit::ParameterGroup> = groups
        .filter(|group| {
            group.name.ends_with(".recovery") || group.name.ends_with(".release_probability")
        })
        .collect();
    assert!(!of_pools.is_empty());
    for group in of_pools {
        assert_eq!(
            trained.values[group.range.clone()],
            start.values[group.range.clone()],
            "{}",
            group.name
        );
    }
    assert_ne!(start, trained);
}

/// Of the LNs that contact PNs from axon to dendrite, as many excite and inhibit as in section 4.5.
fn ln_splits(data: &Path) {
    let data = DataSet::load(data).unwrap();
    let folder = folder();
    let plan = planned(
        paper(&["canonical", "ln_split"], &[42]),
        &data,
        folder.path(),
    );
    let ad = CompartmentSet::of(&[Compartment::AxonDendrite]);
    let edges = data.connectome.edges("LN", "PN", ad);
    let sources: BTreeSet<usize> = edges.iter().map(|edge| edge.source as usize).collect();
    let split = |id: &str| {
        let subject = plan.subject_of(unit(&plan, id));
        let members = subject.network.group("excitatory LN").unwrap();
        let excitatory = sources.iter().filter(|&&source| members[source]).count();
        assert_eq!(members.iter().filter(|&&member| member).count(), excitatory);
        (excitatory, sources.len() - excitatory)
    };
    assert_eq!(split("canonical/seed42"), (9, 17));
    for (name, expected) in [("6_20", (6, 20)), ("12_14", (12, 14)), ("13_13", (13, 13))] {
        assert_eq!(split(&format!("ln_split/ln_split_{name}/seed42")), expected);
    }
}
