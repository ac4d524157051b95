//! Plain words for figures, whose names end with their unit.

/// A figure in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What it is.
    pub words: String,
    /// Its unit; empty of shares and ratios.
    pub unit: &'static str,
    /// Decimals that are worth showing.
    pub decimals: usize,
}

/// Names whose words do not follow from them.
const WORDS: [(&str, &str); 40] = [
    ("teacher_accuracy_pct", "Accuracy of the rate teacher"),
    ("accuracy_pct", "Accuracy of the spiking student"),
    ("centroid_accuracy_pct", "Accuracy of nearest KC centroid"),
    ("orn_active_pct", "Receptor neurons active"),
    ("ln_active_pct", "Local neurons active"),
    ("pn_active_pct", "Projection neurons active"),
    ("kc_active_pct", "Kenyon cells active"),
    ("al_decorrelation_pct", "Decorrelation in the antennal lobe"),
    ("mb_decorrelation_pct", "Decorrelation in the mushroom body"),
    ("total_decorrelation_pct", "Decorrelation, both together"),
    ("apl_ratio", "KC spikes, normal / boosted APL"),
    ("suppression_pct", "KC spikes suppressed by the APL"),
    ("or_range", "Receptor sum, highest / lowest dose"),
    ("pn_range", "PN spikes, highest / lowest dose"),
    ("kc_range", "KC spikes, highest / lowest dose"),
    (
        "pn_range_largest_over_smallest",
        "PN spikes, largest / smallest level",
    ),
    (
        "kc_range_largest_over_smallest",
        "KC spikes, largest / smallest level",
    ),
    (
        "decoder_accuracy_c0.3_pct",
        "Accuracy at 0.3 × concentration",
    ),
    ("decoder_accuracy_c5_pct", "Accuracy at 5 × concentration"),
    (
        "moderate_accuracy_pct",
        "Accuracy at moderate concentrations",
    ),
    (
        "cross_centroid_accuracy_pct",
        "Centroid accuracy across concentrations",
    ),
    (
        "kc_similarity_across_seeds",
        "KC patterns, similarity across seeds",
    ),
    (
        "within_odour_consistency",
        "KC patterns, similarity across trials",
    ),
    ("confusion_diagonal", "Confusion matrix, mean diagonal"),
    (
        "parameter_correlation",
        "Parameters, correlation across students",
    ),
    (
        "teacher_parameter_correlation",
        "Parameters, correlation across teachers",
    ),
    (
        "kc_threshold_correlation",
        "KC thresholds, correlation across seeds",
    ),
    ("g_soma_nS", "KC coupling of dendrite and axon"),
    ("gap_ln_ln_nS", "Gap junction LN–LN"),
    ("gap_pn_pn_nS", "Gap junction PN–PN"),
    ("gap_eln_pn_nS", "Gap junction excitatory LN–PN"),
    (
        "kc_threshold_upper_bound_pct",
        "KC thresholds at the upper bound",
    ),
    (
        "ln_threshold_lower_bound_pct",
        "LN thresholds at the lower bound",
    ),
    (
        "pn_threshold_interior_pct",
        "PN thresholds between the bounds",
    ),
    (
        "template_pairs_cosine_above_0.9",
        "Odour pairs with cosine above 0.9",
    ),
    ("pair_sub_additive_pct", "Sub-additive responses to pairs"),
    (
        "triplet_sub_additive_pct",
        "Sub-additive responses to triplets",
    ),
    (
        "svm_odour_identity_pct",
        "Linear classifier: odour identity",
    ),
    (
        "svm_mixture_vs_single_pct",
        "Linear classifier: mixture or single odour",
    ),
    (
        "svm_between_mixtures_pct",
        "Linear classifier: which mixture",
    ),
];

/// Endings that are units, with the unit and its decimals.
const UNITS: [(&str, &str, usize); 5] = [
    ("_pct", "%", 1),
    ("_Hz", "Hz", 1),
    ("_nS", "nS", 3),
    ("_mV", "mV", 2),
    ("_hz", "Hz", 1),
];

/// The figure of that name in words.
#[must_use]
pub fn label(name: &str) -> Label {
    let unit = UNITS.iter().find(|(ending, ..)| name.ends_with(ending));
    let words = WORDS.iter().find(|(known, _)| *known == name);
    let words = match (words, unit) {
        (Some((_, words)), _) => (*words).to_owned(),
        (None, Some((ending, ..))) => in_words(name.trim_end_matches(ending)),
        (None, None) => in_words(name),
    };
    let (unit, decimals) = unit.map_or(("", 3), |(_, unit, decimals)| (*unit, *decimals));
    Label {
        words,
        unit,
        decimals: if name == "g_soma_nS" || name.contains("range") || name == "apl_ratio" {
            2
        } else if name.starts_with("template_pairs") {
            0
        } else {
            decimals
        },
    }
}

impl Label {
    /// A value with its unit.
    #[must_use]
    pub fn value(&self, value: f64) -> String {
        let decimals = self.decimals;
        self.with_unit(&signed(format!("{value:.decimals$}")))
    }

    /// A value and how much it varies, with their unit.
    #[must_use]
    pub fn spread(&self, value: f64, deviation: Option<f64>) -> String {
        let decimals = self.decimals;
        match deviation {
            Some(deviation) => self.with_unit(&signed(format!(
                "{value:.decimals$} ± {deviation:.decimals$}"
            ))),
            None => self.value(value),
        }
    }

    fn with_unit(&self, number: &str) -> String {
        match self.unit {
            "" => number.to_owned(),
            unit => format!("{number} {unit}"),
        }
    }

    /// What an axis says.
    #[must_use]
    pub fn axis(&self) -> String {
        match self.unit {
            "" => self.words.clone(),
            unit => format!("{} ({unit})", self.words),
        }
    }
}

fn signed(number: String) -> String {
    number.replace('-', "−")
}

/// "kc_threshold_mean" as "KC threshold mean".
pub(crate) fn in_words(name: &str) -> String {
    const ABBREVIATIONS: [&str; 11] = [
        "kc", "pn", "ln", "orn", "apl", "al", "mb", "svm", "or", "mbon", "dan",
    ];
    let words: Vec<String> = name
        .split(['_', '/'])
        .map(|word| {
            if ABBREVIATIONS.contains(&word) {
                word.to_uppercase()
            } else {
                word.to_owned()
            }
        })
        .collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words_and_endings_units() {
        assert_eq!(
            label("accuracy_pct").spread(70.21, Some(0.34)),
            "70.2 ± 0.3 %"
        );
        assert_eq!(
            label("kc_threshold_mean_mV").axis(),
            "KC threshold mean (mV)"
        );
        assert_eq!(label("al_decorrelation_pct").value(-13.59), "−13.6 %");
        assert_eq!(label("template_pairs_cosine_above_0.9").value(60.0), "60");
        assert_eq!(in_words("no_apl"), "No APL");
    }
}
