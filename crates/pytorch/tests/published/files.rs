//! What the published program would have written for a data set: its data folder, and a checkpoint.

use kenyon_circuit::{Network, Parameters};
use kenyon_connectome::{Compartment, CompartmentSet, DataSet, ReceptorMapping};

use super::writer::Entry;

const AD: [Compartment; 1] = [Compartment::AxonDendrite];
const NONAD: [Compartment; 3] = [
    Compartment::AxonAxon,
    Compartment::DendriteAxon,
    Compartment::DendriteDendrite,
];

/// A matrix of contacts, sources by targets.
pub fn matrix(data: &DataSet, source: &str, target: &str, kinds: &[Compartment]) -> Entry {
    let size = |name| data.connectome.population(name).expect("known").len();
    let shape = [size(source), size(target)];
    let mut values = vec![0.0; shape[0] * shape[1]];
    for edge in data
        .connectome
        .edges(source, target, CompartmentSet::of(kinds))
    {
        values[edge.source as usize * shape[1] + edge.target as usize] = f64::from(edge.contacts);
    }
    // The files' types are not known; both occur here.
    let element = if kinds.len() == 1 { "float32" } else { "int64" };
    Entry::new(element, &shape, values)
}

/// The files of the data folder.
pub fn folder(data: &DataSet) -> Vec<(String, Entry)> {
    let mut files = Vec::new();
    let ad = [
        ("ORN", "PN"),
        ("ORN", "LN"),
        ("LN", "PN"),
        ("LN", "LN"),
        ("PN", "LN"),
        ("LN", "ORN"),
        ("PN", "KC"),
        ("KC", "APL"),
        ("APL", "KC"),
    ];
    let nonad = [
        ("ORN", "LN"),
        ("LN", "PN"),
        ("LN", "LN"),
        ("PN", "LN"),
        ("PN", "KC"),
        ("LN", "ORN"),
    ];
    let stem = |source: &str, target: &str| format!("{source}_to_{target}").to_lowercase();
    for (source, target) in ad {
        let name = format!("winding2023/{}.pt", stem(source, target));
        files.push((name, matrix(data, source, target, &AD)));
    }
    for (source, target) in nonad {
        let name = format!("winding2023/{}_nonad.pt", stem(source, target));
        files.push((name, matrix(data, source, target, &NONAD)));
    }
    for (code, target) in [
        ("aa", "KC"),
        ("ad", "KC"),
        ("da", "KC"),
        ("dd", "KC"),
        ("da", "APL"),
    ] {
        let kind = Compartment::from_code(code).expect("known");
        let name = format!("winding2023_compartments/{}_{code}.pt", stem("KC", target));
        files.push((name, matrix(data, "KC", target, &[kind])));
    }
    let templates = data
        .panel
        .templates(ReceptorMapping::ByPosition)
        .expect("by position");
    let shape = [templates.len(), templates[0].len()];
    let responses = Entry::new("float32", &shape, templates.concat());
    files.push((
        "kreher2008/orn_responses_normalized.pt".to_owned(),
        responses,
    ));
    files
}

/// Learned values that are all different, in the precision that they are stored in.
pub fn values(network: &Network) -> Parameters {
    let mut parameters = network.table().start();
    for group in network.table().groups() {
        let values: Vec<f64> = group
            .range
            .clone()
            .map(|place| group.start + 1e-4 * (place % 97) as f64 * (1.0 + group.start.abs()))
            .collect();
        parameters.set_stored(network.table(), &group.name, &values);
    }
    parameters
}

/// A checkpoint with these values under the published program's keys, and buffers as it keeps them.
pub fn checkpoint(
    data: &DataSet,
    network: &Network,
    parameters: &Parameters,
) -> Vec<(String, Entry)> {
    let mut state = Vec::new();
    let mut add = |key: &str, ours: &str| {
        let group = network
            .table()
            .group(ours)
            .unwrap_or_else(|| panic!("no {ours}"));
        let element = if ours.starts_with("gap.") {
            "float64"
        } else {
            "float32"
        };
        let values = parameters.stored(network.table(), ours).to_vec();
        state.push((key.to_owned(), Entry::new(element, &group.shape, values)));
    };
    add("or_to_orn.or_gains", "input.gain");
    add("antennal_lobe.log_or_gain", "input.current");
    for (name, ours) in [("orn", "ORN"), ("ln", "LN"), ("pn", "PN")] {
        add(
            &format!("antennal_lobe.{name}.log_tau_m"),
            &format!("{ours}.time_constant"),
        );
        add(
            &format!("antennal_lobe.{name}.v_th"),
            &format!("{ours}.threshold"),
        );
    }
    add("antennal_lobe.log_g_gap_ln", "gap.ln_ln");
    add("antennal_lobe.log_g_gap_pn", "gap.pn_pn");
    add("antennal_lobe.log_g_gap_eln_pn", "gap.eln_pn");
    let lobe = [
        ("orn_pn", "orn_to_pn"),
        ("orn_ln", "orn_to_ln"),
        ("ln_pn", "ln_to_pn_inhibitory"),
        ("ln_pn_excit", "ln_to_pn_excitatory"),
        ("ln_ln", "ln_to_ln"),
        ("pn_ln", "pn_to_ln"),
        ("ln_orn_nonad", "ln_to_orn_nonad"),
        ("orn_ln_nonad", "orn_to_ln_nonad"),
        ("ln_pn_nonad", "ln_to_pn_inhibitory_nonad"),
        ("ln_pn_excit_nonad", "ln_to_pn_excitatory_nonad"),
        ("ln_ln_nonad", "ln_to_ln_nonad"),
        ("pn_ln_nonad", "pn_to_ln_nonad"),
    ];
    let body = [
        ("pn_kc", "pn_to_kc"),
        ("pn_kc_nonad", "pn_to_kc_nonad"),
        ("kc_kc_ad", "kc_to_kc_axon_dendrite"),
        ("kc_kc_aa", "kc_to_kc_axon_axon"),
    ];
    let all = lobe.map(|row| ("antennal_lobe", row)).into_iter();
    for (module, (name, ours)) in all.chain(body.map(|row| ("kc_layer", row))) {
        add(
            &format!("{module}.{name}.log_strength"),
            &format!("{ours}.strength"),
        );
        add(
            &format!("{module}.{name}.log_tau_rec"),
            &format!("{ours}.recovery"),
        );
        add(
            &format!("{module}.{name}.logit_U"),
            &format!("{ours}.release_probability"),
        );
    }
    add("kc_layer.kc_kc_dd_gain", "kc_to_kc_dendrite_dendrite.gain");
    add("kc_layer.kc_kc_da_gain", "kc_to_kc_dendrite_axon.gain");
    add("kc_layer.kc.v_th", "KC.threshold");
    add("kc_layer.kc.log_g_soma", "KC.coupling");
    add("kc_layer.apl.kc_apl_log_strength", "kc_to_apl.gain");
    add("kc_layer.apl.kc_dend_gain", "kc_to_apl_dendrite_axon.gain");
    add("kc_layer.apl.apl_gain", "apl_to_kc.gain");
    add("kc_layer.apl.log_tau_apl", "APL.time_constant");
    add("decoder.weight", "decoder.weight");
    add("decoder.bias", "decoder.bias");

    let mut buffer = |key: &str, entry: Entry| state.push((key.to_owned(), entry));
    let counts = matrix(data, "ORN", "PN", &AD);
    let largest = counts.values.iter().copied().fold(0.0, f64::max);
    let changed = |change: &dyn Fn(f64) -> f64| {
        let values = counts.values.iter().map(|&it| change(it)).collect();
        Entry::new("float32", &counts.shape, values)
    };
    buffer(
        "antennal_lobe.orn_pn.mask",
        changed(&|it| f64::from(u8::from(it > 0.0))),
    );
    buffer(
        "antennal_lobe.orn_pn.normalized",
        changed(&|it| it / largest),
    );
    buffer("antennal_lobe.orn_pn.connectivity", counts.clone());
    let members = network.group("excitatory LN").expect("the group");
    let members: Vec<f64> = members.iter().map(|&it| f64::from(u8::from(it))).collect();
    let size = members.len();
    buffer(
        "antennal_lobe.is_excitatory_ln",
        Entry::new("int64", &[size], members),
    );
    let contacts = matrix(data, "LN", "LN", &AD).values;
    let mask = (0..size * size).map(|place| {
        let (row, column) = (place / size, place % size);
        let either = contacts[row * size + column] + contacts[column * size + row] > 0.0;
        f64::from(u8::from(row != column && either))
    });
    let mask = Entry::new("float32", &[size, size], mask.collect());
    buffer("antennal_lobe.gap_ln_ln_mask", mask);
    buffer(
        "antennal_lobe.orn_pn.syn_decay",
        Entry::new("float64", &[], vec![0.8187]),
    );
    buffer(
        "or_to_orn.expansion",
        Entry::new("float32", &[1, 2], vec![1.0, 0.0]),
    );
    state
}
