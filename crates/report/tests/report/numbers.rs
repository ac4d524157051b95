//! The numbers that are drawn are those of the results.

use kenyon_study::{ACROSS, AcrossMetrics};
use kenyon_testing::Suite;
use serde::Deserialize;

use crate::fixture::specimen;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("matrices", matrices)
        .test("bars_and_points", bars)
        .test("null_models_and_effects", nulls)
        .test("figures_say_what_they_are", words)
}

/// The numbers that the marks of a figure carry, in the order of drawing.
fn drawn(id: &str) -> Vec<f64> {
    specimen()
        .figure(id)
        .drawing
        .svg
        .split("data-value=\"")
        .skip(1)
        .map(|rest| {
            let text = rest.split('"').next().expect("an attribute");
            text.parse().expect("a number")
        })
        .collect()
}

fn across() -> AcrossMetrics {
    #[derive(Deserialize)]
    struct Stored {
        content: AcrossMetrics,
    }
    let file = specimen()
        .folder()
        .join("canonical")
        .join(format!("{ACROSS}.json"));
    let text = std::fs::read(file).expect("the file");
    serde_json::from_slice::<Stored>(&text)
        .expect("the metrics")
        .content
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

fn matrices() {
    let across = across();
    let maps = [
        &across.maps.receptors,
        &across.maps.relay,
        &across.maps.coding,
    ];
    let cosines: Vec<f64> = maps.iter().flat_map(|map| map.cosines.concat()).collect();
    assert_eq!(cosines.len(), 3 * 28 * 28);
    assert_eq!(drawn("2_core"), cosines);
    assert_eq!(drawn("S1_kc_heat"), across.maps.coding_counts.concat());
    // Odours are in another order, but none is lost or drawn twice.
    let shares = across.confusion.probabilities.concat();
    assert_eq!(sorted(drawn("S2_confusion_matrix")), sorted(shares));
    let means = across.consistency.per_odour.iter().map(|odour| odour.mean);
    assert_eq!(sorted(drawn("S3_within_odor_consistency")), sorted(means));
}

fn bars() {
    let results = &specimen().results;
    let mut expected = Vec::new();
    for (measurement, figure) in [
        ("reevaluation", "al_decorrelation_pct"),
        ("reevaluation", "mb_decorrelation_pct"),
        ("figure_four", "suppression_pct"),
        ("figure_four", "pair_sub_additive_pct"),
    ] {
        for condition in ["canonical", "shuffled", "no_apl", "no_sparsity"] {
            let quantity = results.quantity(condition, measurement, figure);
            expected.push(quantity.expect("a bar").mean);
        }
    }
    assert_eq!(drawn("4_abl"), expected);
    // Seven levels: three sums, two accuracies, three similarities; at concentration 1 sums are 1.
    let concentration = drawn("3_concentration");
    assert_eq!(concentration.len(), 7 * 8);
    assert_eq!(
        concentration
            .iter()
            .filter(|&&it| (it - 1.0).abs() < 1e-12)
            .count(),
        3
    );
    // Every threshold of two models is in one bin.
    let points = [
        ("canonical", "after_training"),
        ("odours/odours_7", "after_training_brief"),
        ("odours/odours_14", "after_training_brief"),
    ]
    .map(|(family, measurement)| {
        let quantity = results.quantity(family, measurement, "kc_threshold_upper_bound_pct");
        quantity.expect("a point").mean
    });
    let thresholds = drawn("S4_threshold_scaling");
    let (bins, shares) = thresholds.split_at(3 * 13);
    assert_eq!(bins.iter().sum::<f64>(), 2.0 * (108.0 + 72.0 + 144.0));
    assert_eq!(sorted(shares.iter().copied()), sorted(points));
}

fn nulls() {
    let results = &specimen().results;
    let drawn_values = drawn("null_models");
    let quantity = results
        .quantity("swaps", "reevaluation", "accuracy_pct")
        .expect("the null models");
    assert_eq!(quantity.samples.len(), 6);
    for sample in &quantity.samples {
        assert!(drawn_values.contains(&sample.value), "{sample:?}");
    }
    // Six figures, six draws and their mean each.
    assert_eq!(drawn_values.len(), 6 * 7);
    let effects = drawn("effects");
    let quantity = results
        .quantity("canonical", "reevaluation_without_apl", "accuracy_pct")
        .expect("an ablation");
    let effect = quantity.effect.as_ref().expect("an effect");
    assert!(effects.contains(&effect.difference));
    let judgement = results.summary.judgement.as_ref().expect("a comparison");
    for row in judgement.rows.iter().filter(|row| row.published.headline) {
        if let Some(ours) = row.ours {
            assert!(drawn("reproduction").contains(&ours), "{}", row.name);
        }
    }
}

fn words() {
    let specimen = specimen();
    let ids: Vec<&str> = specimen.figures.iter().map(|it| it.id.as_str()).collect();
    for id in [
        "1_circuit",
        "odour_trees",
        "currents",
        "training",
        "parameters",
        "speed",
        "raster_carbon_dioxide",
        "raster_carbon_dioxide_without_apl",
    ] {
        assert!(
            ids.contains(&id)
                || id.starts_with("raster") && ids.iter().any(|it| it.starts_with("raster")),
            "{id} of {ids:?}"
        );
    }
    for figure in &specimen.figures {
        assert!(
            figure.caption.len() > 40,
            "{}: {}",
            figure.id,
            figure.caption
        );
        let tree = format!("<title id=\"{}", figure.id);
        assert!(
            figure.id.starts_with("raster") || figure.drawing.svg.contains(&tree),
            "{} has no title",
            figure.id
        );
        // Readable where it is printed: at most the width of a page, in points.
        assert!(figure.drawing.width_pt <= 510.0, "{}", figure.id);
        for wrong in ["NaN", "inf", "None"] {
            assert!(
                !figure.drawing.svg.contains(&format!("\"{wrong}")),
                "{} shows {wrong}",
                figure.id
            );
        }
    }
    let distinct: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), ids.len(), "two figures of one name");
}
