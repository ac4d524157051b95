use super::*;

fn vector(name: &str, elements: usize, mean_r: f64) -> VectorConsistency {
    VectorConsistency {
        name: name.to_owned(),
        elements,
        mean_r: Some(mean_r),
        deviation_r: None,
        min_r: None,
        max_r: None,
        pairs: 10,
    }
}

#[test]
fn the_published_correlations_give_the_published_headlines() {
    // mean_r of experiments_reference.json, teacher_student.
    let teachers = [
        vector(names::GAINS, 21, 0.990_682_552_731_239_4),
        vector(names::DECODER_WEIGHT, 4032, 0.787_584_258_951_346_2),
        vector(names::DECODER_BIAS, 28, 0.910_465_530_238_456_7),
        vector(names::CODING_THRESHOLD, 144, 0.528_321_202_514_138_2),
    ];
    assert!((shared_correlation(&teachers).unwrap() - 0.780_571_681_350_981_4).abs() < 1e-12);
    let students = [
        vector(names::GAINS, 21, 0.994_293_329_864_377_9),
        vector(names::DECODER_WEIGHT, 4032, 0.903_365_994_637_634_5),
        vector(names::DECODER_BIAS, 28, 0.975_991_878_020_412_4),
        vector(names::CODING_THRESHOLD, 144, 0.952_929_338_992_235_9),
        vector(names::LOCAL_THRESHOLD, 108, 0.981_046_659_466_147_6),
        vector(names::INPUT_THRESHOLD, 42, 0.863_813_882_682_905_6),
        vector(names::RELAY_THRESHOLD, 72, 0.966_660_953_919_548_1),
    ];
    assert!(
        (published_student_correlation(&students).unwrap() - 0.908_606_906_268_965_1).abs() < 1e-12
    );
    let true_weights =
        weighted_correlation(&students, |vector| Some(vector.elements as f64)).unwrap();
    assert!((true_weights - 0.908_395_380_859_631_5).abs() < 1e-12);
    assert!((shared_correlation(&students).unwrap() - 0.9060).abs() < 5e-5);
}

fn readout(gains: [f64; 3], kc: [f64; 3], apl: f64) -> ParameterReadout {
    let vectors = [
        (names::GAINS, gains.to_vec()),
        (names::DECODER_WEIGHT, vec![1.0, 0.0, 2.0]),
        (names::DECODER_BIAS, vec![1.0, -1.0, 0.5]),
        (names::CODING_THRESHOLD, kc.to_vec()),
    ];
    ParameterReadout {
        vectors: vectors
            .into_iter()
            .map(|(name, values)| (name.to_owned(), values))
            .collect(),
        scalars: vec![(names::FEEDBACK_GAIN.to_owned(), apl)],
    }
}

#[test]
fn drift_and_comparison_by_hand() {
    let teachers = [
        readout([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0),
        readout([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], 0.5),
    ];
    let students = [
        readout([2.0, 4.0, 6.0], [1.0, 2.0, 3.0], 6.0),
        readout([2.0, 4.0, 6.0], [1.0, 2.0, 3.0], 4.0),
    ];
    let result = teacher_student(&teachers, &students).unwrap();
    let gains = &result.drift[0];
    assert_eq!(gains.correlation, vec![Some(1.0), Some(1.0)]);
    assert_eq!(gains.norm_ratio, vec![Some(2.0), Some(2.0)]);
    assert_eq!(gains.relative_change, vec![1.0, 1.0]);
    assert_eq!(gains.verdict, DriftVerdict::Preserved);
    assert_eq!(result.feedback_gain_change, vec![Some(0.5), Some(1.0)]);
    assert_eq!(result.feedback_gain_ratio, Some(1.75));
    let (name, difference, change) = &result.comparison[1];
    assert_eq!(
        (name.as_str(), *difference, *change),
        (names::CODING_THRESHOLD, 2.0, Change::More)
    );
    assert_eq!(result.comparison[0].2, Change::Stable);
    // Teachers: r = 1 for 9 elements, -1 for 3.
    assert!((result.teacher_correlation.unwrap() - 0.5).abs() < 1e-15);
}

#[test]
fn seeds_must_match() {
    let one = readout([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0);
    assert!(teacher_student(std::slice::from_ref(&one), std::slice::from_ref(&one)).is_err());
    assert!(teacher_student(&[one.clone(), one.clone()], std::slice::from_ref(&one)).is_err());
    let mut bare = one.clone();
    bare.scalars.clear();
    assert!(teacher_student(&[one.clone(), one.clone()], &[bare.clone(), bare]).is_err());
}
