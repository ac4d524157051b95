use super::*;

fn readout(vector: &[f64], scalar: f64) -> ParameterReadout {
    ParameterReadout {
        vectors: vec![("v".to_owned(), vector.to_vec())],
        scalars: vec![("s".to_owned(), scalar)],
    }
}

#[test]
fn correlations_over_pairs_of_models() {
    let models = [
        readout(&[1.0, 2.0, 3.0], 1.0),
        readout(&[2.0, 4.0, 6.0], 2.0),
        readout(&[3.0, 2.0, 1.0], 3.0),
    ];
    let result = parameter_consistency(&models).unwrap();
    let vector = &result.vectors[0];
    assert_eq!(
        (vector.min_r, vector.max_r, vector.pairs),
        (Some(-1.0), Some(1.0), 3)
    );
    assert!((vector.mean_r.unwrap() + 1.0 / 3.0).abs() < 1e-15);
    let scalar = &result.scalars[0];
    let deviation = (2.0_f64 / 3.0).sqrt();
    assert_eq!(scalar.mean, 2.0);
    assert!((scalar.coefficient_of_variation.unwrap() - deviation / 2.0).abs() < 1e-15);
    assert_eq!(
        result.mean_coefficient_of_variation,
        scalar.coefficient_of_variation
    );
}

#[test]
fn what_cannot_be_said_is_none() {
    let models = [readout(&[1.0, 1.0], 1.0), readout(&[1.0, 2.0], -1.0)];
    let result = parameter_consistency(&models).unwrap();
    assert_eq!(
        (result.vectors[0].mean_r, result.vectors[0].pairs),
        (None, 0)
    );
    assert_eq!(result.scalars[0].coefficient_of_variation, None);
    assert_eq!(result.scalars[0].deviation_of_log, None);
    assert_eq!(result.mean_coefficient_of_variation, None);
    assert_eq!(weighted_correlation(&result.vectors, |_| Some(1.0)), None);
}

#[test]
fn unequal_models_are_errors() {
    assert!(parameter_consistency(&[readout(&[1.0], 1.0)]).is_err());
    assert!(parameter_consistency(&[readout(&[1.0], 1.0), readout(&[1.0, 2.0], 1.0)]).is_err());
    assert!(parameter_consistency(&[readout(&[1.0], 1.0), ParameterReadout::default()]).is_err());
}

#[test]
fn the_published_apl_gains_have_the_published_variation() {
    let raw = [
        7.070_737_838_745_117,
        7.223_873_138_427_734,
        6.952_926_158_905_029,
        6.446_413_516_998_291,
        6.828_946_113_586_426,
    ];
    let result = vary("apl_gain_raw", raw.to_vec());
    assert!((result.mean - 6.904_579_353_332_52).abs() < 1e-12);
    assert!((result.deviation - 0.263_640_246_404_996_67).abs() < 1e-12);
    assert!((result.coefficient_of_variation.unwrap() - 0.038_183_390_024_730_44).abs() < 1e-12);
    assert!((result.deviation_of_log.unwrap() - 0.038_705_766_317_636_78).abs() < 1e-12);
}

#[test]
fn categories_are_alphabetical_and_small_ones_vary() {
    let model = |b: [f64; 2], a: f64| ParameterReadout {
        vectors: vec![("b".to_owned(), b.to_vec()), ("a".to_owned(), vec![a])],
        scalars: Vec::new(),
    };
    let result = category_consistency(&[model([1.0, 0.0], 1.0), model([3.0, 0.0], 1.0)]).unwrap();
    let names: Vec<&str> = result
        .correlations
        .iter()
        .map(|vector| vector.name.as_str())
        .collect();
    // "a" has a single element and no correlation.
    assert_eq!(names, ["b", "overall"]);
    assert_eq!(result.correlations[1].elements, 3);
    // The second element of b has mean 0 and is skipped: std/mean of 1 and 3.
    assert_eq!(
        result.variations,
        vec![("a".to_owned(), 0.0), ("b".to_owned(), 0.5)]
    );
    assert!(category_consistency(&[model([1.0, 0.0], 1.0)]).is_err());
}
