//! Replay of metric functions on stored counts, and what can be said about stored input noise.
//!
//! The noise was drawn by another generator, which is not rebuilt here. What its arithmetic
//! `max(0, stimulus (1 + cv z))` implies is checked instead: every `z` recovered from a trial is a
//! plausible standard normal, silent channels stay silent, and means over all trials lie within
//! their standard error of the clean ones.

use kenyon_analysis::{
    AnalysisError, ConcentrationRule, Patterns, Stations, centroid_accuracy, concentration_stimuli,
};

use super::comparison::Comparison;
use super::{Deviation, GoldenError, Vectors};

/// The golden metrics were computed in `f64`.
const METRIC: f64 = 1e-9;
/// Coefficient of variation of the input noise (spec/model.md section 9).
const INPUT_CV: f64 = 0.30;
/// Trials per odour behind the mean sums (golden README).
const TRIALS: f64 = 10.0;
/// Standard deviations that no honest draw exceeds.
const PLAUSIBLE: f64 = 5.0;

/// Replays `metrics`; `templates` are the odour templates by position, if known.
pub(crate) fn verify(
    vectors: &Vectors,
    templates: Option<&[Vec<f64>]>,
) -> Result<Vec<Deviation>, GoldenError> {
    let mut comparison = Comparison {
        vectors,
        deviations: Vec::new(),
    };
    let unusable = |error: AnalysisError| vectors.damaged(error.to_string());
    let kenyon_cells = patterns(vectors, "count.K")?;
    let stations = Stations::new(
        &patterns(vectors, "input.or")?,
        &patterns(vectors, "count.P")?,
        &kenyon_cells,
    )
    .map_err(unusable)?;
    let pairs = stations.per_pair().map_err(unusable)?;
    let monitor = stations.mean_similarity();
    for (name, found) in [
        ("al", pairs.al_percent),
        ("mb", pairs.mb_percent),
        ("total", pairs.total_percent),
        ("al_meansim", monitor.al_percent),
        ("mb_meansim", monitor.mb_percent),
        ("total_meansim", monitor.total_percent),
    ] {
        let found = found.unwrap_or(f64::NAN);
        comparison.check("f64", &format!("decorrelation.{name}"), &[found], METRIC);
    }
    let centroids = centroid_accuracy(&kenyon_cells).map_err(unusable)?;
    comparison.check("f64", "centroid_accuracy", &[centroids.fraction], METRIC);
    if let Some(templates) = templates {
        input_noise(&mut comparison, templates)?;
    }
    Ok(comparison.deviations)
}

fn patterns(vectors: &Vectors, name: &str) -> Result<Patterns, GoldenError> {
    let tensor = vectors.tensor(name)?;
    let [rows, trials, units] = tensor.shape[..] else {
        return Err(GoldenError::Shape {
            file: vectors.file.clone(),
            tensor: name.to_owned(),
            found: tensor.shape.clone(),
            expected: vec![28, 10, 21],
        });
    };
    let values = tensor.values.iter().map(|&value| value as f32).collect();
    Patterns::new(rows, trials, units, values).map_err(|error| vectors.damaged(error.to_string()))
}

fn input_noise(comparison: &mut Comparison<'_>, templates: &[Vec<f64>]) -> Result<(), GoldenError> {
    let vectors = comparison.vectors;
    let passes = concentration_stimuli(templates, &ConcentrationRule::LEVELS)
        .map_err(|error| vectors.damaged(error.to_string()))?;
    let odours = templates.len() - 1;
    let names: Vec<&str> = vectors.iter().map(|(name, _)| name).collect();
    for name in names {
        if name.starts_with("noise.") {
            let trials = vectors.tensor(name)?.values.len() / templates[0].len();
            plausible(comparison, name, &templates[0].repeat(trials))?;
        } else if name.ends_with(".first_trial") {
            let clean: Vec<&[f64]> = passes
                .chunks(odours)
                .map(|pass| pass[0].as_slice())
                .collect();
            plausible(comparison, name, &clean.concat())?;
        } else if name.ends_with(".mean_or") {
            mean_sums(comparison, name, &passes, odours)?;
        }
    }
    Ok(())
}

/// The largest noise, in standard deviations, that would turn `clean` into the tensor `name`.
fn plausible(
    comparison: &mut Comparison<'_>,
    name: &str,
    clean: &[f64],
) -> Result<(), GoldenError> {
    let tensor = comparison.vectors.tensor(name)?;
    let mut worst = (0.0, 0);
    if tensor.values.len() != clean.len() {
        worst.0 = f64::INFINITY;
    }
    for (place, (&noisy, &clean)) in tensor.values.iter().zip(clean).enumerate() {
        let draw = match (clean == 0.0, noisy == 0.0) {
            (true, true) => 0.0,
            // Rectified: all that is known is that the draw was low enough.
            (false, true) => -1.0 / INPUT_CV,
            (true, false) => f64::INFINITY,
            (false, false) => (noisy / clean - 1.0) / INPUT_CV,
        };
        let draw = if noisy < 0.0 {
            f64::INFINITY
        } else {
            draw.abs()
        };
        if draw > worst.0 {
            worst = (draw, place);
        }
    }
    let measure = "largest implied noise in standard deviations";
    comparison.push("f64", name, worst.0, PLAUSIBLE, measure, worst.1);
    Ok(())
}

/// Mean summed inputs of all passes against the clean ones, in standard errors. (Rectification adds
/// less than 1e-4 of the sum, since it needs a draw below -3.3.)
fn mean_sums(
    comparison: &mut Comparison<'_>,
    name: &str,
    passes: &[Vec<f64>],
    odours: usize,
) -> Result<(), GoldenError> {
    let found = comparison.vectors.shaped(name, &[passes.len() / odours])?;
    let mut worst = (0.0, 0);
    for ((pass, &found), place) in passes.chunks(odours).zip(found).zip(0..) {
        let values = || pass.iter().flatten();
        let clean = values().sum::<f64>() / odours as f64;
        let squares: f64 = values().map(|value| value * value).sum();
        let error = INPUT_CV * (squares / TRIALS).sqrt() / odours as f64;
        let distance = (found - clean).abs() / error;
        if distance > worst.0 {
            worst = (distance, place);
        }
    }
    let measure = "distance from the clean mean in standard errors";
    comparison.push("f64", name, worst.0, PLAUSIBLE, measure, worst.1);
    Ok(())
}
