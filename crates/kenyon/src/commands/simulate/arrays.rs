//! A recording as a NumPy archive; what is in it is said in `kenyon_analysis::recording`.

use kenyon_analysis::recording::{ArrayValues, Captions, DenseRecording};

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
    archive.finish()
}
