//! Derivatives of the objective by every parameter, without the adjoint: by dual numbers through the
//! whole trial, and by central differences.

use kenyon_circuit::{Form, Network, Observer, ParameterGroup, Parameters, Snapshot};
use num_dual::Dual64;
use rayon::prelude::*;

use super::Trials;
use super::numbers::{Number, Several};

/// Directions of differentiation side by side.
const DIRECTIONS: usize = 8;
/// Differences side by side: two sides each.
const DIFFERENCES: usize = 4;
const SIDES: usize = 2 * DIFFERENCES;
/// Half width of a difference in the stored value, and of one in volt.
const WIDTH: f64 = 1e-6;
const WIDTH_V: f64 = 1e-9;

/// One central difference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference {
    pub slope: f64,
    /// Half its width.
    pub width: f64,
    /// Whether its two sides reset the same cells; if not, the objective jumps in between.
    pub smooth: bool,
}

/// The half width for a group.
fn width(group: &ParameterGroup) -> f64 {
    if group.form == Form::Plain && group.unit == "V" {
        WIDTH_V
    } else {
        WIDTH
    }
}

/// Derivatives by dual numbers, laid out as the parameters; the objective comes first.
pub(crate) fn by_dual_numbers(
    network: &Network,
    trials: &Trials,
    parameters: &Parameters,
) -> (f64, Vec<f64>) {
    let objective = trials.objective(network, parameters);
    let biophysical: Vec<usize> = (0..network.table().biophysical()).collect();
    let passes: Vec<(f64, Vec<f64>)> = biophysical
        .par_chunks(DIRECTIONS)
        .map(|indices| {
            let stored: Vec<Several<Dual64, DIRECTIONS>> = seed(parameters, indices);
            let counts = trials.counts(network, &stored, |_| ());
            let total = |direction: usize| {
                let counts: Vec<Vec<Dual64>> = counts
                    .iter()
                    .map(|counts| counts.iter().map(|count| count.0[direction]).collect())
                    .collect();
                objective.total(&counts)
            };
            let totals: Vec<Dual64> = (0..indices.len()).map(total).collect();
            (totals[0].re, totals.iter().map(|total| total.eps).collect())
        })
        .collect();
    let value = passes.first().map_or(f64::NAN, |(value, _)| *value);
    let mut slopes: Vec<f64> = passes.into_iter().flat_map(|(_, slopes)| slopes).collect();
    let decoder = decoder(network, trials, parameters, |logits, place, rate| {
        let mut logits: Vec<Vec<Dual64>> = logits
            .iter()
            .map(|row| row.iter().map(|&x| Dual64::constant(x)).collect())
            .collect();
        for (logits, &rate) in logits.iter_mut().zip(rate) {
            logits[place].eps = rate;
        }
        objective.cross_entropy(&logits).eps
    });
    slopes.extend(decoder);
    (value, slopes)
}

/// Parameters of which each of some has a direction of its own.
fn seed<const N: usize>(parameters: &Parameters, indices: &[usize]) -> Vec<Several<Dual64, N>> {
    let number = |(index, &value): (usize, &f64)| {
        Several(std::array::from_fn(|direction| {
            let along = indices.get(direction) == Some(&index);
            Dual64::new(value, if along { 1.0 } else { 0.0 })
        }))
    };
    parameters.values.iter().enumerate().map(number).collect()
}

/// Central differences by every parameter.
pub(crate) fn by_differences(
    network: &Network,
    trials: &Trials,
    parameters: &Parameters,
) -> Vec<Difference> {
    let objective = trials.objective(network, parameters);
    let biophysical: Vec<usize> = (0..network.table().biophysical()).collect();
    let mut differences = differences(network, trials, parameters, &biophysical, 1.0);
    let decoder = decoder(network, trials, parameters, |logits, place, rate| {
        let side = |width: f64| {
            let mut logits = logits.to_vec();
            for (logits, &rate) in logits.iter_mut().zip(rate) {
                logits[place] += width * rate;
            }
            objective.cross_entropy(&logits)
        };
        (side(WIDTH) - side(-WIDTH)) / (2.0 * WIDTH)
    });
    let smooth = |slope: f64| Difference {
        slope,
        width: WIDTH,
        smooth: true,
    };
    differences.extend(decoder.into_iter().map(smooth));
    differences
}

/// Central differences by some of the biophysical parameters; `narrower` divides their width.
pub(crate) fn differences(
    network: &Network,
    trials: &Trials,
    parameters: &Parameters,
    indices: &[usize],
    narrower: f64,
) -> Vec<Difference> {
    let objective = trials.objective(network, parameters);
    let groups = network.table().groups();
    let widths: Vec<f64> = groups
        .iter()
        .flat_map(|group| std::iter::repeat_n(width(group) / narrower, group.range.len()))
        .collect();
    let passes = indices.par_chunks(DIFFERENCES);
    passes
        .flat_map_iter(|indices| {
            let mut stored: Vec<Several<f64, SIDES>> = parameters
                .values
                .iter()
                .map(|&value| Several([value; SIDES]))
                .collect();
            for (place, &index) in indices.iter().enumerate() {
                stored[index].0[2 * place] += widths[index];
                stored[index].0[2 * place + 1] -= widths[index];
            }
            let mut smooth = [true; DIFFERENCES];
            let counts = trials.counts(network, &stored, |spikes: &[Several<f64, SIDES>]| {
                for spike in spikes {
                    for (pair, smooth) in spike.0.chunks(2).zip(&mut smooth) {
                        *smooth &= (pair[0] > 0.5) == (pair[1] > 0.5);
                    }
                }
            });
            let total = |side: usize| {
                let counts: Vec<Vec<f64>> = counts
                    .iter()
                    .map(|counts| counts.iter().map(|count| count.0[side]).collect())
                    .collect();
                objective.total(&counts)
            };
            let difference = |(place, &index): (usize, &usize)| {
                // The width that rounding left.
                let [above, below] = [2 * place, 2 * place + 1].map(|side| stored[index].0[side]);
                Difference {
                    slope: (total(2 * place) - total(2 * place + 1)) / (above - below),
                    width: widths[index],
                    smooth: smooth[place],
                }
            };
            indices
                .iter()
                .enumerate()
                .map(difference)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// One number per decoder parameter, weights first. `slope` gets the decoder outputs of all trials,
/// the class that the parameter belongs to, and the derivative of that class' output in each trial.
fn decoder(
    network: &Network,
    trials: &Trials,
    parameters: &Parameters,
    slope: impl Fn(&[Vec<f64>], usize, &[f64]) -> f64,
) -> Vec<f64> {
    let objective = trials.objective(network, parameters);
    let stored: Vec<Several<f64, 1>> = parameters
        .values
        .iter()
        .map(|&value| Several([value]))
        .collect();
    let counts: Vec<Vec<f64>> = trials
        .counts(network, &stored, |_| ())
        .iter()
        .map(|counts| counts.iter().map(|count| count.0[0]).collect())
        .collect();
    let logits: Vec<Vec<f64>> = counts
        .iter()
        .map(|counts| objective.logits(counts))
        .collect();
    let steps = trials.steps as f64;
    let cells = network.readout_population().range.len();
    let rates: Vec<Vec<f64>> = (0..cells)
        .map(|cell| counts.iter().map(|counts| counts[cell] / steps).collect())
        .collect();
    let mut slopes = Vec::with_capacity(network.classes() * (cells + 1));
    for class in 0..network.classes() {
        slopes.extend(rates.iter().map(|rates| slope(&logits, class, rates)));
    }
    let ones = vec![1.0; counts.len()];
    slopes.extend((0..network.classes()).map(|class| slope(&logits, class, &ones)));
    slopes
}

/// Shows the spikes of every step to a closure.
pub(crate) struct Watch<F>(pub F);

impl<S, F: FnMut(&[S])> Observer<S> for Watch<F> {
    fn observe(&mut self, _step: usize, state: &Snapshot<'_, S>) {
        (self.0)(state.spike);
    }
}
