//! The rate teacher: a static network of the same wiring whose decoder and gains the student inherits.
//!
//! Source: training.md section 2. With `x` the receptor responses, `sp` softplus, `Ĉ` contact counts
//! divided by their largest entry, and one learned strength per pathway:
//!
//! ```text
//! o = (x ⊙ sp(a)) D                         every channel drives its share of input neurons
//! l = relu(o W_ol)
//! p = relu(o W_op − l W_lp − b_p)
//! h = p W_pk,  k⁽⁰⁾ = h
//! repeatedly:  r = relu(k − b_k);  A = relu(r W_ka) · sp(γ);  k = h − A W_ak
//! z = relu(k − b_k),  y = z W_decᵀ + c      W = sp(q) Ĉ
//! ```
//!
//! No bias, no time, no noise; every contact of the inhibitory population inhibits. Computed in `f64`
//! with `libm`, so the bits do not depend on the machine.

mod adjoint;
mod forward;
mod layout;
mod matrix;
mod roles;

use kenyon_circuit::{NoiseStream, ParameterGroup, Parameters};

use crate::start::decoder_start;
use kenyon_connectome::Connectome;

pub use forward::{TeacherResponses, TeacherWorkspace};
use layout::{Places, Sizes, Wiring, layout};
pub use roles::{TeacherError, TeacherRoles};

/// A rate teacher: wiring and the layout of its parameters.
#[derive(Clone, Debug)]
pub struct RateTeacher {
    sizes: Sizes,
    feedback_iterations: usize,
    wiring: Wiring,
    places: Places,
    groups: Vec<ParameterGroup>,
}

impl RateTeacher {
    /// The teacher of a connectome. `channels` receptor channels drive equal shares of the input
    /// population in order; the decoder tells `classes` classes apart.
    ///
    /// # Errors
    /// See [`TeacherError`].
    pub fn new(
        connectome: &Connectome,
        roles: &TeacherRoles,
        channels: usize,
        classes: usize,
    ) -> Result<Self, TeacherError> {
        let sizes = Sizes::new(connectome, roles, channels, classes)?;
        let wiring = Wiring::new(connectome, roles, &sizes)?;
        let (groups, places) = layout(roles, &sizes);
        let feedback_iterations = roles.feedback_iterations;
        Ok(Self {
            sizes,
            feedback_iterations,
            wiring,
            places,
            groups,
        })
    }

    /// The layout of the parameters. For the larva 4304 values: `input.gain` `[21]`,
    /// `orn_to_pn.strength`, `ln_to_pn.strength`, `orn_to_ln.strength`, `pn_to_kc.strength`,
    /// `kc_to_apl.strength`, `apl_to_kc.strength`, `APL.gain`, `PN.threshold` `[72]`,
    /// `KC.threshold` `[144]`, `decoder.weight` `[28, 144]`, `decoder.bias` `[28]`.
    #[must_use]
    pub fn groups(&self) -> &[ParameterGroup] {
        &self.groups
    }

    /// Name of the group that holds the raw feedback gain, which the student inherits.
    #[must_use]
    pub fn feedback_gain_group(&self) -> &str {
        let place = self.places.feedback_gain;
        self.groups
            .iter()
            .find(|group| group.range.contains(&place))
            .map_or("", |group| group.name.as_str())
    }

    /// Number of receptor channels.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.sizes.channels
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.sizes.classes
    }

    /// Start values: constants, and a decoder drawn from `stream`, uniform in ±1/√(coding neurons).
    #[must_use]
    pub fn start(&self, stream: &NoiseStream) -> Parameters {
        let mut values = vec![0.0; self.places.decoder_bias.end];
        for group in &self.groups {
            values[group.range.clone()].fill(group.precision.round(group.start));
        }
        let decoder = self.places.decoder_weight.start..self.places.decoder_bias.end;
        let drawn = decoder_start(stream, self.sizes.coding, decoder.len());
        for (value, drawn) in values[decoder].iter_mut().zip(drawn) {
            *value = drawn;
        }
        Parameters { values }
    }
}
