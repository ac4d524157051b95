use super::*;

#[test]
fn the_hill_function_is_one_at_the_reference() {
    assert_eq!(effective_concentration(1.0), 1.0);
    // Stored by the original (experiments_reference.json, effective_c).
    assert!((effective_concentration(0.03) - 0.058_252_427_184_466_014).abs() < 1e-15);
    assert!((effective_concentration(5.0) - 5.0 / 3.0).abs() < 1e-15);
    assert_eq!(effective_concentration(0.0), 0.0);
}

#[test]
fn stimuli_are_mixed_with_the_blank_and_clipped() {
    let templates = vec![vec![0.3, 0.2], vec![0.0, 0.8]];
    let stimuli = concentration_stimuli(&templates, &[0.0, 5.0]).unwrap();
    assert_eq!(stimuli.len(), 3);
    // At the reference the template itself.
    assert!((stimuli[0][0]).abs() < 1e-15 && (stimuli[0][1] - 0.8).abs() < 1e-15);
    assert_eq!(stimuli[1], vec![0.3, 0.2]);
    // 0.3 - 5/3 * 0.3 < 0 is clipped; 0.2 + 5/3 * 0.6 = 1.2 is not clipped from above.
    assert_eq!(stimuli[2][0], 0.0);
    assert!((stimuli[2][1] - 1.2).abs() < 1e-15);
}

#[test]
fn the_panel_is_at_concentration_one() {
    let (blank, odour) = ([0.1, 0.2], [0.5, 0.0]);
    assert_eq!(diluted(&blank, &odour, 1.0), odour);
    assert_eq!(diluted(&blank, &odour, 0.0), blank);
}

#[test]
fn bad_levels_and_templates_are_errors() {
    let templates = vec![vec![0.3], vec![0.0]];
    assert!(concentration_stimuli(&templates, &[]).is_err());
    assert!(concentration_stimuli(&templates, &[f64::NAN]).is_err());
    assert!(concentration_stimuli(&templates, &[-1.0]).is_err());
    assert!(concentration_stimuli(&templates[..1], &[1.0]).is_err());
    assert!(concentration_stimuli(&[vec![0.3], vec![0.0, 1.0]], &[1.0]).is_err());
}

/// Two odours, levels 0.1, 1 and 2, one trial: rows are ref a, ref b, then a, b of each level.
fn example(levels: &[f64]) -> Result<ConcentrationTest, AnalysisError> {
    let rows = 8;
    let array = |values: &[f32]| Patterns::new(rows, 1, 2, values.to_vec()).unwrap();
    let receptors = array(&[
        2.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 3.0, 1.0, 1.0, 3.0,
    ]);
    let relay = array(&[
        2.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 3.0, 0.0, 0.0, 3.0,
    ]);
    let coding = array(&[
        1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0,
    ]);
    // Classes 0 (blank), 1, 2: the first level is decided as blank, the others rightly.
    let logits = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let decided = [1, 2, 0, 0, 1, 2, 1, 2];
    let logits = Patterns::new(
        rows,
        1,
        3,
        decided
            .iter()
            .flat_map(|&class: &usize| logits[class])
            .collect(),
    )
    .unwrap();
    ConcentrationTrials {
        blank: &[1.0, 1.0],
        levels,
        receptors: &receptors,
        relay: &relay,
        coding: &coding,
        logits: &logits,
    }
    .evaluate()
}

#[test]
fn levels_and_verdicts_by_hand() {
    let result = example(&[0.1, 1.0, 2.0]).unwrap();
    let first = &result.levels[0];
    assert_eq!(
        (first.mean_or, first.mean_pn, first.mean_kc),
        (2.5, 2.0, 0.5)
    );
    // Odour a at level 0.1 equals the blank: norm 0, cosine 0 by rule; odour b keeps its direction.
    assert_eq!((first.or_similarity, first.pn_similarity), (0.5, 1.0));
    // KC: a is silent (cosine 0, dropped from the centroid decisions), b looks like a.
    assert_eq!(
        (first.kc_similarity, first.kc_centroid_accuracy),
        (0.0, 0.0)
    );
    assert_eq!(first.decoder_accuracy, 0.0);
    assert_eq!(result.levels[2].decoder_accuracy, 1.0);
    assert_eq!(
        (result.or_range, result.pn_range, result.kc_range),
        (4.0 / 2.5, 1.5, 2.0)
    );
    // Moderate: levels 1 and 2; cross: levels 0.1 and 2.
    assert_eq!(
        (result.mean_moderate_accuracy, result.mean_cross_accuracy),
        (1.0, 0.5)
    );
    assert!(result.sublinear_pn && result.robust_classification && !result.flat_kc);
    assert_eq!(result.identity, Identity::Partial);
}

#[test]
fn rows_must_divide_into_passes() {
    assert!(example(&[0.1, 1.0]).is_err());
    assert!(example(&[]).is_err());
}
