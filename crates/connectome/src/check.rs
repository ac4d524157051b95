//! Comparison of what was read with what the descriptor expects, one line per expectation.

use serde::Serialize;

use crate::descriptor::{Descriptor, ResponsesDescriptor, compartments};
use crate::responses::Rates;
use crate::rules::{fan_out_split, gap_pairs};
use crate::{Connectome, DataError};

/// One expectation and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was compared.
    pub name: String,
    /// What must come out.
    pub expected: String,
    /// What came out.
    pub actual: String,
    /// Whether they agree.
    pub ok: bool,
}

/// A check and the error it amounts to when it fails.
pub(crate) struct Outcome {
    pub check: Check,
    pub error: Option<DataError>,
}

impl Outcome {
    pub fn new<T: PartialEq + ToString>(
        name: impl Into<String>,
        expected: &T,
        actual: &T,
        error: impl FnOnce() -> DataError,
    ) -> Self {
        let ok = expected == actual;
        Self {
            check: Check {
                name: name.into(),
                expected: expected.to_string(),
                actual: actual.to_string(),
                ok,
            },
            error: (!ok).then(error),
        }
    }
}

/// Population sizes, pathway counts, the sign split and gap-junction pairs.
pub(crate) fn check_connectome(descriptor: &Descriptor, connectome: &Connectome) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for rule in &descriptor.populations {
        let actual = connectome
            .population(&rule.name)
            .map_or(0, |range| range.len());
        outcomes.push(Outcome::new(
            format!("neurons of {}", rule.name),
            &rule.size,
            &actual,
            || DataError::PopulationSize {
                population: rule.name.clone(),
                expected: rule.size,
                actual,
            },
        ));
    }
    let rule = &descriptor.split;
    let split = fan_out_split(
        connectome,
        &rule.source,
        &rule.target,
        compartments(&rule.compartments),
        rule.quantile,
    );
    for row in &descriptor.pathways {
        let counts: Vec<u32> = connectome
            .edges(&row.source, &row.target, compartments(&row.compartments))
            .iter()
            .filter(|edge| {
                row.group
                    .is_none_or(|group| split.contains(group, edge.source))
            })
            .map(|edge| edge.contacts)
            .collect();
        let pathway = || row.name.clone();
        let actual = counts.len();
        outcomes.push(Outcome::new(
            format!("edges of {}", row.name),
            &row.edges,
            &actual,
            || DataError::PathwayEdges {
                pathway: pathway(),
                expected: row.edges,
                actual,
            },
        ));
        let actual: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        outcomes.push(Outcome::new(
            format!("contacts of {}", row.name),
            &row.contacts,
            &actual,
            || DataError::PathwayContacts {
                pathway: pathway(),
                expected: row.contacts,
                actual,
            },
        ));
        let actual = counts.iter().copied().max().unwrap_or(0);
        outcomes.push(Outcome::new(
            format!("largest edge of {}", row.name),
            &row.largest,
            &actual,
            || DataError::PathwayLargest {
                pathway: pathway(),
                expected: row.largest,
                actual,
            },
        ));
    }
    let (excitatory, inhibitory) = split.counts();
    let expected = format!("{} : {}", rule.excitatory, rule.inhibitory);
    let actual = format!("{excitatory} : {inhibitory}");
    outcomes.push(Outcome::new(
        format!("{} excitatory : inhibitory on {}", rule.source, rule.target),
        &expected,
        &actual,
        || DataError::SignSplit {
            population: rule.source.clone(),
            expected: expected.clone(),
            actual: actual.clone(),
        },
    ));
    for rule in &descriptor.gaps {
        let actual = gap_pairs(connectome, rule, &split).len();
        outcomes.push(Outcome::new(
            format!("gap-junction pairs {}", rule.name),
            &rule.pairs,
            &actual,
            || DataError::GapPairs {
                set: rule.name.clone(),
                expected: rule.pairs,
                actual,
            },
        ));
    }
    outcomes
}

/// Range and spontaneous sum of the rates.
pub(crate) fn check_rates(
    file: &str,
    rates: &Rates,
    expected: &ResponsesDescriptor,
) -> Vec<Outcome> {
    let low = rates.iter().flatten().copied().min().unwrap_or(0);
    let high = rates.iter().flatten().copied().max().unwrap_or(0);
    let sum: i32 = rates.first().map_or(0, |row| row.iter().sum());
    let range = |low: i32, high: i32| format!("{low} to {high}");
    vec![
        Outcome::new(
            "range of receptor rates (spikes/s)",
            &range(expected.minimum, expected.maximum),
            &range(low, high),
            || DataError::ResponseRange {
                file: file.to_owned(),
                low,
                high,
                expected_low: expected.minimum,
                expected_high: expected.maximum,
            },
        ),
        Outcome::new(
            "sum of spontaneous rates (spikes/s)",
            &expected.baseline_sum,
            &sum,
            || DataError::ResponseSum {
                file: file.to_owned(),
                expected: expected.baseline_sum,
                actual: sum,
            },
        ),
    ]
}

/// Whether the normalised file holds exactly what follows from the rates.
pub(crate) fn check_normalised(
    file: &str,
    normalised: &[Vec<f64>],
    rates: &Rates,
    expected: &ResponsesDescriptor,
) -> Outcome {
    let scale = |rate: i32| {
        (f64::from(rate).clamp(expected.clip_low, expected.clip_high) - expected.clip_low)
            / (expected.clip_high - expected.clip_low)
    };
    let mut wrong = 0_usize;
    let mut first = None;
    for (odour, (row, rates)) in normalised.iter().zip(rates).enumerate() {
        for (receptor, (&actual, &rate)) in row.iter().zip(rates).enumerate() {
            // Bit for bit: the file is written with the shortest digits that read back the same.
            if actual.to_bits() != scale(rate).to_bits() {
                wrong += 1;
                first.get_or_insert_with(|| DataError::NormalisedMismatch {
                    file: file.to_owned(),
                    odour: expected.odours[odour].clone(),
                    receptor: expected.receptors[receptor].clone(),
                    expected: scale(rate),
                    actual,
                });
            }
        }
    }
    let check = Check {
        name: "normalised rates that do not follow from the rates".to_owned(),
        expected: "0".to_owned(),
        actual: wrong.to_string(),
        ok: wrong == 0,
    };
    Outcome {
        check,
        error: first,
    }
}
