//! Geometry, sub-additivity and Figure 4.

use kenyon_analysis::protocol::{
    MixtureSettings, figure_four, mixture_geometry, sub_additivity, suppression_test,
};
use kenyon_analysis::{Patterns, Superposition, headline};

use crate::larva::{Larva, ROWS, TRIPLETS};

/// Spikes of a neuron over all trials of a row.
fn total(counts: &Patterns, row: usize, neuron: usize) -> u32 {
    counts
        .trials_of(row)
        .map(|trial| trial[neuron] as u32)
        .sum()
}

#[test]
fn geometry_is_what_raw_counts_say() {
    let larva = Larva::new();
    let result =
        mixture_geometry(&larva.model(), &larva.templates, &larva.settings()).expect("mixtures");
    let (counts, mixtures) = larva.present("mixture-geometry", Superposition::Sum);
    assert_eq!((result.pairs.len(), result.triplets.len()), (21, 3));
    let neurons = counts.units();
    let spikes = |row: usize| -> Vec<f64> {
        (0..neurons)
            .map(|neuron| f64::from(total(&counts, row, neuron)))
            .collect()
    };
    let cosine = |a: &[f64], b: &[f64]| {
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let active = |code: &[f64]| code.iter().filter(|&&spikes| spikes > 0.0).count() as f64;
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    for (index, code) in result.pairs.iter().chain(&result.triplets).enumerate() {
        assert_eq!(code.rows, mixtures[index]);
        let own = spikes(ROWS + index);
        let components: Vec<Vec<f64>> = code.rows.iter().map(|&row| spikes(row)).collect();
        let size = components.len() as f64;
        let sum: Vec<f64> = (0..neurons)
            .map(|neuron| components.iter().map(|code| code[neuron]).sum())
            .collect();
        close(code.linear_cosine, cosine(&own, &sum));
        let cosines: f64 = components.iter().map(|code| cosine(&own, code)).sum();
        close(code.component_cosine, cosines / size);
        close(code.activity, active(&own) / neurons as f64);
        let recruited: f64 = components.iter().map(|code| active(code)).sum();
        close(code.activity_ratio, active(&own) * size / recruited);
    }
    let ratios: Vec<f64> = result
        .pairs
        .iter()
        .map(|code| code.activity_ratio)
        .collect();
    let summary = result.pair_summary.expect("pairs");
    close(summary.activity_ratio.mean, kenyon_analysis::mean(&ratios));
    assert_eq!(result.triplet_summary.expect("triplets").mixtures, 3);
    assert_eq!(result.single_activities.len(), ROWS);

    // Pairs do not depend on what else is presented.
    let settings = MixtureSettings::canonical(42, Vec::new());
    let alone = mixture_geometry(&larva.model(), &larva.templates, &settings).expect("pairs");
    assert_eq!(alone.pairs, result.pairs);
    assert_eq!(alone.triplet_summary, None);
    let text = serde_json::to_string(&result).expect("plain numbers");
    assert!(text.starts_with("{\"settings\":{\"seed\":42,\"trials\":20,\"triplets\":[34,0,17],"));
    let names: Vec<String> = headline::mixture_geometry_figures(&result)
        .into_iter()
        .map(|figure| figure.name)
        .collect();
    assert_eq!(
        names,
        [
            "pair_component_cosine",
            "pair_linear_cosine",
            "triplet_linear_cosine",
            "pair_active_pct",
            "triplet_active_pct",
            "pair_activity_ratio",
            "triplet_activity_ratio"
        ]
    );
    assert_eq!(headline::mixture_geometry_figures(&alone).len(), 4);
}

#[test]
fn sub_additivity_is_what_raw_counts_say() {
    let larva = Larva::new();
    for superposition in [Superposition::Sum, Superposition::AboveSpontaneous] {
        let settings = MixtureSettings {
            superposition,
            ..larva.settings()
        };
        let result = sub_additivity(&larva.model(), &larva.templates, &settings).expect("mixtures");
        let (counts, mixtures) = larva.present("sub-additivity", superposition);
        for (test, range, once) in [
            (&result.pairs, 0..21, false),
            (&result.triplets, 21..24, false),
            (&result.pairs_above_spontaneous, 0..21, true),
            (&result.triplets_above_spontaneous, 21..24, true),
        ] {
            let (mut responsive, mut below, mut equal) = (0, 0, 0);
            for index in range {
                for neuron in 0..counts.units() {
                    let own = i64::from(total(&counts, ROWS + index, neuron));
                    let blank = i64::from(total(&counts, 0, neuron));
                    let mut linear: i64 = 0;
                    for (position, &row) in mixtures[index].iter().enumerate() {
                        linear += i64::from(total(&counts, row, neuron));
                        linear -= if once && position > 0 { blank } else { 0 };
                    }
                    if own > 0 || linear > 0 {
                        responsive += 1;
                        below += usize::from(own < linear);
                        equal += usize::from(own == linear);
                    }
                }
            }
            assert!(below > 0 && below < responsive);
            assert_eq!(
                (test.responsive, test.sub_additive, test.equal),
                (responsive, below, equal)
            );
            assert_eq!(test.fraction, Some(below as f64 / responsive as f64));
            assert_eq!(test.responsive_per_neuron.len(), counts.units());
        }
        // A smaller prediction cannot be missed by more responses.
        assert!(result.pairs_above_spontaneous.sub_additive <= result.pairs.sub_additive);
        assert_eq!(headline::sub_additivity_figures(&result).len(), 4);
    }
}

#[test]
fn figure_four_is_its_two_tests() {
    let larva = Larva::new();
    let settings = MixtureSettings::canonical(43, Vec::new());
    let both = figure_four(&larva.model(), &larva.templates, 20, &settings).expect("a model");
    let with_triplets = MixtureSettings {
        triplets: TRIPLETS.to_vec(),
        ..settings
    };
    let alone = sub_additivity(&larva.model(), &larva.templates, &with_triplets).expect("mixtures");
    assert_eq!(both.sub_additivity.pairs, alone.pairs);
    assert_eq!(both.sub_additivity.triplets.fraction, None);
    let suppression = suppression_test(&larva.model(), 20, 43).expect("an APL");
    assert_eq!(both.suppression, suppression);
    let figures = headline::figure_four_figures(&both);
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "apl_ratio",
            "suppression_pct",
            "pair_sub_additive_pct",
            "pair_sub_additive_above_spontaneous_pct"
        ]
    );
}
