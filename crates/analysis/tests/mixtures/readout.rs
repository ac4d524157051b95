//! Separability, decorrelation by trials, and what cannot be measured.

use kenyon_analysis::protocol::{
    MixtureSettings, ReevaluationSettings, SeparabilitySettings, decorrelation_by_trials,
    linear_separability, mixture_geometry, reevaluate, sub_additivity,
};
use kenyon_analysis::{
    BlockNoise, Patterns, Stations, Superposition, SvmSettings, cross_validate, headline,
    mixture_template, noisy_block,
};

use crate::larva::{Larva, ROWS};

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
fn separability_is_what_the_classifier_makes_of_rates() {
    let larva = Larva::new();
    // Pairs (2, 3), (1, 2) and (6, 7) of rows 1..=7.
    let settings = SeparabilitySettings {
        between: 2,
        ..SeparabilitySettings::canonical(42, vec![6, 0, 20])
    };
    let result =
        linear_separability(&larva.model(), &larva.templates, &settings).expect("separability");
    let rates = |stimuli: &[Vec<f64>], metric: &str| -> Vec<Vec<f64>> {
        let noise = BlockNoise::new(metric, 42, 42);
        let block = noisy_block(&larva.model(), stimuli, 10, &noise).expect("a valid model");
        block
            .coding
            .all_trials()
            .map(|trial| trial.iter().map(|&count| f64::from(count) / 30.0).collect())
            .collect()
    };
    let mixtures: Vec<Vec<f64>> = [[2, 3], [1, 2], [6, 7]]
        .iter()
        .map(|rows| mixture_template(&larva.templates, rows, Superposition::Sum).expect("rows"))
        .collect();
    let odours = rates(&larva.templates[1..], "separability/odours");
    let presented = rates(&mixtures, "separability/mixtures");
    let between = rates(&mixtures[..2], "separability/between");
    let labels = |classes: usize, size: usize| -> Vec<usize> {
        (0..classes).flat_map(|class| vec![class; size]).collect()
    };
    let validate = |features: &[Vec<f64>], labels: &[usize]| {
        cross_validate(features, labels, 5, &SvmSettings::default()).expect("two classes")
    };
    assert_eq!(result.odour_identity, validate(&odours, &labels(7, 10)));
    assert_eq!(result.between_mixtures, validate(&between, &labels(2, 10)));
    let both = [odours, presented].concat();
    let kinds = [vec![0; 70], vec![1; 30]].concat();
    assert_eq!(result.mixture_versus_single, validate(&both, &kinds));
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
