//! Keys of the published checkpoints and the parameters they stand for.

/// Modules of chemical synapses and our pathways.
pub(super) const PATHWAYS: [(&str, &str); 16] = [
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
    ("pn_kc", "pn_to_kc"),
    ("pn_kc_nonad", "pn_to_kc_nonad"),
    ("kc_kc_ad", "kc_to_kc_axon_dendrite"),
    ("kc_kc_aa", "kc_to_kc_axon_axon"),
];

/// What a module of chemical synapses learns, and our quantities.
const SYNAPSE: [(&str, &str); 3] = [
    ("log_strength", "strength"),
    ("log_tau_rec", "recovery"),
    ("logit_U", "release_probability"),
];

/// Values with names of their own, whatever module they stand in.
const SINGLE: [(&str, &str); 12] = [
    ("or_gains", "input.gain"),
    ("log_or_gain", "input.current"),
    ("log_g_gap_ln", "gap.ln_ln"),
    ("log_g_gap_pn", "gap.pn_pn"),
    ("log_g_gap_eln_pn", "gap.eln_pn"),
    ("log_g_soma", "KC.coupling"),
    ("kc_kc_dd_gain", "kc_to_kc_dendrite_dendrite.gain"),
    ("kc_kc_da_gain", "kc_to_kc_dendrite_axon.gain"),
    ("kc_apl_log_strength", "kc_to_apl.gain"),
    ("kc_dend_gain", "kc_to_apl_dendrite_axon.gain"),
    ("apl_gain", "apl_to_kc.gain"),
    ("log_tau_apl", "APL.time_constant"),
];

/// Masks of the derived wiring: the group of excitatory LN, and our sets of gap junctions.
pub(super) const EXCITATORY_MASK: &str = "is_excitatory_ln";
/// Masks of gap junctions and our names of them.
pub(super) const GAP_MASKS: [(&str, &str); 3] = [
    ("gap_ln_ln_mask", "ln_ln"),
    ("gap_pn_pn_mask", "pn_pn"),
    ("gap_eln_pn_mask", "eln_pn"),
];

/// What a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// A parameter of that name.
    Parameter(String),
    /// A threshold or time constant of the population that this module is; which one, the number of
    /// its thresholds says.
    Cell {
        module: &'a str,
        quantity: &'static str,
    },
    /// Perhaps a part of the decoder, whose module the name map does not name.
    Decoder { module: &'a str, part: &'a str },
    /// A learned value that no table names.
    Unknown,
    /// A constant or a matrix.
    Buffer,
}

/// The part of a key after the last dot, and that before.
pub(super) fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

/// The pathway that a module is.
pub(super) fn pathway(module: &str) -> Option<&'static str> {
    let (_, name) = split(module);
    find(&PATHWAYS, name)
}

/// What a key stands for.
pub(super) fn meaning(key: &str) -> Meaning<'_> {
    let (module, last) = split(key);
    if let Some(quantity) = find(&SYNAPSE, last) {
        return match pathway(module) {
            Some(pathway) => Meaning::Parameter(format!("{pathway}.{quantity}")),
            None => Meaning::Unknown,
        };
    }
    if let Some(name) = find(&SINGLE, last) {
        return Meaning::Parameter(name.to_owned());
    }
    match last {
        "v_th" => Meaning::Cell {
            module,
            quantity: "threshold",
        },
        "log_tau_m" => Meaning::Cell {
            module,
            quantity: "time_constant",
        },
        "weight" | "bias" => Meaning::Decoder { module, part: last },
        other if other.starts_with("log_g_") || other.starts_with("logit_") => Meaning::Unknown,
        _ => Meaning::Buffer,
    }
}

/// The key that a parameter is expected under, as far as it is known.
pub(super) fn expected_key(parameter: &str) -> String {
    let back = |table: &'static [(&str, &str)], name: &str| {
        let row = table.iter().find(|(_, ours)| *ours == name);
        row.map(|(original, _)| *original)
    };
    if let Some(original) = back(&SINGLE, parameter) {
        return original.to_owned();
    }
    let (owner, quantity) = split(parameter);
    match (back(&PATHWAYS, owner), back(&SYNAPSE, quantity), quantity) {
        (Some(module), Some(last), _) => format!("{module}.{last}"),
        (_, _, "threshold") => format!("v_th of the {owner}"),
        (_, _, "time_constant") => format!("log_tau_m of the {owner}"),
        _ => format!("{quantity} of the {owner}"),
    }
}

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let row = table.iter().find(|(original, _)| *original == name);
    row.map(|(_, ours)| *ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_by_their_last_parts() {
        let parameter = |name: &str| Meaning::Parameter(name.to_owned());
        for (key, expected) in [
            ("or_to_orn.or_gains", parameter("input.gain")),
            ("antennal_lobe.log_or_gain", parameter("input.current")),
            (
                "antennal_lobe.ln_pn_excit_nonad.logit_U",
                parameter("ln_to_pn_excitatory_nonad.release_probability"),
            ),
            ("kc_layer.apl.apl_gain", parameter("apl_to_kc.gain")),
            ("antennal_lobe.ln_orn.log_strength", Meaning::Unknown),
            ("antennal_lobe.log_g_gap_kc", Meaning::Unknown),
            ("antennal_lobe.orn_pn.connectivity", Meaning::Buffer),
            (
                "kc_layer.kc.v_th",
                Meaning::Cell {
                    module: "kc_layer.kc",
                    quantity: "threshold",
                },
            ),
        ] {
            assert_eq!(meaning(key), expected, "{key}");
        }
    }
}
