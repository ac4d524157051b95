//! Names of the student's parameters in the test vectors.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use kenyon_circuit::ParameterTable;

use crate::common::Golden;

/// Pathways with strength, recovery and release probability: theirs, ours.
const PATHWAYS: [(&str, &str); 16] = [
    ("OP", "orn_to_pn"),
    ("OL", "orn_to_ln"),
    ("LPi", "ln_to_pn_inhibitory"),
    ("LPe", "ln_to_pn_excitatory"),
    ("LL", "ln_to_ln"),
    ("PL", "pn_to_ln"),
    ("LO_nonad", "ln_to_orn_nonad"),
    ("OL_nonad", "orn_to_ln_nonad"),
    ("LPi_nonad", "ln_to_pn_inhibitory_nonad"),
    ("LPe_nonad", "ln_to_pn_excitatory_nonad"),
    ("LL_nonad", "ln_to_ln_nonad"),
    ("PL_nonad", "pn_to_ln_nonad"),
    ("PK", "pn_to_kc"),
    ("PK_nonad", "pn_to_kc_nonad"),
    ("KKad", "kc_to_kc_axon_dendrite"),
    ("KKaa", "kc_to_kc_axon_axon"),
];

/// All others: ours, theirs.
const OTHERS: [(&str, &str); 21] = [
    ("input.gain", "or_gain"),
    ("input.current", "log_input"),
    ("ORN.time_constant", "log_tau_m.O"),
    ("LN.time_constant", "log_tau_m.L"),
    ("PN.time_constant", "log_tau_m.P"),
    ("ORN.threshold", "theta.O"),
    ("LN.threshold", "theta.L"),
    ("PN.threshold", "theta.P"),
    ("KC.threshold", "theta.K"),
    ("KC.coupling", "log_g_sd"),
    ("gap.ln_ln", "log_gap.LL"),
    ("gap.pn_pn", "log_gap.PP"),
    ("gap.eln_pn", "log_gap.LP"),
    ("kc_to_kc_dendrite_dendrite.gain", "graded.dd"),
    ("kc_to_kc_dendrite_axon.gain", "graded.da"),
    ("kc_to_apl.gain", "apl_log_drive"),
    ("kc_to_apl_dendrite_axon.gain", "apl_dend_gain"),
    ("apl_to_kc.gain", "apl_gain"),
    ("APL.time_constant", "apl_log_tau"),
    ("decoder.weight", "decoder.weight"),
    ("decoder.bias", "decoder.bias"),
];

/// The name in the test vectors of a group of ours.
pub fn theirs(ours: &str) -> String {
    if let Some((_, theirs)) = OTHERS.iter().find(|(name, _)| *name == ours) {
        return (*theirs).to_owned();
    }
    let (owner, quantity) = ours.rsplit_once('.').unwrap();
    let (theirs, _) = PATHWAYS.iter().find(|(_, name)| *name == owner).unwrap();
    let quantity = match quantity {
        "strength" => "log_strength",
        "recovery" => "log_tau_rec",
        "release_probability" => "logit_u",
        other => panic!("no counterpart for {other}"),
    };
    format!("{quantity}.{theirs}")
}

/// A set of values in the layout of a network.
pub fn student_values(table: &ParameterTable, golden: &Golden, prefix: &str) -> Vec<f64> {
    table
        .groups()
        .iter()
        .flat_map(|group| golden.values(&format!("{prefix}.{}", theirs(&group.name))))
        .collect()
}
