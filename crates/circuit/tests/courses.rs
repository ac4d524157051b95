//! Stimuli that change in time: known answers, equivalence of segments and trials, the adjoint.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::ops::Range;
use std::sync::Arc;

use common::{Step, Trace, close, digest, tiny_with};
use kenyon_circuit::{
    Circuit, Form, GradientWorkspace, Interventions, Lanes, Network, Noise, NoiseStream, Stimulus,
    TimeCourse, TimedStimulus, Upstream, WIDTH, forward_graded, forward_hard, gradient, simulate,
    simulate_windows,
};
use kenyon_connectome::sample;
use kenyon_testing::Suite;

/// Decay of a voltage and of a depletion over a step (20 ms, 200 ms), and the current of response 1.
const DECAY_MS: f64 = 20.0;
const RECOVERY_MS: f64 = 200.0;

fn stimulus(channels: usize, frames: &[f32], steps: &[u32]) -> TimedStimulus {
    TimedStimulus {
        course: Arc::new(TimeCourse::new(channels, frames.to_vec(), steps.to_vec()).unwrap()),
        odour_factors: vec![1.0; channels],
        trial: 0,
    }
}

/// One hard trial of the tiny circuit in `f64` without noise; only the first channel is stimulated.
fn run(network: &Network, frames: &[f32], steps: &[u32]) -> Vec<Step> {
    let frames: Vec<f32> = frames.iter().flat_map(|&it| [it, 0.0]).collect();
    let mut trace = Trace::default();
    let _: Vec<f64> = forward_hard(
        network,
        &network.table().start().values,
        &[stimulus(2, &frames, steps)],
        Noise::Off,
        &Interventions::default(),
        &mut trace,
    );
    assert_eq!(trace.0.len(), steps.len(), "the course decides the length");
    trace.0
}

/// Stationary depolarisation of a receptor neuron per unit of response, volt.
fn volt() -> f64 {
    let current = Form::Log.realise(f64::from(Form::Log.store(5e-10) as f32));
    1.313_261_687_518_222_8 * current * 1e9
}

/// A pulse charges the membrane exponentially and releases it.
fn a_pulse_charges_and_releases() {
    let network = tiny_with(&[]);
    let schedule: Vec<u32> = (0..80)
        .map(|step| u32::from((10..40).contains(&step)))
        .collect();
    let response = 0.01_f32;
    let steps = run(&network, &[0.0, response], &schedule);
    let full = f64::from(response) * volt();
    let charged = full * (1.0 - (-30.0 / DECAY_MS).exp());
    for (step, state) in steps.iter().enumerate() {
        let after = step as f64 + 1.0;
        let expected = match step {
            0..10 => 0.0,
            10..40 => full * (1.0 - (-(after - 10.0) / DECAY_MS).exp()),
            _ => charged * (-(after - 40.0) / DECAY_MS).exp(),
        };
        close("V", state.voltage[0], expected, 1e-9);
        assert_eq!(state.spike[0], 0.0);
    }
}

/// A ramp `a k` is followed with a lag: `V_n = a (m - d (1 - d^m) / (1 - d))`, `m = n - 1`.
fn a_ramp_is_followed_with_a_lag() {
    let network = tiny_with(&[]);
    let slope = 0.000_25_f32;
    let frames: Vec<f32> = (0..60).map(|step| slope * step as f32).collect();
    let steps = run(&network, &frames, &(0..60).collect::<Vec<u32>>());
    let d = (-1.0 / DECAY_MS).exp();
    for (step, state) in steps.iter().enumerate() {
        let m = step as f64;
        let expected = f64::from(slope) * volt() * (m - d * (1.0 - d.powf(m)) / (1.0 - d));
        close("V", state.voltage[0], expected, 1e-8);
        assert_eq!(state.spike[0], 0.0);
    }
}

/// Two pulses of one spike each: the pool refills between them as `exp(-t / tau)`.
fn depression_recovers_in_the_gap() {
    for gap in [5, 50, 300] {
        let network = tiny_with(&[]);
        let schedule: Vec<u32> = (0..gap + 12)
            .map(|step| u32::from(step == 4 || step == 4 + gap))
            .collect();
        let steps = run(&network, &[0.0, 1.0], &schedule);
        let spikes: Vec<usize> = (0..steps.len())
            .filter(|&it| steps[it].spike[0] == 1.0)
            .collect();
        assert_eq!(spikes, [4, 4 + gap], "each pulse gives one spike");
        let index = network
            .pathways()
            .iter()
            .position(|it| it.name == "r_to_t")
            .unwrap();
        let depleted = |step: usize| steps[step].depletion[index][0];
        let used = depleted(4);
        close("U", used, 0.3, 1e-7);
        let mut left = used;
        for step in 5..4 + gap {
            left = used * (-((step - 4) as f64) / RECOVERY_MS).exp();
            // The time constant is stored in single precision.
            close("depletion", depleted(step), left, 1e-8);
        }
        left *= (-1.0 / RECOVERY_MS).exp();
        close(
            "second release",
            depleted(4 + gap),
            left + used * (1.0 - left),
            1e-8,
        );
    }
}

fn larva() -> Network {
    Network::compile(&Circuit::larva(), &sample::sample(5, 1).unwrap().connectome).unwrap()
}

fn responses(trial: u32) -> Vec<f32> {
    let uniforms = NoiseStream::new(3, "stimuli").uniforms(21, trial);
    uniforms.iter().map(|&it| it as f32).collect()
}

fn noise() -> Noise<'static> {
    Noise::Generated(NoiseStream::new(4, "circuit"))
}

/// Trials of a sequence of frames; every trial has odours and odour noise of its own.
fn sequence(trials: u32, steps: &[u32], frames: &[u32]) -> Vec<TimedStimulus> {
    let one = |trial: u32| TimedStimulus {
        odour_factors: NoiseStream::new(8, "odour").odour_factors(21, 0.3, trial),
        trial,
        ..stimulus(
            21,
            &frames
                .iter()
                .flat_map(|it| responses(100 * it + trial))
                .collect::<Vec<_>>(),
            steps,
        )
    };
    (0..trials).map(one).collect()
}

fn windows(
    network: &Network,
    stimuli: &[TimedStimulus],
    windows: &[Range<usize>],
) -> Vec<kenyon_circuit::Responses> {
    let start = network.table().start();
    simulate_windows(
        network,
        &start,
        stimuli,
        windows,
        noise(),
        &Interventions::default(),
    )
}

fn stretch(parts: &[(u32, usize)]) -> Vec<u32> {
    parts
        .iter()
        .flat_map(|&(frame, steps)| vec![frame; steps])
        .collect()
}

/// State is carried on: two equal segments are one of twice the length, bit for bit. A longer trial
/// begins like a shorter one, and a constant course is a constant stimulus.
fn segments_are_one_trial() {
    let network = larva();
    let start = network.table().start();
    let nothing = Interventions::default();
    let twice = sequence(19, &stretch(&[(0, 30), (1, 30)]), &[7, 7]);
    let once = sequence(19, &stretch(&[(0, 60)]), &[7]);
    let parts = [0..30, 30..60, 0..60];
    let found = windows(&network, &twice, &parts);
    assert_eq!(found, windows(&network, &once, &parts));
    let sums = found[0]
        .counts
        .iter()
        .zip(&found[1].counts)
        .map(|(a, b)| a + b);
    assert_eq!(sums.collect::<Vec<f32>>(), found[2].counts);
    assert_ne!(
        found[0].counts, found[1].counts,
        "the second segment begins where the first ended"
    );
    assert_eq!(
        simulate(&network, &start, &twice, noise(), &nothing),
        found[2]
    );
    assert_eq!((found[0].steps, found[2].steps), (30, 60));

    let constant: Vec<Stimulus> = twice
        .iter()
        .map(|trial| {
            let noisy = trial.course.frame(0).iter().zip(&trial.odour_factors);
            Stimulus {
                input: noisy
                    .map(|(value, factor)| (value * factor).max(0.0))
                    .collect(),
                trial: trial.trial,
            }
        })
        .collect();
    let short = simulate(&network, &start, &constant, noise(), &nothing);
    assert_eq!(short, found[0]);
    assert!(short.counts.iter().sum::<f32>() > 1000.0);
    // What follows does not reach back.
    let other = sequence(19, &stretch(&[(0, 30), (1, 5)]), &[7, 9]);
    assert_eq!(windows(&network, &other, &parts[..1])[0], short);
    assert!(windows(&network, &other, &[]).is_empty());
}

/// Trials that change at different times may share a group of lanes.
fn lanes_are_independent() {
    let network = larva();
    let mut mixed = sequence(9, &stretch(&[(0, 20), (1, 25)]), &[1, 2]);
    mixed.extend(sequence(18, &stretch(&[(1, 11), (2, 3), (0, 31)]), &[3, 1, 2]).split_off(9));
    let shown = 3..40;
    let shown = std::slice::from_ref(&shown);
    let all = windows(&network, &mixed, shown);
    for (trial, stimulus) in mixed.iter().enumerate() {
        let alone = windows(&network, std::slice::from_ref(stimulus), shown);
        assert_eq!(
            alone[0].counts[..],
            all[0].counts[trial * network.neurons()..][..network.neurons()]
        );
    }
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(pool.install(|| windows(&network, &mixed, shown)), all);
    }
}

fn lanes_follow_double_precision() {
    let network = larva();
    let stored = network.table().start().values;
    let trials = sequence(
        WIDTH as u32,
        &stretch(&[(0, 12), (1, 20), (2, 8)]),
        &[1, 2, 3],
    );
    let nothing = Interventions::default();
    let single: Vec<Lanes<WIDTH>> =
        forward_graded(&network, &stored, &trials, noise(), &nothing, &mut Ignore);
    for (lane, trial) in trials.iter().enumerate().step_by(5) {
        let trial = std::slice::from_ref(trial);
        let double: Vec<f64> =
            forward_graded(&network, &stored, trial, noise(), &nothing, &mut Ignore);
        let total = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>();
        let a = total(&mut single.iter().map(|it| f64::from(it.0[lane])));
        let b = total(&mut double.iter().copied());
        close("spikes of a trial", a / b, 1.0, 5e-3);
    }
}

struct Ignore;

impl<S> kenyon_circuit::Observer<S> for Ignore {
    fn observe(&mut self, _: usize, _: &kenyon_circuit::Snapshot<'_, S>) {}
}

fn slopes<P: kenyon_circuit::Presentation>(
    workspace: &mut GradientWorkspace,
    network: &Network,
    trials: &[P],
) -> Vec<f64> {
    gradient(
        workspace,
        network,
        &network.table().start(),
        trials,
        noise(),
        &Interventions::default(),
        &mut |responses| Upstream {
            logits: responses.logits.iter().map(|logit| 0.1 + logit).collect(),
            counts: responses.counts.iter().map(|count| 1e-3 * count).collect(),
        },
    )
}

/// The gradient of a constant course is that of the stimulus, to the bit; buffers of a longer trial
/// leave nothing behind.
fn constant_courses_have_the_same_gradient() {
    let network = larva();
    let course = sequence(5, &[0; 30], &[4]);
    let constant: Vec<Stimulus> = course
        .iter()
        .map(|it| Stimulus {
            input: it.course.frame(0).to_vec(),
            trial: it.trial,
        })
        .collect();
    let course: Vec<TimedStimulus> = course
        .into_iter()
        .map(|it| TimedStimulus {
            odour_factors: vec![1.0; 21],
            ..it
        })
        .collect();
    let bits = |slopes: &[f64]| digest(slopes.iter().map(|it| it.to_bits()));
    let mut workspace = GradientWorkspace::new(&network);
    let expected = slopes(&mut workspace, &network, &constant);
    let long = sequence(5, &stretch(&[(0, 30), (1, 30)]), &[4, 5]);
    let longer = slopes(&mut workspace, &network, &long);
    assert!(longer.iter().all(|it| it.is_finite()));
    assert_eq!(
        bits(&slopes(&mut workspace, &network, &course)),
        bits(&expected)
    );
    assert_eq!(
        bits(&slopes(&mut workspace, &network, &long)),
        bits(&longer)
    );
    assert_ne!(bits(&longer), bits(&expected));
}

fn main() {
    Suite::new("courses")
        .test("a pulse charges and releases", a_pulse_charges_and_releases)
        .test(
            "a ramp is followed with a lag",
            a_ramp_is_followed_with_a_lag,
        )
        .test(
            "depression recovers in the gap",
            depression_recovers_in_the_gap,
        )
        .test("segments are one trial", segments_are_one_trial)
        .test("lanes are independent", lanes_are_independent)
        .test(
            "lanes follow double precision",
            lanes_follow_double_precision,
        )
        .test(
            "constant courses have the same gradient",
            constant_courses_have_the_same_gradient,
        )
        .run();
}
