//! Which neurons carry a sign, drawn anew.

use serde::{Deserialize, Serialize};

use crate::Connectome;
use crate::null::NullError;
use crate::random::Random;

/// Purpose of the random stream.
const SIGNS: u64 = 0x7369_676e;

/// The record of a draw of signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignCertificate {
    /// Seed.
    pub seed: u64,
    /// Number of neurons that could be drawn.
    pub candidates: u64,
    /// Number of neurons drawn: as many as there were.
    pub members: u64,
    /// How many of them were members before.
    pub shared: u64,
}

/// Draws as many members among the candidates as there are, every set with the same probability: a null
/// model of signs such as excitatory and inhibitory local neurons. Neurons are indices into
/// [`Connectome::neurons`]; the result is sorted. The order of the lists does not matter.
///
/// # Errors
/// [`NullError::Neuron`] if a neuron does not exist, is listed twice, or is a member but no candidate.
pub fn permute_signs(
    connectome: &Connectome,
    candidates: &[u32],
    members: &[u32],
    seed: u64,
) -> Result<(Vec<u32>, SignCertificate), NullError> {
    let candidates = sorted(connectome, candidates)?;
    let members = sorted(connectome, members)?;
    let stray = (members.iter()).find(|member| candidates.binary_search(member).is_err());
    if let Some(&index) = stray {
        return Err(NullError::Neuron {
            index,
            fault: "is a member but no candidate; add it to the candidates",
        });
    }
    let mut order = candidates.clone();
    Random::new(seed, &[SIGNS]).shuffle(&mut order);
    let mut drawn = order[..members.len()].to_vec();
    drawn.sort_unstable();
    let shared = (drawn.iter()).filter(|neuron| members.binary_search(neuron).is_ok());
    let certificate = SignCertificate {
        seed,
        candidates: candidates.len() as u64,
        members: drawn.len() as u64,
        shared: shared.count() as u64,
    };
    Ok((drawn, certificate))
}

/// A list of distinct existing neurons, sorted.
fn sorted(connectome: &Connectome, neurons: &[u32]) -> Result<Vec<u32>, NullError> {
    let mut sorted = neurons.to_vec();
    sorted.sort_unstable();
    if let Some(&index) = sorted
        .last()
        .filter(|&&last| last as usize >= connectome.neurons().len())
    {
        return Err(NullError::Neuron {
            index,
            fault: "does not exist; indices are those of the connectome's list of neurons",
        });
    }
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(NullError::Neuron {
            index: pair[0],
            fault: "is listed twice; list it once",
        });
    }
    Ok(sorted)
}
