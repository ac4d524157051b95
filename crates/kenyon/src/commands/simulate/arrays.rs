//! A recording as a NumPy archive; what is in it is said in `kenyon_analysis::recording`.
//!
//! Of a stimulus that changes there are also `window`, the segments and other windows (from step
//! `window_steps[.., 0]` until before `window_steps[.., 1]`) of `window_decided` and
//! `window_probability`.

use kenyon_analysis::recording::{ArrayValues, Captions, DenseRecording};
use kenyon_analysis::{decide, softmax};

use super::record::Simulated;
use crate::npz::Archive;

/// The bytes of the archive.
pub(super) fn archive(
    recording: &DenseRecording,
    simulated: &Simulated<'_>,
) -> anyhow::Result<Vec<u8>> {
    let connectome = simulated.connectome;
    let captions = Captions {
        stimulus: simulated.caption.stimulus,
        intervention: simulated.caption.intervention,
        concentration: simulated.concentration,
        odours: simulated.odours,
        ids: &|population| {
            let range = connectome.population(population).unwrap_or_default();
            let neurons = &connectome.neurons()[range];
            neurons.iter().map(|neuron| neuron.id.to_string()).collect()
        },
    };
    let mut archive = Archive::new();
    for array in recording.arrays(&captions) {
        let (name, shape) = (&array.name, &array.shape);
        match &array.values {
            ArrayValues::U8(values) => archive.numbers(name, shape, values)?,
            ArrayValues::U32(values) => archive.numbers(name, shape, values)?,
            ArrayValues::F32(values) => archive.numbers(name, shape, values)?,
            ArrayValues::F64(values) => archive.numbers(name, shape, values)?,
            ArrayValues::Text(texts) => archive.texts(name, shape, texts)?,
        }
    }
    windows(&mut archive, recording.trials(), simulated)?;
    archive.finish()
}

/// Segments and other windows; none if the stimulus does not change.
fn windows(archive: &mut Archive, trials: usize, simulated: &Simulated<'_>) -> anyhow::Result<()> {
    let windows = &simulated.windows;
    let names: Vec<String> = windows.iter().map(|it| it.name.clone()).collect();
    archive.texts("window", &[names.len()], &names)?;
    let ends = windows.iter().flat_map(|it| [it.steps.start, it.steps.end]);
    let ends: Vec<u32> = ends.map(|step| step as u32).collect();
    archive.numbers("window_steps", &[windows.len(), 2], &ends)?;
    let (mut decided, mut probabilities) = (Vec::new(), Vec::new());
    for trial in 0..trials {
        for logits in windows.iter().map(|window| &window.logits[trial]) {
            decided.push(decide(logits) as u32);
            probabilities.extend(softmax(logits));
        }
    }
    let shape = [trials, windows.len(), simulated.odours.len()];
    archive.numbers("window_decided", &shape[..2], &decided)?;
    archive.numbers("window_probability", &shape, &probabilities)
}
