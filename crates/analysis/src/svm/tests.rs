//! Agreement with scikit-learn, and properties of the optimum.
//!
//! Reference figures: scikit-learn 1.9.1, `LinearSVC(C=1, loss="squared_hinge", penalty="l2",
//! dual=False, tol=1e-12, max_iter=5000, intercept_scaling=1)` on the data of [`counts`];
//! accuracies by `cross_val_score` with `StratifiedKFold(5)`, equal for `tol=1e-4`. Even at 1e-12
//! LIBLINEAR stops with gradients of 1e-7, so its weights are met to 1e-6 only. Norms of weights are
//! therefore those of the optimum: Newton's method with numpy 2.4.6, started there, to 1e-13.

use std::time::Instant;

use proptest::prelude::*;

use super::*;

/// Overlapping classes of small counts from a linear congruential generator (Knuth's MMIX): with
/// draw `d`, the count of class `c` and feature `j` is `1 + (d / 100) % 4` if
/// `d % 100 < 10 + 5 ((3 c + 7 j) % 5)`, else 0; divided by 30.
fn counts(sizes: &[usize], width: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<usize>) {
    let mut state = seed;
    let (mut features, mut labels) = (Vec::new(), Vec::new());
    for (class, &size) in sizes.iter().enumerate() {
        for _ in 0..size {
            let mut sample = Vec::with_capacity(width);
            for feature in 0..width {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let draw = state >> 33;
                let fires = draw % 100 < 10 + 5 * ((3 * class as u64 + 7 * feature as u64) % 5);
                let count = if fires { 1 + (draw / 100) % 4 } else { 0 };
                sample.push(count as f64 / 30.0);
            }
            features.push(sample);
            labels.push(class);
        }
    }
    (features, labels)
}

/// `½ (‖w‖² + b²) + C Σ max(0, 1 - y (w·x + b))²`.
fn objective(weights: &[f64], intercept: f64, features: &[Vec<f64>], signs: &[f64], c: f64) -> f64 {
    let penalty = 0.5 * (crate::dot(weights, weights) + intercept * intercept);
    let loss = |(sample, sign): (&Vec<f64>, &f64)| {
        let margin = sign * (crate::dot(weights, sample) + intercept);
        c * (1.0 - margin).max(0.0).powi(2)
    };
    penalty + features.iter().zip(signs).map(loss).sum::<f64>()
}

fn signs(labels: &[usize], class: usize) -> Vec<f64> {
    let sign = |&label: &usize| if label == class { 1.0 } else { -1.0 };
    labels.iter().map(sign).collect()
}

fn within(tolerance: f64, ours: f64, reference: f64) {
    assert!(
        (ours - reference).abs() <= tolerance * reference.abs().max(1.0),
        "{ours} is not {reference}"
    );
}

fn close(ours: f64, reference: f64) {
    within(1e-12, ours, reference);
}

/// To what LIBLINEAR reaches.
fn near(ours: f64, reference: f64) {
    within(1e-6, ours, reference);
}

#[test]
fn five_overlapping_classes_agree_with_scikit_learn() {
    let (features, labels) = counts(&[20; 5], 12, 1);
    let machine = LinearSvm::fit(&features, &labels, &SvmSettings::default()).unwrap();
    // Objective, norm of the weights, intercept, weights 0 and 5.
    let reference = [
        [
            60.759_221_547_027_72,
            2.305_932_910_068_639_4,
            -0.617_610_305_294_110_4,
            -1.054_808_882_993_235_6,
            -0.691_895_735_961_094,
        ],
        [
            61.303_170_850_042_93,
            2.082_546_454_357_998,
            -0.576_666_165_611_020_8,
            0.435_836_257_030_810_1,
            -0.355_219_958_981_821_2,
        ],
        [
            61.768_029_610_250_52,
            1.909_609_643_755_395,
            -0.625_782_865_242_834_2,
            -0.260_888_267_953_84,
            0.378_550_928_800_279_13,
        ],
        [
            61.230_385_123_055_7,
            2.147_020_121_870_185,
            -0.606_279_581_668_526_7,
            0.605_136_665_732_336_5,
            0.827_102_677_831_737_4,
        ],
        [
            61.072_673_836_624_176,
            2.181_337_771_341_235,
            -0.551_630_969_034_199_8,
            0.235_748_696_574_577_78,
            -0.187_108_504_707_697_8,
        ],
    ];
    assert_eq!(machine.weights.len(), 5);
    for (class, expected) in reference.iter().enumerate() {
        let (weights, intercept) = (&machine.weights[class], machine.intercepts[class]);
        let own = signs(&labels, class);
        close(
            objective(weights, intercept, &features, &own, 1.0),
            expected[0],
        );
        close(crate::norm(weights), expected[1]);
        near(intercept, expected[2]);
        near(weights[0], expected[3]);
        near(weights[5], expected[4]);
    }
    let decided: Vec<usize> = features.iter().map(|x| machine.predict(x)).collect();
    let hits = decided.iter().zip(&labels).filter(|(a, b)| a == b).count();
    assert_eq!((decided.iter().sum::<usize>(), hits), (231, 57));

    let result = cross_validate(&features, &labels, 5, &SvmSettings::default()).unwrap();
    assert_eq!(result.fold_accuracies, [0.45, 0.4, 0.5, 0.5, 0.25]);
    close(result.accuracy, 0.42);
    close(result.balanced_accuracy, 0.42);
    assert_eq!((result.classes, result.majority_rate), (5, 0.2));
}

#[test]
fn two_unequal_classes_agree_with_scikit_learn() {
    let (features, labels) = counts(&[270, 500], 24, 2);
    let machine = LinearSvm::fit(&features, &labels, &SvmSettings::default()).unwrap();
    assert_eq!((machine.weights.len(), machine.intercepts.len()), (1, 1));
    let (weights, intercept) = (&machine.weights[0], machine.intercepts[0]);
    let own = signs(&labels, 1);
    close(
        objective(weights, intercept, &features, &own, 1.0),
        521.239_302_214_907_8,
    );
    close(crate::norm(weights), 9.803_665_126_465_452);
    near(intercept, 0.248_728_422_203_470_36);
    near(weights[0], 2.029_376_623_509_917);
    near(weights[5], 2.656_629_062_657_972);

    let result = cross_validate(&features, &labels, 5, &SvmSettings::default()).unwrap();
    let hits = [118.0, 115.0, 126.0, 114.0, 124.0].map(|hits| hits / 154.0);
    assert_eq!(result.fold_accuracies, hits);
    let balanced = [
        0.696_481_481_481_481_5,
        0.698_518_518_518_518_5,
        0.766_296_296_296_296_3,
        0.663_703_703_703_703_7,
        0.730_740_740_740_740_7,
    ];
    close(result.balanced_accuracy, crate::mean(&balanced));
    close(result.majority_rate, 500.0 / 770.0);
}

#[test]
fn folds_are_those_of_scikit_learn() {
    // StratifiedKFold(5) of scikit-learn 1.9.1; classes of 9, 13 and 11, the third appears first.
    let labels = [
        2, 2, 2, 0, 1, 2, 0, 1, 1, 2, 0, 0, 1, 2, 0, 1, 1, 2, 0, 0, 1, 2, 0, 1, 1, 2, 0, 1, 1, 1,
        1, 2, 2,
    ];
    let folds = [
        0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 2, 1, 2, 2, 1, 1, 2, 3, 3, 2, 3, 4, 2, 2, 3, 4, 3, 3, 4,
        4, 4, 4,
    ];
    assert_eq!(stratified_folds(&labels, 5).unwrap(), folds);
    assert!(stratified_folds(&labels, 10).is_err());
    assert!(stratified_folds(&labels, 1).is_err());
}

#[test]
fn what_cannot_be_fitted_is_an_error() {
    let settings = SvmSettings::default();
    let (features, labels) = counts(&[5, 5], 3, 1);
    assert!(LinearSvm::fit(&features, &[0; 10], &settings).is_err());
    assert!(LinearSvm::fit(&features, &labels[1..], &settings).is_err());
    assert!(LinearSvm::fit(&[], &[], &settings).is_err());
    let mut broken = features.clone();
    broken[3][1] = f64::NAN;
    assert!(LinearSvm::fit(&broken, &labels, &settings).is_err());
    broken[3].pop();
    assert!(LinearSvm::fit(&broken, &labels, &settings).is_err());
    let (few, negative) = (
        SvmSettings {
            max_iterations: 1,
            ..settings
        },
        SvmSettings {
            c: -1.0,
            ..settings
        },
    );
    assert!(LinearSvm::fit(&features, &labels, &few).is_err());
    assert!(LinearSvm::fit(&features, &labels, &negative).is_err());
}

#[test]
fn silent_features_have_no_weight() {
    let (mut features, labels) = counts(&[30, 30, 30], 6, 5);
    for sample in &mut features {
        sample.insert(2, 0.0);
    }
    let machine = LinearSvm::fit(&features, &labels, &SvmSettings::default()).unwrap();
    assert!(machine.weights.iter().all(|weights| weights[2] == 0.0));
}

#[test]
#[ignore = "measures time: run in release mode"]
fn time_of_the_three_tasks() {
    let start = Instant::now();
    for (sizes, classes) in [(vec![10; 27], 27), (vec![10; 20], 20), (vec![270, 500], 2)] {
        let (features, labels) = counts(&sizes, 144, 7);
        let result = cross_validate(&features, &labels, 5, &SvmSettings::default()).unwrap();
        println!("{classes} classes: {:.3}", result.accuracy);
    }
    println!("{:.3} s", start.elapsed().as_secs_f64());
}

proptest! {
    /// The problem is convex, so no point near or far may be lower than the optimum.
    #[test]
    fn no_other_weights_are_better(
        seed in any::<u64>(),
        c in prop::sample::select(vec![0.01, 1.0, 100.0]),
        direction in prop::collection::vec(-1.0..1.0_f64, 9),
        length in prop::sample::select(vec![1e-4, 1e-2, 1.0, 10.0]),
    ) {
        let (features, labels) = counts(&[12, 9, 4], 8, seed);
        let settings = SvmSettings { c, ..SvmSettings::default() };
        let machine = LinearSvm::fit(&features, &labels, &settings).unwrap();
        for class in 0..3 {
            let own = signs(&labels, class);
            let (weights, intercept) = (&machine.weights[class], machine.intercepts[class]);
            let best = objective(weights, intercept, &features, &own, c);
            let moved: Vec<f64> =
                weights.iter().zip(&direction).map(|(w, d)| w + length * d).collect();
            let other = objective(&moved, intercept + length * direction[8], &features, &own, c);
            // Strong convexity: the objective rises at least by half the squared distance.
            let distance = length * length * crate::dot(&direction, &direction);
            prop_assert!(other - best >= 0.5 * distance * (1.0 - 1e-6) - 1e-9 * best);
        }
    }
}
