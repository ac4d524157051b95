//! Protocols on mixtures, with the untrained larval circuit on a statistical individual (no data
//! needed), against figures recomputed from raw trials.

use kenyon_analysis::protocol::{
    MixtureSettings, ReevaluationSettings, SeparabilitySettings, decorrelation_by_trials,
    figure_four, linear_separability, mixture_geometry, reevaluate, sub_additivity,
    suppression_test,
};
use kenyon_analysis::{
    BlockNoise, Model, Patterns, Roles, Stations, Superposition, headline, mixture_template,
    noisy_block,
};
use kenyon_circuit::{Circuit, Interventions, Network, Parameters};
use kenyon_connectome::{ReceptorMapping, sample::sample};

const ROWS: usize = 8;
/// Ranks among the 35 triplets of 7 odours.
const TRIPLETS: [usize; 3] = [34, 0, 17];
const TRIPLET_ROWS: [[usize; 3]; 3] = [[5, 6, 7], [1, 2, 3], [2, 3, 6]];

struct Larva {
    network: Network,
    parameters: Parameters,
    roles: Roles,
    interventions: Interventions,
    templates: Vec<Vec<f64>>,
}

impl Larva {
    fn new() -> Self {
        let data = sample(1, 1).expect("a statistical larva");
        let network =
            Network::compile(&Circuit::larva(), &data.connectome).expect("the larval circuit");
        let mut templates = data
            .panel
            .templates(ReceptorMapping::ByPosition)
            .expect("receptor responses");
        templates.truncate(ROWS);
        Self {
            parameters: network.table().start(),
            network,
            roles: Roles::default(),
            interventions: Interventions::default(),
            templates,
        }
    }

    fn model(&self) -> Model<'_> {
        Model {
            network: &self.network,
            parameters: &self.parameters,
            roles: &self.roles,
            interventions: &self.interventions,
        }
    }

    fn settings(&self) -> MixtureSettings {
        MixtureSettings::canonical(42, TRIPLETS.to_vec())
    }

    /// KC counts of templates, pairs and triplets, and the rows of the mixtures.
    fn present(&self, metric: &str, superposition: Superposition) -> (Patterns, Vec<Vec<usize>>) {
        let mut mixtures = Vec::new();
        for i in 1..ROWS {
            for j in i + 1..ROWS {
                mixtures.push(vec![i, j]);
            }
        }
        mixtures.extend(TRIPLET_ROWS.map(|rows| rows.to_vec()));
        let mut stimuli = self.templates.clone();
        for rows in &mixtures {
            stimuli.push(mixture_template(&self.templates, rows, superposition).expect("rows"));
        }
        let noise = BlockNoise::new(metric, 42, 42);
        let block = noisy_block(&self.model(), &stimuli, 20, &noise).expect("a valid model");
        (block.coding, mixtures)
    }
}

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

#[test]
fn separability_knows_different_from_equal_odours() {
    let larva = Larva::new();
    let settings = SeparabilitySettings {
        between: 4,
        ..SeparabilitySettings::canonical(42, vec![20, 3, 0, 7, 11, 15])
    };
    let result =
        linear_separability(&larva.model(), &larva.templates, &settings).expect("separability");
    let again =
        linear_separability(&larva.model(), &larva.templates, &settings).expect("separability");
    assert_eq!(result, again);
    let (identity, binary, between) = (
        &result.odour_identity,
        &result.mixture_versus_single,
        &result.between_mixtures,
    );
    assert_eq!((identity.samples, identity.classes), (70, 7));
    assert_eq!((binary.samples, binary.classes), (130, 2));
    assert_eq!((between.samples, between.classes), (40, 4));
    assert!((binary.majority_rate - 70.0 / 130.0).abs() < 1e-15);
    assert!((identity.balanced_accuracy - identity.accuracy).abs() < 1e-12);
    assert_eq!(headline::separability_figures(&result).len(), 5);

    // Odours that only one receptor sees are told apart, the same odour seven times is not.
    let channels = larva.templates[0].len();
    let odours = |channel: &dyn Fn(usize) -> usize| -> Vec<Vec<f64>> {
        (0..ROWS)
            .map(|row| {
                let mut template = vec![0.1; channels];
                template[channel(row)] = 1.0;
                template
            })
            .collect()
    };
    let accuracy = |templates: &[Vec<f64>]| {
        linear_separability(&larva.model(), templates, &settings)
            .expect("separability")
            .odour_identity
            .accuracy
    };
    let (different, equal) = (accuracy(&odours(&|row| 2 * row)), accuracy(&odours(&|_| 3)));
    println!("identity: different {different}, equal {equal}");
    assert!(different > 0.6 && equal < 0.35);
}

#[test]
fn decorrelation_by_trials_averages_the_same_trials() {
    let larva = Larva::new();
    let curve = decorrelation_by_trials(&larva.model(), &larva.templates, &[2, 50, 5], 42)
        .expect("decorrelation");
    let trials: Vec<usize> = curve.points.iter().map(|point| point.trials).collect();
    assert_eq!(trials, [2, 50, 5]);
    // The largest number is the re-evaluation's measurement.
    let settings = ReevaluationSettings {
        repeats: 1,
        centroid_trials: 2,
        suppression_trials: None,
        ..ReevaluationSettings::default()
    };
    let full = reevaluate(&larva.model(), &larva.templates, &settings).expect("a valid model");
    assert_eq!(curve.points[1].decorrelation, full.decorrelation);
    // Two trials: the first two of each row of that block.
    let noise = BlockNoise::new("decorrelation", 42, 42);
    let block = noisy_block(&larva.model(), &larva.templates, 50, &noise).expect("a valid model");
    let first = |patterns: &Patterns| {
        let values = (0..patterns.rows())
            .flat_map(|row| patterns.trials_of(row).take(2).flatten().copied())
            .collect();
        Patterns::new(patterns.rows(), 2, patterns.units(), values).expect("two trials")
    };
    let stations = Stations::new(
        &first(&block.receptors),
        &first(&block.relay),
        &first(&block.coding),
    );
    let expected = stations.expect("the same trials").per_pair().expect("rows");
    assert_eq!(curve.points[0].decorrelation, expected);
    assert_ne!(curve.points[0].decorrelation, full.decorrelation);
    let names: Vec<String> = headline::decorrelation_by_trials_figures(&curve)
        .into_iter()
        .map(|figure| figure.name)
        .collect();
    assert_eq!(names.len(), 9);
    assert_eq!(names[1], "mb_decorrelation_n2_pct");
}

#[test]
fn what_cannot_be_measured_is_an_error() {
    let larva = Larva::new();
    let (model, templates) = (larva.model(), &larva.templates);
    let beyond = MixtureSettings::canonical(42, vec![35]);
    assert!(mixture_geometry(&model, templates, &beyond).is_err());
    assert!(sub_additivity(&model, templates, &beyond).is_err());
    assert!(mixture_geometry(&model, &[], &larva.settings()).is_err());
    let settings = SeparabilitySettings::canonical(42, vec![0, 1, 2]);
    assert!(linear_separability(&model, templates, &settings).is_err());
    let few_trials = SeparabilitySettings {
        trials: 4,
        between: 3,
        ..settings
    };
    assert!(linear_separability(&model, templates, &few_trials).is_err());
    assert!(decorrelation_by_trials(&model, templates, &[], 42).is_err());
    assert!(decorrelation_by_trials(&model, templates, &[2, 0], 42).is_err());
    assert!(decorrelation_by_trials(&model, &templates[..1], &[2], 42).is_err());
}
