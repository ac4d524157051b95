//! The statistics of a summary, computed a second time by code of this file.

use std::sync::OnceLock;

use kenyon_study::{Effect, Quantity, Summary};
use kenyon_testing::Suite;

use crate::common::{HEAD, complete, folder, plan};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("samples are the figures of the runs", samples)
        .test("means, deviations and intervals", spread)
        .test("accuracies have a binomial error", binomial)
        .test("effects over seeds", over_seeds)
        .test("effects over draws", over_draws)
        .test("effects between null models", between_null_models)
        .test("effects of removals", removals)
        .test("a reference is compared with nothing", references)
        .test("p-values are corrected for their number", corrections)
        .test("one seed is enough to be summed up", one_seed)
}

const STUDY: &str = r#"
[circuit.no_ln_gaps.set]
"gap_junction.ln_ln.conductance_S" = { start = 1e-30, form = "log", precision = "double", learned = false }

[wiring.swaps]
kind = "null"
family = "degree_preserving_swaps"
connectomes = 3

[wiring.one_swap]
kind = "null"
family = "degree_preserving_swaps"

[[experiment]]
name = "canonical"
measure = ["brief", "briefer", "brief_without_gaps"]

[[experiment]]
name = "no_ln_gaps"
circuit = "no_ln_gaps"
measure = ["brief"]

[[experiment]]
name = "again"
measure = ["brief"]

[[experiment]]
name = "against_no_ln_gaps"
measure = ["brief"]
reference = "no_ln_gaps"

[[experiment]]
name = "swaps"
wiring = "swaps"
measure = ["brief"]

[[experiment]]
name = "one_swap"
wiring = "one_swap"
measure = ["brief"]

[[experiment]]
name = "more_swaps"
wiring = "swaps"
replicate = 1
measure = ["brief"]
reference = "swaps"

[measurement.brief_without_gaps]
kind = "reevaluation"
trials = 2
suppression = false
without = ["gap_junctions"]

[measurement.briefer]
kind = "reevaluation"
trials = 3
suppression = false
"#;

const SEEDS: usize = 3;

fn summary() -> &'static Summary {
    static SUMMARY: OnceLock<Summary> = OnceLock::new();
    SUMMARY.get_or_init(|| {
        let folder = folder();
        let text = format!("{HEAD}{STUDY}").replace("seeds = [1, 2]", "seeds = [1, 2, 3]");
        complete(&plan(&text, folder.path())).0
    })
}

fn quantities(family: &str) -> Vec<&'static Quantity> {
    let all = summary().quantities.iter();
    let own: Vec<_> = all
        .filter(|one| one.family == family && one.measurement == "brief")
        .collect();
    assert!(own.len() >= 6, "{family}");
    own
}

fn reference<'a>(one: &Quantity, family: &str) -> &'a Quantity {
    let all = quantities(family).into_iter();
    let mut same = all.filter(|other| other.figure == one.figure);
    same.next().unwrap()
}

fn values(one: &Quantity) -> Vec<f64> {
    one.samples.iter().map(|sample| sample.value).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squared distances from the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

#[track_caller]
fn near(a: f64, b: f64) {
    assert!(
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3),
        "{a} is not {b}"
    );
}

/// Means over the seeds of each draw.
fn draws(one: &Quantity) -> Vec<f64> {
    values(one).chunks(SEEDS).map(mean).collect()
}

fn samples() {
    for one in &summary().quantities {
        let mut expected = Vec::new();
        for run in &summary().runs {
            let family = run.experiment.split('/').next().unwrap();
            let measured = run.measurements.iter().filter(|_| family == one.family);
            for measurement in measured.filter(|measurement| measurement.name == one.measurement) {
                let figures = measurement.figures.iter();
                let own = figures.filter(|figure| figure.name == one.figure);
                expected.extend(own.map(|figure| (run.experiment.clone(), run.seed, figure.value)));
            }
        }
        let found: Vec<_> = one
            .samples
            .iter()
            .map(|sample| (sample.experiment.clone(), sample.seed, sample.value))
            .collect();
        assert_eq!(found, expected, "{} {}", one.family, one.figure);
        let draws = if one.family.ends_with("swaps") { 3 } else { 1 };
        assert_eq!(found.len(), draws * SEEDS);
    }
    let briefer = summary()
        .quantities
        .iter()
        .filter(|one| one.measurement == "briefer");
    assert_eq!(briefer.count(), quantities("canonical").len());
}

fn spread() {
    let mut varied = 0;
    for one in &summary().quantities {
        let values = values(one);
        near(one.mean, mean(&values));
        near(one.std, (squares(&values) / values.len() as f64).sqrt());
        let replicates = if one.family.ends_with("swaps") {
            draws(one)
        } else {
            values
        };
        let least = replicates.iter().copied().fold(f64::INFINITY, f64::min);
        let most = replicates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let [low, high] = one.interval.unwrap();
        let rounding = 1e-9 * most.abs();
        assert!(
            low >= least - rounding && high <= most + rounding,
            "{one:?}"
        );
        assert!(
            low <= one.mean + rounding && high >= one.mean - rounding,
            "{one:?}"
        );
        varied += usize::from(high > low);
    }
    assert!(varied > 20, "{varied}");
}

fn binomial() {
    let mut found = Vec::new();
    for one in quantities("canonical") {
        if let Some(error) = one.binomial_error {
            // Two trials of each of 28 odours, for each seed; one of them makes the centroids.
            let trials = if one.figure == "accuracy_pct" { 2 } else { 1 };
            let share = one.mean / 100.0;
            near(
                error,
                100.0 * (share * (1.0 - share) / (28 * trials * SEEDS) as f64).sqrt(),
            );
            found.push(one.figure.as_str());
        }
    }
    assert_eq!(found, ["accuracy_pct", "centroid_accuracy_pct"]);
}

/// Two-sided p-value under exchange of labels, over all subsets of the pooled values.
fn relabelled(a: &[f64], b: &[f64]) -> f64 {
    let all = [a, b].concat();
    let observed = (mean(a) - mean(b)).abs();
    let (mut hits, mut count) = (0, 0);
    for members in 0_u32..1 << all.len() {
        if members.count_ones() as usize != a.len() {
            continue;
        }
        let side = |inside: bool| {
            let own = all.iter().enumerate();
            let own = own.filter(|(index, _)| (members >> index & 1 == 1) == inside);
            mean(&own.map(|(_, value)| *value).collect::<Vec<_>>())
        };
        count += 1;
        let largest = all
            .iter()
            .fold(0.0_f64, |most, value| most.max(value.abs()));
        hits += usize::from((side(true) - side(false)).abs() >= observed - 1e-12 * largest);
    }
    hits as f64 / count as f64
}

/// Hedges' correction Γ(m/2) / (sqrt(m/2) Γ((m-1)/2)) of four and of one degree of freedom more and
/// less is known in closed form: Γ(2) = 1, Γ(3/2) = sqrt(π)/2.
const CORRECTION_OF_FOUR: f64 = 0.797_884_560_802_865_4;

fn hedges(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len() + b.len(), 6);
    let pooled = ((squares(a) + squares(b)) / 4.0).sqrt();
    (pooled > 0.0).then(|| (mean(a) - mean(b)) / pooled * CORRECTION_OF_FOUR)
}

#[track_caller]
fn compare(one: &Quantity, values: &[f64], reference: &Quantity, p: f64) -> &'static Effect {
    let all = &summary().quantities;
    let place = all
        .iter()
        .position(|other| std::ptr::eq(other, one))
        .unwrap();
    let effect = all[place].effect.as_ref().unwrap();
    let theirs = self::values(reference);
    assert_eq!(effect.reference, reference.family);
    near(effect.reference_mean, mean(&theirs));
    near(effect.difference, one.mean - reference.mean);
    match hedges(values, &theirs) {
        Some(g) => near(effect.size.unwrap(), g),
        None => assert_eq!(effect.size, None),
    }
    near(effect.p, p);
    effect
}

fn over_seeds() {
    let mut differing = 0;
    for (family, to) in [
        ("no_ln_gaps", "canonical"),
        ("again", "canonical"),
        ("against_no_ln_gaps", "no_ln_gaps"),
        ("one_swap", "canonical"),
    ] {
        for one in quantities(family) {
            let (own, reference) = (values(one), reference(one, to));
            let p = relabelled(&own, &values(reference));
            let effect = compare(one, &own, reference, p);
            assert_eq!(effect.z, None);
            if family == "again" {
                // The same runs under another name.
                assert_eq!((effect.difference, effect.p), (0.0, 1.0));
            }
            differing += usize::from(effect.p == 0.1);
        }
    }
    // Fully separated groups of three have two of 20 relabellings.
    assert!(differing > 0);
}

fn over_draws() {
    for one in quantities("swaps") {
        let (own, reference) = (draws(one), reference(one, "canonical"));
        assert_eq!(own.len(), 3);
        let below = own.iter().filter(|&&draw| draw <= reference.mean).count();
        let above = own.iter().filter(|&&draw| draw >= reference.mean).count();
        let p = (2.0 * (below.min(above) + 1) as f64 / 4.0).min(1.0);
        let effect = compare(one, &own, reference, p);
        let z = (mean(&own) - reference.mean) / (squares(&own) / 2.0).sqrt();
        near(effect.z.unwrap(), z);
    }
}

/// Draws against draws: no connectome is the observed one.
fn between_null_models() {
    for one in quantities("more_swaps") {
        let (own, reference) = (draws(one), reference(one, "swaps"));
        let theirs = draws(reference);
        let effect = one.effect.as_ref().unwrap();
        assert_eq!((effect.reference.as_str(), effect.z), ("swaps", None));
        near(effect.p, relabelled(&own, &theirs));
        near(effect.difference, one.mean - reference.mean);
    }
}

/// The same models with and without gap junctions: signs of differences are exchanged.
fn removals() {
    let all = summary().quantities.iter();
    let removed: Vec<&Quantity> = all
        .filter(|one| one.measurement == "brief_without_gaps")
        .collect();
    assert!(removed.len() >= 6);
    for one in removed {
        let intact = reference(one, "canonical");
        let own = values(one).into_iter().zip(values(intact));
        let differences: Vec<f64> = own.map(|(one, intact)| one - intact).collect();
        let Some(effect) = &one.effect else {
            assert!(differences.iter().all(|&difference| difference == 0.0));
            continue;
        };
        assert!(effect.paired);
        assert_eq!(effect.reference_measurement, "brief");
        let sums = (0_u32..8).map(|signs| {
            let signed = differences.iter().enumerate();
            let signed = signed.map(|(index, d)| if signs >> index & 1 == 1 { -d } else { *d });
            signed.sum::<f64>().abs()
        });
        let observed = differences.iter().sum::<f64>().abs();
        let hits = sums.filter(|sum| *sum >= observed - 1e-9).count();
        near(effect.p, hits as f64 / 8.0);
        near(effect.difference, mean(&differences));
    }
}

fn references() {
    assert!(
        quantities("canonical")
            .iter()
            .all(|one| one.effect.is_none())
    );
    // What the reference does not measure has nothing to be compared with.
    let mut briefer = summary()
        .quantities
        .iter()
        .filter(|one| one.measurement == "briefer");
    assert!(briefer.all(|one| one.effect.is_none()));
    // A study without a canonical experiment compares nothing unless told to.
    let text = format!(
        "{HEAD}\n[[experiment]]\nname = \"a\"\nmeasure = [\"brief\"]\n[[experiment]]\nname = \"b\"\nmeasure = [\"brief\"]\nreplicate = 1\n"
    );
    let lone = complete(&plan(&text, folder().path())).0;
    assert!(!lone.quantities.is_empty());
    assert!(lone.quantities.iter().all(|one| one.effect.is_none()));
    let named = text + "reference = \"a\"\n";
    let named = complete(&plan(&named, folder().path())).0;
    let compared: Vec<&str> = named
        .quantities
        .iter()
        .filter(|one| one.effect.is_some())
        .map(|one| one.family.as_str())
        .collect();
    assert_eq!(compared, vec!["b"; named.quantities.len() / 2]);
}

/// By their definitions over sorted p-values, as sums of nothing but minima and maxima.
fn holm(p: &[f64], of: f64) -> f64 {
    let steps = p.iter().filter(|&&other| other <= of).map(|&other| {
        let smaller = p.iter().filter(|&&one| one < other).count();
        ((p.len() - smaller) as f64 * other).min(1.0)
    });
    steps.fold(0.0, f64::max)
}

fn benjamini_hochberg(p: &[f64], of: f64) -> f64 {
    let steps = p.iter().filter(|&&other| other >= of).map(|&other| {
        let not_larger = p.iter().filter(|&&one| one <= other).count();
        (p.len() as f64 * other / not_larger as f64).min(1.0)
    });
    steps.fold(1.0, f64::min)
}

fn corrections() {
    let effects: Vec<(&str, &Effect)> = summary()
        .quantities
        .iter()
        .filter_map(|one| Some((one.family.as_str(), one.effect.as_ref()?)))
        .collect();
    let all: Vec<f64> = effects.iter().map(|(_, effect)| effect.p).collect();
    assert!(all.iter().any(|&p| p < 0.2) && all.iter().any(|&p| p > 0.5));
    for (family, effect) in &effects {
        let own = effects.iter().filter(|(other, _)| other == family);
        let own: Vec<f64> = own.map(|(_, effect)| effect.p).collect();
        assert!(own.len() < all.len());
        near(effect.p_holm, holm(&own, effect.p));
        near(effect.q, benjamini_hochberg(&all, effect.p));
        assert!(effect.p <= effect.q + 1e-12 && effect.p <= effect.p_holm + 1e-12);
    }
}

fn one_seed() {
    let text = format!("{HEAD}{STUDY}").replace("seeds = [1, 2]", "seeds = [1]");
    let summary = complete(&plan(&text, folder().path())).0;
    let mut families = Vec::new();
    for one in &summary.quantities {
        let several = one.family == "swaps";
        let draws = several || one.family == "more_swaps";
        assert_eq!(one.interval.is_some(), draws);
        if let Some(effect) = &one.effect {
            families.push(one.family.as_str());
            assert_eq!(effect.z.is_some(), several);
            assert!(effect.size.is_none() || one.family == "more_swaps");
            // One value against one: both labellings are as far apart.
            let null = several || one.family == "more_swaps";
            assert!(null || effect.p == 1.0);
        }
    }
    families.dedup();
    assert_eq!(
        families,
        [
            "canonical",
            "no_ln_gaps",
            "against_no_ln_gaps",
            "swaps",
            "one_swap",
            "more_swaps"
        ]
    );
}
