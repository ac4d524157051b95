//! The teacher's loss and its gradient, derived by hand from the equations of the parent module.
//!
//! With `x̄` the derivative of the loss by `x` and `[·]` one where true (relu: zero at zero):
//!
//! ```text
//! W̄_dec = ȳᵀ z     c̄ = Σ ȳ     z̄ = ȳ W_dec + sparsity
//! k̄ = z̄ [z > 0]
//! from the last iteration back:
//!     h̄ += k̄     s̄_ak −= ⟨A Ĉ_ak, k̄⟩     Ā = −s_ak k̄ Ĉ_akᵀ
//!     γ̄ += ⟨relu(s_ka r Ĉ_ka), Ā⟩ · slope     v̄ = sp(γ) Ā [r Ĉ_ka > 0]
//!     s̄_ka += ⟨r Ĉ_ka, v̄⟩     k̄ = s_ka v̄ Ĉ_kaᵀ [r > 0]
//! h̄ += k̄;  b̄_k = −Σ of all k̄
//! p̄ = s_pk h̄ Ĉ_pkᵀ [p > 0]     b̄_p = −Σ p̄     and so on towards the input
//! ```

use kenyon_circuit::{Form, Stimulus};

use super::RateTeacher;
use super::forward::{Adjoint, Block, Strengths, TeacherWorkspace};
use super::matrix::{Trials, WIDTH, dot, total};
use crate::terms::{LossReport, SparsityTerm, argmax, cross_entropy};

impl RateTeacher {
    /// Loss `CE + weight (mean σ − target)²` of a batch and its gradient by the stored parameters,
    /// written into `gradient` (both laid out by [`RateTeacher::groups`]). Nothing is allocated once
    /// the workspace has seen a batch of this size.
    ///
    /// # Panics
    /// If a stimulus, a label, `parameters` or `gradient` do not fit the teacher.
    pub fn gradient(
        &self,
        workspace: &mut TeacherWorkspace,
        parameters: &[f64],
        stimuli: &[Stimulus],
        labels: &[usize],
        sparsity: &SparsityTerm,
        gradient: &mut [f64],
    ) -> LossReport {
        assert_eq!(stimuli.len(), labels.len(), "one label per stimulus");
        assert_eq!(
            gradient.len(),
            parameters.len(),
            "one derivative per parameter"
        );
        let blocks = self.forward(workspace, parameters, stimuli);
        let TeacherWorkspace {
            strengths,
            blocks: all,
            adjoint,
            ..
        } = workspace;
        let blocks = &mut all[..blocks];

        let mut report = LossReport::default();
        let share = 1.0 / labels.len() as f64;
        for (block, labels) in blocks.iter_mut().zip(labels.chunks(WIDTH)) {
            self.classify(block, labels, share, &mut adjoint.logits, &mut report);
        }
        report.cross_entropy *= share;

        let cells = labels.len() * self.sizes.coding;
        let active: f64 = blocks
            .iter_mut()
            .map(|block| activate(block, sparsity))
            .sum();
        let mean = active / cells as f64;
        report.sparsity = sparsity.value(mean);
        report.total = report.cross_entropy + sparsity.weight * report.sparsity;

        let push = sparsity.weight * sparsity.slope(mean, cells);
        gradient.fill(0.0);
        for block in blocks {
            self.decoder_adjoint(parameters, block, adjoint, push, gradient);
            self.feedback_adjoint(strengths, block, adjoint, gradient);
            self.lobe_adjoint(strengths, block, adjoint, gradient);
        }
        self.through_softplus(parameters, gradient);
        report
    }

    /// Cross-entropy and hits of one block, and the adjoint of its decoder output.
    fn classify(
        &self,
        block: &mut Block,
        labels: &[usize],
        share: f64,
        scratch: &mut [f64],
        report: &mut LossReport,
    ) {
        let (logits, slopes) = scratch.split_at_mut(self.sizes.classes);
        block.logits_adjoint.fill([0.0; WIDTH]);
        for (lane, &label) in labels.iter().enumerate() {
            for (logit, lanes) in logits.iter_mut().zip(&block.logits) {
                *logit = lanes[lane];
            }
            report.cross_entropy += cross_entropy(logits, label, share, slopes);
            report.correct += usize::from(argmax(logits) == label);
            for (lanes, &slope) in block.logits_adjoint.iter_mut().zip(slopes.iter()) {
                lanes[lane] = slope;
            }
        }
    }

    /// Gradient of the decoder; leaves the adjoint of `z` in `adjoint.coding`.
    fn decoder_adjoint(
        &self,
        parameters: &[f64],
        block: &Block,
        adjoint: &mut Adjoint,
        push: f64,
        gradient: &mut [f64],
    ) {
        let neurons = self.sizes.coding;
        let coding = &block.coding[self.feedback_iterations];
        for (neuron, activations) in block.activation.iter().enumerate() {
            // Unused lanes have activation zero, hence no push.
            adjoint.coding[neuron] = activations.map(|active| push * active * (1.0 - active));
            for (lane, row) in adjoint.coding_by_trial.iter_mut().enumerate() {
                row[neuron] = coding[neuron][lane];
            }
        }
        let weights = self.places.decoder_weight.clone();
        for (class, slopes) in block.logits_adjoint.iter().enumerate() {
            let row = weights.start + class * neurons..weights.start + (class + 1) * neurons;
            for (&weight, sum) in parameters[row.clone()].iter().zip(&mut adjoint.coding) {
                for lane in 0..WIDTH {
                    sum[lane] += weight * slopes[lane];
                }
            }
            // By trial and then neuron, so that neighbouring weights are summed side by side.
            adjoint.class.fill(0.0);
            for (rates, &slope) in adjoint
                .coding_by_trial
                .iter()
                .zip(slopes)
                .take(block.trials)
            {
                for (sum, &rate) in adjoint.class.iter_mut().zip(rates) {
                    *sum += slope * rate;
                }
            }
            for (derivative, &sum) in gradient[row].iter_mut().zip(&adjoint.class) {
                *derivative += sum;
            }
            gradient[self.places.decoder_bias.start + class] += total(slopes);
        }
    }

    /// From `z` back to the drive `h` of the coding population, left in `adjoint.drive`.
    fn feedback_adjoint(
        &self,
        strengths: &Strengths,
        block: &Block,
        adjoint: &mut Adjoint,
        gradient: &mut [f64],
    ) {
        let places = &self.places;
        let thresholds = places.coding_threshold.clone();
        mask(&mut adjoint.coding, &block.coding[self.feedback_iterations]);
        subtract_totals(&adjoint.coding, &mut gradient[thresholds.clone()]);
        adjoint.drive.fill([0.0; WIDTH]);
        for iteration in (0..self.feedback_iterations).rev() {
            add(&adjoint.coding, &mut adjoint.drive);
            let inhibition = &block.onto_coding_inhibition[iteration];
            gradient[places.feedback_coding] -= dot(inhibition, &adjoint.coding);

            self.wiring
                .feedback_coding
                .backward(&adjoint.coding, &mut adjoint.feedback);
            let drives = &block.onto_feedback[iteration];
            for (slopes, drives) in adjoint.feedback.iter_mut().zip(drives) {
                for lane in 0..WIDTH {
                    let slope = -strengths.feedback_coding * slopes[lane];
                    slopes[lane] = if drives[lane] > 0.0 { slope } else { 0.0 };
                }
            }
            // Both the gain and the strength multiply the same product.
            let product = dot(drives, &adjoint.feedback);
            gradient[places.feedback_gain] += strengths.coding_feedback * product;
            gradient[places.coding_feedback] += strengths.feedback_gain * product;

            self.wiring
                .coding_feedback
                .backward(&adjoint.feedback, &mut adjoint.coding_share);
            let factor = strengths.coding_feedback * strengths.feedback_gain;
            for (slopes, share) in adjoint.coding.iter_mut().zip(&adjoint.coding_share) {
                *slopes = share.map(|share| factor * share);
            }
            mask(&mut adjoint.coding, &block.coding[iteration]);
            subtract_totals(&adjoint.coding, &mut gradient[thresholds.clone()]);
        }
        add(&adjoint.coding, &mut adjoint.drive);
    }

    /// From the drive of the coding population back to the receptor gains.
    fn lobe_adjoint(
        &self,
        strengths: &Strengths,
        block: &Block,
        adjoint: &mut Adjoint,
        gradient: &mut [f64],
    ) {
        let (places, wiring) = (&self.places, &self.wiring);
        gradient[places.relay_coding] += dot(&block.onto_coding, &adjoint.drive);
        wiring
            .relay_coding
            .backward(&adjoint.drive, &mut adjoint.relay);
        scale(&mut adjoint.relay, strengths.relay_coding);
        mask(&mut adjoint.relay, &block.relay);
        subtract_totals(
            &adjoint.relay,
            &mut gradient[places.relay_threshold.clone()],
        );

        gradient[places.input_relay] += dot(&block.onto_relay, &adjoint.relay);
        wiring
            .input_relay
            .backward(&adjoint.relay, &mut adjoint.input);
        scale(&mut adjoint.input, strengths.input_relay);

        gradient[places.inhibitory_relay] -= dot(&block.onto_relay_inhibition, &adjoint.relay);
        wiring
            .inhibitory_relay
            .backward(&adjoint.relay, &mut adjoint.inhibitory);
        scale(&mut adjoint.inhibitory, -strengths.inhibitory_relay);
        mask(&mut adjoint.inhibitory, &block.inhibitory);

        gradient[places.input_inhibitory] += dot(&block.onto_inhibitory, &adjoint.inhibitory);
        wiring
            .input_inhibitory
            .backward(&adjoint.inhibitory, &mut adjoint.input_share);
        scale(&mut adjoint.input_share, strengths.input_inhibitory);
        add(&adjoint.input_share, &mut adjoint.input);

        let share = self.sizes.input / self.sizes.channels;
        for (neuron, slopes) in adjoint.input.iter().enumerate() {
            let receptor = &block.receptors[neuron / share];
            let mut sum = 0.0;
            for lane in 0..WIDTH {
                sum += receptor[lane] * slopes[lane];
            }
            gradient[places.input_gain.start + neuron / share] += sum;
        }
    }

    /// So far the gradient is by realised strengths and gains; makes it one by stored values.
    fn through_softplus(&self, parameters: &[f64], gradient: &mut [f64]) {
        for group in self.groups() {
            if group.form == Form::Softplus {
                for index in group.range.clone() {
                    gradient[index] *= group.form.slope(parameters[index]);
                }
            }
        }
    }
}

/// Fills in the activations of the sparsity term and returns their sum, trials in order.
fn activate(block: &mut Block, sparsity: &SparsityTerm) -> f64 {
    let coding = &block.coding[block.coding.len() - 1];
    let mut sums = [0.0; WIDTH];
    for (activations, rates) in block.activation.iter_mut().zip(coding) {
        activations.fill(0.0);
        for lane in 0..block.trials {
            activations[lane] = sparsity.activation(rates[lane]);
            sums[lane] += activations[lane];
        }
    }
    total(&sums)
}

/// Derivative of relu: passes where the rate is above zero.
fn mask(slopes: &mut [Trials], rates: &[Trials]) {
    for (slopes, rates) in slopes.iter_mut().zip(rates) {
        for lane in 0..WIDTH {
            slopes[lane] = if rates[lane] > 0.0 { slopes[lane] } else { 0.0 };
        }
    }
}

fn scale(values: &mut [Trials], factor: f64) {
    for values in values {
        for value in values {
            *value *= factor;
        }
    }
}

fn add(from: &[Trials], to: &mut [Trials]) {
    for (to, from) in to.iter_mut().zip(from) {
        for lane in 0..WIDTH {
            to[lane] += from[lane];
        }
    }
}

fn subtract_totals(slopes: &[Trials], gradient: &mut [f64]) {
    for (derivative, slopes) in gradient.iter_mut().zip(slopes) {
        *derivative -= total(slopes);
    }
}
