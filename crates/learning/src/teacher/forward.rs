//! The teacher's forward pass, and what it keeps for the adjoint.

use kenyon_circuit::{Stimulus, softplus};

use super::matrix::{Trials, WIDTH};
use super::{RateTeacher, Sizes};
use crate::terms::argmax;

/// Buffers of the teacher, allocated once and reused; they grow to the largest batch seen.
#[derive(Clone, Debug)]
pub struct TeacherWorkspace {
    sizes: Sizes,
    feedback_iterations: usize,
    pub(super) strengths: Strengths,
    pub(super) blocks: Vec<Block>,
    pub(super) adjoint: Adjoint,
}

/// Softplus of the stored strengths and gains.
#[derive(Clone, Debug, Default)]
pub(super) struct Strengths {
    pub input_gain: Vec<f64>,
    pub input_relay: f64,
    pub inhibitory_relay: f64,
    pub input_inhibitory: f64,
    pub relay_coding: f64,
    pub coding_feedback: f64,
    pub feedback_coding: f64,
    pub feedback_gain: f64,
}

/// Everything the adjoint needs about up to sixteen trials. Products with a matrix are kept before
/// they are multiplied by the pathway's strength: their dot product with the adjoint of the sum is
/// the gradient of that strength, so no gradient per edge is ever formed.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// How many of the lanes hold a trial.
    pub trials: usize,
    pub receptors: Vec<Trials>,
    pub input: Vec<Trials>,
    pub onto_inhibitory: Vec<Trials>,
    pub inhibitory: Vec<Trials>,
    pub onto_relay: Vec<Trials>,
    pub onto_relay_inhibition: Vec<Trials>,
    pub relay: Vec<Trials>,
    pub onto_coding: Vec<Trials>,
    /// `r` of each iteration and `z` behind them.
    pub coding: Vec<Vec<Trials>>,
    pub onto_feedback: Vec<Vec<Trials>>,
    pub feedback: Vec<Vec<Trials>>,
    pub onto_coding_inhibition: Vec<Vec<Trials>>,
    pub logits: Vec<Trials>,
    /// Derivative of the loss by the decoder output.
    pub logits_adjoint: Vec<Trials>,
    /// Activation `σ` of each coding neuron in the sparsity term.
    pub activation: Vec<Trials>,
}

/// Scratch of the adjoint of one block.
#[derive(Clone, Debug)]
pub(super) struct Adjoint {
    pub input: Vec<Trials>,
    pub input_share: Vec<Trials>,
    pub inhibitory: Vec<Trials>,
    pub relay: Vec<Trials>,
    pub coding: Vec<Trials>,
    pub coding_share: Vec<Trials>,
    pub drive: Vec<Trials>,
    pub feedback: Vec<Trials>,
    pub coding_by_trial: Vec<Vec<f64>>,
    pub class: Vec<f64>,
    pub logits: Vec<f64>,
}

/// Activity of the teacher, trial by trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TeacherResponses {
    /// Inhibitory population, `[trial][neuron]`.
    pub inhibitory: Vec<Vec<f64>>,
    /// Relay population, `[trial][neuron]`.
    pub relay: Vec<Vec<f64>>,
    /// Feedback population in the last iteration, `[trial][neuron]`; empty without feedback.
    pub feedback: Vec<Vec<f64>>,
    /// Coding population, `[trial][neuron]`.
    pub coding: Vec<Vec<f64>>,
    /// Decoder output, `[trial][class]`.
    pub logits: Vec<Vec<f64>>,
}

fn lanes(neurons: usize) -> Vec<Trials> {
    vec![[0.0; WIDTH]; neurons]
}

impl Block {
    fn new(sizes: &Sizes, iterations: usize) -> Self {
        let repeated = |neurons, times| vec![lanes(neurons); times];
        Self {
            trials: 0,
            receptors: lanes(sizes.channels),
            input: lanes(sizes.input),
            onto_inhibitory: lanes(sizes.inhibitory),
            inhibitory: lanes(sizes.inhibitory),
            onto_relay: lanes(sizes.relay),
            onto_relay_inhibition: lanes(sizes.relay),
            relay: lanes(sizes.relay),
            onto_coding: lanes(sizes.coding),
            coding: repeated(sizes.coding, iterations + 1),
            onto_feedback: repeated(sizes.feedback, iterations),
            feedback: repeated(sizes.feedback, iterations),
            onto_coding_inhibition: repeated(sizes.coding, iterations),
            logits: lanes(sizes.classes),
            logits_adjoint: lanes(sizes.classes),
            activation: lanes(sizes.coding),
        }
    }

    /// Lanes beyond the last trial get no input; what they compute is never read.
    fn load(&mut self, stimuli: &[Stimulus]) {
        self.trials = stimuli.len();
        self.receptors.fill([0.0; WIDTH]);
        for (lane, stimulus) in stimuli.iter().enumerate() {
            for (channel, &value) in self.receptors.iter_mut().zip(&stimulus.input) {
                channel[lane] = f64::from(value);
            }
        }
    }
}

impl TeacherWorkspace {
    /// Buffers for `teacher`.
    #[must_use]
    pub fn new(teacher: &RateTeacher) -> Self {
        let sizes = teacher.sizes;
        Self {
            sizes,
            feedback_iterations: teacher.feedback_iterations,
            strengths: Strengths {
                input_gain: vec![0.0; sizes.channels],
                ..Strengths::default()
            },
            blocks: vec![Block::new(&sizes, teacher.feedback_iterations)],
            adjoint: Adjoint {
                input: lanes(sizes.input),
                input_share: lanes(sizes.input),
                inhibitory: lanes(sizes.inhibitory),
                relay: lanes(sizes.relay),
                coding: lanes(sizes.coding),
                coding_share: lanes(sizes.coding),
                drive: lanes(sizes.coding),
                feedback: lanes(sizes.feedback),
                coding_by_trial: vec![vec![0.0; sizes.coding]; WIDTH],
                class: vec![0.0; sizes.coding],
                logits: vec![0.0; 2 * sizes.classes],
            },
        }
    }
}

impl RateTeacher {
    /// Activity for each stimulus; `parameters` are laid out by [`RateTeacher::groups`].
    ///
    /// # Panics
    /// If a stimulus has another number of channels or `parameters` another length.
    #[must_use]
    pub fn respond(
        &self,
        workspace: &mut TeacherWorkspace,
        parameters: &[f64],
        stimuli: &[Stimulus],
    ) -> TeacherResponses {
        let blocks = self.forward(workspace, parameters, stimuli);
        let by_trial = |values: &dyn Fn(&Block) -> Option<&Vec<Trials>>| -> Vec<Vec<f64>> {
            let block_trials = |block: &Block| -> Vec<Vec<f64>> {
                let Some(rows) = values(block) else {
                    return Vec::new();
                };
                (0..block.trials)
                    .map(|lane| rows.iter().map(|row| row[lane]).collect())
                    .collect()
            };
            workspace.blocks[..blocks]
                .iter()
                .flat_map(block_trials)
                .collect()
        };
        TeacherResponses {
            inhibitory: by_trial(&|block| Some(&block.inhibitory)),
            relay: by_trial(&|block| Some(&block.relay)),
            feedback: by_trial(&|block| block.feedback.last()),
            coding: by_trial(&|block| block.coding.last()),
            logits: by_trial(&|block| Some(&block.logits)),
        }
    }

    /// Number of stimuli whose largest decoder output is that of their class.
    ///
    /// # Panics
    /// As [`RateTeacher::respond`].
    #[must_use]
    pub fn correct(
        &self,
        workspace: &mut TeacherWorkspace,
        parameters: &[f64],
        stimuli: &[Stimulus],
        labels: &[usize],
    ) -> usize {
        let responses = self.respond(workspace, parameters, stimuli);
        let right = |(logits, label): &(&Vec<f64>, &usize)| argmax(logits) == **label;
        responses.logits.iter().zip(labels).filter(right).count()
    }

    /// Runs all stimuli and returns the number of blocks they fill.
    pub(super) fn forward(
        &self,
        workspace: &mut TeacherWorkspace,
        parameters: &[f64],
        stimuli: &[Stimulus],
    ) -> usize {
        assert_eq!(
            parameters.len(),
            self.places.decoder_bias.end,
            "wrong number of parameters"
        );
        for stimulus in stimuli {
            assert_eq!(
                stimulus.input.len(),
                self.sizes.channels,
                "wrong number of channels"
            );
        }
        self.realise(&mut workspace.strengths, parameters);
        let count = stimuli.len().div_ceil(WIDTH);
        while workspace.blocks.len() < count {
            workspace
                .blocks
                .push(Block::new(&workspace.sizes, workspace.feedback_iterations));
        }
        for (block, stimuli) in workspace.blocks.iter_mut().zip(stimuli.chunks(WIDTH)) {
            block.load(stimuli);
            self.run(&workspace.strengths, parameters, block);
        }
        count
    }

    fn realise(&self, strengths: &mut Strengths, parameters: &[f64]) {
        let places = &self.places;
        let raw_gains = &parameters[places.input_gain.clone()];
        for (gain, &raw) in strengths.input_gain.iter_mut().zip(raw_gains) {
            *gain = softplus(raw);
        }
        strengths.input_relay = softplus(parameters[places.input_relay]);
        strengths.inhibitory_relay = softplus(parameters[places.inhibitory_relay]);
        strengths.input_inhibitory = softplus(parameters[places.input_inhibitory]);
        strengths.relay_coding = softplus(parameters[places.relay_coding]);
        strengths.coding_feedback = softplus(parameters[places.coding_feedback]);
        strengths.feedback_coding = softplus(parameters[places.feedback_coding]);
        strengths.feedback_gain = softplus(parameters[places.feedback_gain]);
    }

    fn run(&self, strengths: &Strengths, parameters: &[f64], block: &mut Block) {
        let places = &self.places;
        let wiring = &self.wiring;
        let share = self.sizes.input / self.sizes.channels;
        for (neuron, values) in block.input.iter_mut().enumerate() {
            let (gain, receptor) = (
                strengths.input_gain[neuron / share],
                &block.receptors[neuron / share],
            );
            *values = receptor.map(|response| response * gain);
        }

        wiring
            .input_inhibitory
            .forward(&block.input, &mut block.onto_inhibitory);
        for (rate, current) in block.inhibitory.iter_mut().zip(&block.onto_inhibitory) {
            *rate = current.map(|current| relu(strengths.input_inhibitory * current));
        }

        wiring
            .input_relay
            .forward(&block.input, &mut block.onto_relay);
        wiring
            .inhibitory_relay
            .forward(&block.inhibitory, &mut block.onto_relay_inhibition);
        for (neuron, &threshold) in parameters[places.relay_threshold.clone()]
            .iter()
            .enumerate()
        {
            let (excitation, inhibition) = (
                &block.onto_relay[neuron],
                &block.onto_relay_inhibition[neuron],
            );
            for lane in 0..WIDTH {
                let drive = strengths.input_relay * excitation[lane]
                    - strengths.inhibitory_relay * inhibition[lane];
                block.relay[neuron][lane] = relu(drive - threshold);
            }
        }

        wiring
            .relay_coding
            .forward(&block.relay, &mut block.onto_coding);
        let thresholds = &parameters[places.coding_threshold.clone()];
        for (neuron, &threshold) in thresholds.iter().enumerate() {
            let drive = &block.onto_coding[neuron];
            block.coding[0][neuron] =
                drive.map(|drive| relu(strengths.relay_coding * drive - threshold));
        }
        for iteration in 0..self.feedback_iterations {
            let onto_feedback = &mut block.onto_feedback[iteration];
            wiring
                .coding_feedback
                .forward(&block.coding[iteration], onto_feedback);
            let feedback = &mut block.feedback[iteration];
            for (state, drive) in feedback.iter_mut().zip(onto_feedback) {
                *state = drive
                    .map(|drive| relu(strengths.coding_feedback * drive) * strengths.feedback_gain);
            }
            let inhibition = &mut block.onto_coding_inhibition[iteration];
            wiring.feedback_coding.forward(feedback, inhibition);
            let next = &mut block.coding[iteration + 1];
            for (neuron, &threshold) in thresholds.iter().enumerate() {
                for lane in 0..WIDTH {
                    let drive = strengths.relay_coding * block.onto_coding[neuron][lane]
                        - strengths.feedback_coding * inhibition[neuron][lane];
                    next[neuron][lane] = relu(drive - threshold);
                }
            }
        }
        self.decode(parameters, block);
    }

    fn decode(&self, parameters: &[f64], block: &mut Block) {
        let coding = &block.coding[self.feedback_iterations];
        let weights = parameters[self.places.decoder_weight.clone()].chunks(self.sizes.coding);
        let biases = &parameters[self.places.decoder_bias.clone()];
        for ((logits, weights), &bias) in block.logits.iter_mut().zip(weights).zip(biases) {
            let mut sum = [bias; WIDTH];
            for (&weight, rates) in weights.iter().zip(coding) {
                for lane in 0..WIDTH {
                    sum[lane] += weight * rates[lane];
                }
            }
            *logits = sum;
        }
    }
}

#[inline]
fn relu(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}
