//! The golden vectors' labels (those of the specification) and ours.

/// Chemical pathways: label and name.
pub(crate) const CHEMICAL: [(&str, &str); 16] = [
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

/// Populations: label and name.
pub(crate) const POPULATIONS: [(&str, &str); 4] =
    [("O", "ORN"), ("L", "LN"), ("P", "PN"), ("K", "KC")];

/// The name of a chemical pathway.
fn pathway(label: &str) -> Option<&'static str> {
    CHEMICAL
        .iter()
        .find(|(other, _)| *other == label)
        .map(|(_, name)| *name)
}

fn population(label: &str) -> Option<&'static str> {
    POPULATIONS
        .iter()
        .find(|(other, _)| *other == label)
        .map(|(_, name)| *name)
}

/// Our name of a parameter group.
pub(crate) fn parameter(golden: &str) -> Option<String> {
    let (quantity, label) = golden.split_once('.').unwrap_or((golden, ""));
    Some(match (quantity, label) {
        ("or_gain", "") => "input.gain".to_owned(),
        ("log_input", "") => "input.current".to_owned(),
        ("log_g_sd", "") => "KC.coupling".to_owned(),
        ("apl_log_drive", "") => "kc_to_apl.gain".to_owned(),
        ("apl_dend_gain", "") => "kc_to_apl_dendrite_axon.gain".to_owned(),
        ("apl_gain", "") => "apl_to_kc.gain".to_owned(),
        ("apl_log_tau", "") => "APL.time_constant".to_owned(),
        ("graded", "dd") => "kc_to_kc_dendrite_dendrite.gain".to_owned(),
        ("graded", "da") => "kc_to_kc_dendrite_axon.gain".to_owned(),
        ("log_gap", "LL") => "gap.ln_ln".to_owned(),
        ("log_gap", "PP") => "gap.pn_pn".to_owned(),
        ("log_gap", "LP") => "gap.eln_pn".to_owned(),
        ("decoder", _) => golden.to_owned(),
        ("log_tau_m", _) => format!("{}.time_constant", population(label)?),
        ("theta", _) => format!("{}.threshold", population(label)?),
        ("log_strength", _) => format!("{}.strength", pathway(label)?),
        ("log_tau_rec", _) => format!("{}.recovery", pathway(label)?),
        ("logit_u", _) => format!("{}.release_probability", pathway(label)?),
        _ => return None,
    })
}

/// The rate teacher's pathways: label and name.
const TEACHER: [(&str, &str); 6] = [
    ("OP", "orn_to_pn"),
    ("LP", "ln_to_pn"),
    ("OL", "orn_to_ln"),
    ("PK", "pn_to_kc"),
    ("KA", "kc_to_apl"),
    ("AK", "apl_to_kc"),
];

/// Our name of a parameter group of the rate teacher.
pub(crate) fn teacher_parameter(golden: &str) -> Option<String> {
    Some(match golden.split_once('.').unwrap_or((golden, "")) {
        ("or_gain", "") => "input.gain".to_owned(),
        ("apl_gain", "") => "APL.gain".to_owned(),
        ("b_pn", "") => "PN.threshold".to_owned(),
        ("b_kc", "") => "KC.threshold".to_owned(),
        ("decoder", _) => golden.to_owned(),
        ("strength", label) => {
            let (_, name) = TEACHER.iter().find(|(other, _)| *other == label)?;
            format!("{name}.strength")
        }
        _ => return None,
    })
}

/// Noise slots in the order of the golden columns: name of the slot and number of neurons.
pub(crate) fn noise_slots() -> Vec<(String, usize)> {
    let sizes = |population: &str| match population {
        "ORN" => 42,
        "LN" => 108,
        "PN" => 72,
        _ => 144,
    };
    let mut slots = vec![("receptor".to_owned(), sizes("ORN"))];
    let release = |labels: &[&str], target: &str| -> Vec<(String, usize)> {
        let slot = |label: &&str| {
            (
                format!("release/{}", pathway(label).unwrap_or_default()),
                sizes(target),
            )
        };
        labels.iter().map(slot).collect()
    };
    let cell = |population: &str| {
        ["background", "membrane", "threshold"]
            .map(|what| (format!("{what}/{population}"), sizes(population)))
    };
    slots.extend(release(&["LO_nonad"], "ORN"));
    slots.extend(cell("ORN"));
    slots.extend(release(
        &["OL", "LL", "PL", "OL_nonad", "LL_nonad", "PL_nonad"],
        "LN",
    ));
    slots.extend(cell("LN"));
    slots.extend(release(
        &["OP", "LPi", "LPe", "LPi_nonad", "LPe_nonad"],
        "PN",
    ));
    slots.extend(cell("PN"));
    slots.extend(release(&["PK", "PK_nonad", "KKad", "KKaa"], "KC"));
    slots.extend(
        ["membrane_dendrite", "membrane_axon", "threshold"]
            .map(|what| (format!("{what}/KC"), sizes("KC"))),
    );
    slots
}
