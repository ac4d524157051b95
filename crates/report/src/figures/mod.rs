//! One file per figure. Each reads results and draws; none computes a result.

mod ablations;
mod accuracy;
mod circuit;
mod concentration;
mod confusion;
mod consistency;
mod decisions;
mod effects;
mod nulls;
mod parameters;
mod populations;
mod recordings;
mod reproduction;
mod scaling;
mod screen;
mod similarity;
mod speed;
mod thresholds;
mod training;

pub use recordings::raster;
pub(crate) use recordings::stored as stored_recordings;
pub(crate) use reproduction::verdict as verdict_in_words;
pub use scaling::{ScalingPoint, scaling};
pub use screen::{ScreenEffect, ScreenPlot, screen};

use crate::plot::Drawing;
use crate::{ReportError, Results};

/// The measurement of circuits and tasks other than the published ones.
const EVALUATION: &str = "evaluation";

/// Width of a figure over both columns of a page, in points.
const WIDE: f64 = 510.0;

/// A finished figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name of its files, such as `3_concentration`.
    pub id: String,
    /// How it is called in text, such as "Figure 3".
    pub name: String,
    /// What it shows, in a few words.
    pub title: String,
    /// What was done, what is seen, what it means.
    pub caption: String,
    /// Whether the publication has it.
    pub published: bool,
    /// The picture.
    pub drawing: Drawing,
}

/// What a figure is called before it is drawn.
struct Name {
    id: &'static str,
    name: &'static str,
    title: &'static str,
    published: bool,
}

impl Name {
    fn figure(self, canvas: crate::plot::Canvas, caption: String) -> Figure {
        Figure {
            drawing: canvas.finish(self.id, self.title, &caption),
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            caption,
            published: self.published,
        }
    }
}

/// Draws a figure, if the results have what it shows.
type Draw = fn(&Results) -> Result<Vec<Figure>, ReportError>;

/// All figures, in the order of the report.
const ALL: [Draw; 17] = [
    reproduction::draw,
    circuit::draw,
    accuracy::draw,
    decisions::draw,
    populations::draw,
    similarity::draw,
    concentration::draw,
    ablations::draw,
    confusion::draw,
    consistency::draw,
    thresholds::draw,
    effects::draw,
    nulls::draw,
    recordings::draw,
    training::draw,
    parameters::draw,
    speed::draw,
];

/// Every figure that these results have the numbers for, drawn on all threads, in the order of the
/// report.
///
/// # Errors
/// Files that are damaged.
pub fn figures(results: &Results) -> Result<Vec<Figure>, ReportError> {
    use rayon::prelude::*;
    let drawn: Vec<Result<Vec<Figure>, ReportError>> =
        ALL.par_iter().map(|draw| draw(results)).collect();
    let mut all = Vec::new();
    for figures in drawn {
        all.extend(figures?);
    }
    Ok(all)
}

/// Mean and population standard deviation of values.
fn spread(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.into_iter().collect();
    let summary = kenyon_analysis::mean_deviation(&values);
    (summary.mean, summary.deviation)
}

/// "5 models (seeds 42 to 46)".
fn models_of(results: &Results, experiment: &str) -> String {
    let seeds: Vec<u64> = results.runs_of(experiment).map(|run| run.seed).collect();
    seeds_in_words(&seeds)
}

fn seeds_in_words(seeds: &[u64]) -> String {
    match seeds {
        [] => "no models".to_owned(),
        [one] => format!("1 model (seed {one})"),
        [first, .., last] if last - first + 1 == seeds.len() as u64 => {
            format!("{} models (seeds {first} to {last})", seeds.len())
        }
        _ => format!("{} models", seeds.len()),
    }
}

fn neurons_in_words(neurons: usize) -> String {
    match neurons {
        1 => "1 neuron".to_owned(),
        many => format!("{many} neurons"),
    }
}

/// Every fifth odour, counted from 1, as the publication labels them.
fn odour_ticks(odours: usize) -> Vec<crate::plot::Tick> {
    (0..odours)
        .step_by(5)
        .map(|row| crate::plot::Tick::new(row as f64 + 0.5, (row + 1).to_string()))
        .collect()
}
