//! Known answers of single mechanisms (spec/model.md 12.1 and 12.2), on circuits made for them.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{Step, close, current, run, tiny, tiny_with};
use kenyon_circuit::{Form, Interventions, Network, softplus};
use kenyon_testing::Suite;

const R: std::ops::Range<usize> = 0..2;
const T: std::ops::Range<usize> = 2..4;
const A: usize = 4;
const K: std::ops::Range<usize> = 5..7;

/// The floor relative to rest.
const FLOOR: f64 = -0.080 + 0.060;

/// A refractory period far below a step, so that a strongly driven cell spikes in every step.
const TIRELESS: (&str, f64) = ("membrane.refractory_s", 1e-9);

fn nothing() -> Interventions {
    Interventions::default()
}

fn pathway(network: &Network, name: &str) -> usize {
    network
        .pathways()
        .iter()
        .position(|pathway| pathway.name == name)
        .unwrap()
}

/// Row 2 and 7: charging, spike times, refractory period.
fn a_leaky_cell_charges_and_spikes() {
    let network = tiny_with(&[]);
    let steps = run(&network, &[0.0; 2], &current("R", Some(0), 50e-12));
    for (step, millivolt) in [-57.561_471, -55.241_871, -53.035_399]
        .into_iter()
        .enumerate()
    {
        close("V", steps[step].voltage[0] * 1e3 - 60.0, millivolt, 1e-6);
    }
    let spikes: Vec<usize> = (0..30)
        .filter(|&step| steps[step].spike[0] == 1.0)
        .collect();
    assert_eq!(spikes, [10, 22]);
    let distance = |step: usize| steps[step].voltage[0] - 0.050;
    close(
        "exp(-dt/tau_m)",
        distance(1) / distance(0),
        0.951_229_42,
        1e-8,
    );
    // The other cell of the population is not driven.
    assert!(
        steps
            .iter()
            .all(|step| step.voltage[1] == 0.0 && step.spike[1] == 0.0)
    );
    // One step is blocked after a spike: 15 spikes in 30 steps at most.
    let driven = run(&network, &[0.0; 2], &current("R", None, 1e-6));
    let rhythm: Vec<f64> = driven.iter().map(|step| step.spike[1]).collect();
    assert_eq!(rhythm, [1.0, 0.0].repeat(15));
    assert_eq!((driven[0].timer[0], driven[1].timer[0]), (2e-3, 1e-3));
    assert_eq!(
        driven[1].voltage[0], 0.0,
        "a refractory cell is pinned to rest"
    );
}

/// The receptor drive is response x softplus(gain) x current, and channels do not mix.
fn receptors_drive_their_channels() {
    let network = tiny_with(&[]);
    let steps = run(&network, &[0.0, 0.05], &nothing());
    let ampere = f64::from(0.05_f32) * 1.313_261_687_518_222_8 * as_stored(5e-10);
    let expected = ampere * 1e9 * (1.0 - (-0.05_f64).exp());
    close("V", steps[0].voltage[1], expected, 1e-10);
    assert_eq!(steps[0].voltage[0], 0.0);
}

/// No voltage falls below the floor.
fn voltages_stop_at_the_floor() {
    let network = tiny_with(&[]);
    let down = run(&network, &[0.0; 2], &current("R", None, -1e-9));
    assert!(down.iter().all(|step| step.voltage[0] == FLOOR));
    let down = run(&network, &[0.0; 2], &current("K", None, -1e-8));
    assert!(
        down[5..]
            .iter()
            .all(|step| step.voltage[5] == FLOOR && step.axon[5] == FLOOR)
    );
}

/// Row 8: a spike in each of steps 0 to 3.
fn depression_releases_less_each_time() {
    let network = tiny_with(&[TIRELESS]);
    let index = pathway(&network, "r_to_t");
    let steps = run(&network, &[0.0; 2], &current("R", Some(0), 1e-6));
    let decay = (-0.2_f64).exp();
    let mut before = 0.0;
    for (step, (released, pool)) in [
        (0.300_000_00, 0.700_000_00),
        (0.210_448_88, 0.491_047_38),
        (0.148_075_74, 0.345_510_05),
        (0.104_632_30, 0.244_142_04),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(steps[step].spike[0], 1.0);
        close("x", 1.0 - steps[step].depletion[index][0], pool, 1e-8);
        // The strongest edge (4 contacts) carries the whole strength, the weakest a quarter of it.
        let [strong, weak] = [0, 1].map(|row| steps[step].current[index][row]);
        close(
            "U x",
            (strong - decay * before) / as_stored(1e-12),
            released,
            1e-8,
        );
        close("normalised contacts", weak / strong, 0.25, 1e-14);
        before = strong;
    }
    // The silent source keeps its vesicles.
    assert_eq!(steps[29].depletion[index][1], 0.0);
}

/// Rows 1 and 3: decay of a current and recovery of a pool, after a single spike.
fn currents_decay_and_pools_recover() {
    // A refractory period longer than the trial.
    let network = tiny_with(&[("membrane.refractory_s", 1.0)]);
    let index = pathway(&network, "r_to_t");
    let steps = run(&network, &[0.0; 2], &current("R", Some(0), 1e-6));
    assert_eq!(steps.iter().map(|step| step.spike[0]).sum::<f64>(), 1.0);
    for pair in steps.windows(2) {
        let [first, second] = [&pair[0], &pair[1]];
        close(
            "exp(-dt/tau_s)",
            second.current[index][0] / first.current[index][0],
            0.818_730_75,
            1e-8,
        );
        close(
            "exp(-dt/tau_rec)",
            second.depletion[index][0] / first.depletion[index][0],
            0.995_012_48,
            1e-8,
        );
    }
}

/// A source that spikes every second step: the pool's fixed point is known in closed form.
fn depression_has_its_steady_state() {
    let circuit = tiny().with("time.steps", 400).unwrap();
    let network = common::compile(&circuit);
    let index = pathway(&network, "r_to_t");
    let steps = run(&network, &[0.0; 2], &current("R", None, 1e-6));
    let rho: f64 = (-1e-3_f64 / 0.2).exp();
    let fixed = 0.3 / (1.0 - rho * rho * 0.7);
    assert_eq!(steps[398].spike[0], 1.0);
    // The release probability is stored in single precision.
    close("depletion", steps[398].depletion[index][0], fixed, 1e-7);
    close(
        "period",
        steps[398].depletion[index][0],
        steps[396].depletion[index][0],
        1e-15,
    );
}

/// Without depression a spike releases everything: 1 / U times more, and no pool.
fn depression_can_be_switched_off() {
    let network = tiny_with(&[TIRELESS]);
    let index = pathway(&network, "r_to_t");
    let off = Interventions {
        depression_off: true,
        ..current("R", Some(0), 1e-6)
    };
    let steps = run(&network, &[0.0; 2], &off);
    let on = run(&network, &[0.0; 2], &current("R", Some(0), 1e-6));
    close(
        "1/U",
        steps[0].current[index][0] / on[0].current[index][0],
        1.0 / 0.3,
        1e-6,
    );
    let decay = (-0.2_f64).exp();
    let sum = as_stored(1e-12) * (1.0 - decay.powi(30)) / (1.0 - decay);
    close("sum", steps[29].current[index][0] / sum, 1.0, 1e-12);
    assert!(
        steps
            .iter()
            .all(|step| step.depletion[index].iter().all(|&used| used == 0.0))
    );
}

/// Same-step pathways act in the step of the spike, previous-step ones a step later.
fn timing_is_kept() {
    let network = tiny_with(&[("pathway.r_to_t.strength_A.start", 1e-6)]);
    let (now, later) = (pathway(&network, "r_to_t"), pathway(&network, "t_to_r"));
    let (onward, recurrent) = (pathway(&network, "t_to_k"), pathway(&network, "k_to_k"));
    let steps = run(&network, &[0.0; 2], &current("R", None, 1e-6));
    assert_eq!(
        steps[0].spike[..4],
        [1.0; 4],
        "a spike crosses two stages in one step"
    );
    assert!(steps[0].current[now][0] > 0.0 && steps[0].current[onward][0] > 0.0);
    assert_eq!(steps[0].current[later], [0.0]);
    assert_eq!(steps[1].current[later], [-as_stored(1e-12)]);
    let driven = run(&network, &[0.0; 2], &current("K", None, 1e-6));
    assert_eq!(driven[0].spike[5..7], [1.0; 2]);
    assert_eq!(driven[0].current[recurrent], [0.0; 2]);
    assert!(
        driven[1].current[recurrent]
            .iter()
            .all(|&ampere| ampere > 0.0)
    );
}

/// A value after its logarithm was rounded to single precision.
fn as_stored(value: f64) -> f64 {
    Form::Log.realise(f64::from(Form::Log.store(value) as f32))
}

/// Rows 4, 5 and 9, and 12.2: the exact propagator, read from the response to a constant current.
fn two_compartments_follow_the_exact_solution() {
    let network = tiny_with(&[]);
    let steps = run(&network, &[0.0; 2], &quiet(current("K", Some(0), 100e-12)));
    for (step, (dendrite, axon)) in [
        (-56.013_70, -59.109_24),
        (-53.152_48, -57.331_26),
        (-50.756_48, -55.314_32),
        (-48.591_29, -53.281_79),
        (-46.571_58, -51.308_50),
    ]
    .into_iter()
    .enumerate()
    {
        let state = &steps[step];
        close("Vd", state.voltage[5] * 1e3 - 60.0, dendrite, 1e-5);
        close("Va", state.axon[5] * 1e3 - 60.0, axon, 1e-5);
    }
    for (coupling, expected) in [
        (
            1e-9,
            [0.905_968_70, 0.045_260_72, 9.520_125_0e-4, 2.339_901_0e-5],
        ),
        (
            10e-9,
            [0.650_583_59, 0.300_645_84, 7.972_592_1e-4, 1.781_523_0e-4],
        ),
        (
            20e-9,
            [0.539_982_16, 0.411_247_26, 7.002_094_4e-4, 2.752_020_7e-4],
        ),
    ] {
        let network = tiny_with(&[("population.K.coupling_S.start", coupling)]);
        let steps = run(&network, &[0.0; 2], &quiet(current("K", Some(0), 100e-12)));
        let volts = |step: usize| (steps[step].voltage[5], steps[step].axon[5]);
        let ((d0, a0), (d1, a1)) = (volts(0), volts(1));
        // d1 - d0 = m1 d0 + m2 a0, a1 - a0 = m2 d0 + m1 a0.
        let (d, a, determinant) = (d1 - d0, a1 - a0, d0 * d0 - a0 * a0);
        let found = [
            (d * d0 - a * a0) / determinant,
            (a * d0 - d * a0) / determinant,
            d0 / (5e10 * 100e-12),
            a0 / (5e10 * 100e-12),
        ];
        for (found, expected) in found.into_iter().zip(expected) {
            // The logarithm of the conductance is stored in single precision.
            close("propagator", found / expected, 1.0, 2e-6);
        }
    }
}

/// Without the instantaneous pathways.
fn quiet(changes: Interventions) -> Interventions {
    let names = ["k_to_k_graded", "k_to_a", "k_to_a_graded", "a_to_k"];
    Interventions {
        disabled_pathways: names.map(str::to_owned).to_vec(),
        ..changes
    }
}

/// 12.2: a constant drive of 1; the drive is a depolarisation of 1 V at the start of each step.
fn a_graded_unit_is_a_low_pass_filter() {
    let network = tiny_with(&[]);
    let boosted = |amount| Interventions {
        boosts: vec![("A".to_owned(), amount)],
        ..Interventions::default()
    };
    let beta: f64 = (-1e-3_f64 / 0.015).exp();
    close("beta", beta, 0.935_506_99, 1e-8);
    let steps = run(&network, &[0.0; 2], &boosted(1.0 - beta));
    for (step, expected) in [0.064_493_01, 0.124_826_68, 0.181_269_25]
        .into_iter()
        .enumerate()
    {
        close("a", steps[step].voltage[A], expected, 1e-8);
    }
    // A lasting boost adds up to v / (1 - beta) (quirk 10).
    let long = common::compile(&tiny().with("time.steps", 600).unwrap());
    let steps = run(&long, &[0.0; 2], &boosted(0.7));
    close("a", steps[599].voltage[A], 0.7 / (1.0 - beta), 1e-6);
}

/// The rate that drives a graded unit: spikes so far over the number of steps, this one included.
fn running_rates_are_one_step_behind() {
    let network = tiny_with(&[TIRELESS]);
    let mut changes = current("K", Some(0), 1e-5);
    changes.disabled_pathways = vec!["k_to_a_graded".to_owned(), "a_to_k".to_owned()];
    let steps = run(&network, &[0.0; 2], &changes);
    let beta: f64 = (-1e-3_f64 / 0.015).exp();
    let (mut activity, mut spikes) = (0.0, 0.0);
    for (step, state) in steps.iter().enumerate() {
        activity = activity * beta + (1.0 - beta) * spikes / (step + 1) as f64;
        close("a", state.voltage[A], activity, 1e-7);
        spikes += state.spike[K.start];
    }
    assert_eq!(spikes, 30.0);
}

/// Depolarisation above rest at the start of the step, capped, through contacts and gain.
fn graded_contacts_act_on_depolarisation() {
    let network = tiny_with(&[("population.K.threshold_V.start", 10.0)]);
    let changes = Interventions {
        disabled_pathways: ["k_to_a", "a_to_k"].map(str::to_owned).to_vec(),
        ..current("K", Some(0), 1e-9)
    };
    let steps = run(&network, &[0.0; 2], &changes);
    let beta: f64 = (-1e-3_f64 / 0.015).exp();
    let mut activity = 0.0;
    for pair in steps.windows(2) {
        // Contacts 1 and 2 of the two cells, divided by the larger; no cap on this pathway.
        let drive = 0.5 * pair[0].voltage[5].max(0.0) + pair[0].voltage[6].max(0.0);
        activity = activity * beta + (1.0 - beta) * drive;
        close("a", pair[1].voltage[A], activity, 1e-7);
    }
    assert!(steps[29].voltage[5] > 0.030, "beyond the cap");
    // Dendrite to dendrite: the cap of 30 mV limits what the second cell gets.
    let gain = softplus(-5.0) * 1e-9 * 0.030;
    let sum = |step: usize| steps[step].voltage[6] + steps[step].axon[6];
    // The sum of both compartments obeys a single leaky equation with the injected current.
    let decay = (-0.05_f64).exp();
    let first_capped = steps
        .iter()
        .position(|step| step.voltage[5] > 0.030)
        .unwrap()
        + 1;
    for step in first_capped..30 {
        let expected = decay * sum(step - 1) + (1.0 - decay) * 1e9 * gain;
        close(
            "Vd + Va",
            sum(step),
            expected,
            1e-9 * expected.abs().max(1e-12),
        );
    }
}

/// Activity divides the shunted current at once: `I / (1 + gain w a')`.
fn shunting_divides_at_once() {
    let network = tiny_with(&[]);
    let mut changes = current("K", None, 100e-12);
    let free = run(&network, &[0.0; 2], &changes);
    changes.boosts = vec![("A".to_owned(), 1.0)];
    let shunted = run(&network, &[0.0; 2], &changes);
    // a' = 1 after the first update; contacts 1 and 2 of K 0 and K 1, divided by 2.
    assert_eq!(shunted[0].voltage[A], 1.0);
    close(
        "K 0",
        free[0].voltage[5] / shunted[0].voltage[5],
        1.5,
        1e-12,
    );
    close(
        "K 1",
        free[0].voltage[6] / shunted[0].voltage[6],
        2.0,
        1e-12,
    );
}

/// Gap currents move charge between cells and create none.
fn gap_currents_sum_to_zero() {
    let strong = [
        ("gap_junction.t_t.conductance_S.start", 2e-10),
        ("population.T.threshold_V.start", 10.0),
    ];
    let network = tiny_with(&strong);
    assert_eq!(network.gap_junctions()[0].pairs, [(2, 3)]);
    let coupled = run(&network, &[0.0; 2], &current("T", Some(0), 40e-12));
    let changes = Interventions {
        gap_junctions_off: true,
        ..current("T", Some(0), 40e-12)
    };
    let free = run(&network, &[0.0; 2], &changes);
    let sum = |step: &Step| step.voltage[T].iter().sum::<f64>();
    for (coupled, free) in coupled.iter().zip(&free) {
        close("sum of voltages", sum(coupled), sum(free), 1e-16);
        assert_eq!(free.voltage[3], 0.0);
    }
    assert_eq!(
        coupled[0].voltage[3], 0.0,
        "currents follow voltages at the start of the step"
    );
    let expected = 2e-10 * coupled[0].voltage[2] * 1e9 * (1.0 - (-0.05_f64).exp());
    close(
        "first gap current",
        coupled[1].voltage[3],
        expected,
        1e-7 * expected,
    );
}

/// Numbers that follow from the stored forms (rows 6 and 12.2).
fn stored_forms_are_exact() {
    for (x, expected) in [
        (1.0, 1.313_261_69),
        (0.1, 0.744_396_66),
        (-5.0, 0.006_715_35),
        (4.0, 4.018_149_93),
    ] {
        close("softplus", softplus(x), expected, 5e-9);
        close(
            "inverse",
            Form::Softplus.store(Form::Softplus.realise(x)),
            x,
            1e-13,
        );
    }
    close("log", Form::Log.store(5e-9), -19.113_828, 1e-6);
    close("log", Form::Log.store(1e-10), -23.025_851, 1e-6);
    close("logit", Form::Logit.store(0.3), -0.847_297_86, 5e-9);
    close(
        "logit",
        Form::Logit.realise(Form::Logit.store(0.3)),
        0.3,
        1e-15,
    );
    for form in [Form::Plain, Form::Log, Form::Logit, Form::Softplus] {
        let slope = (form.realise(0.4 + 1e-6) - form.realise(0.4 - 1e-6)) / 2e-6;
        close("slope", form.slope(0.4), slope, 1e-9);
    }
}

fn rest_is_a_fixed_point() {
    let network = tiny_with(&[]);
    for step in run(&network, &[0.0; 2], &nothing()) {
        let states = [&step.voltage, &step.axon, &step.timer, &step.spike];
        assert!(
            states
                .iter()
                .all(|state| state.iter().all(|&value| value == 0.0))
        );
        assert!(step.current.iter().flatten().all(|&ampere| ampere == 0.0));
    }
    assert_eq!(R.len() + T.len() + 1 + K.len(), network.neurons());
}

fn main() {
    Suite::new("oracles")
        .test(
            "a leaky cell charges and spikes",
            a_leaky_cell_charges_and_spikes,
        )
        .test(
            "receptors drive their channels",
            receptors_drive_their_channels,
        )
        .test("voltages stop at the floor", voltages_stop_at_the_floor)
        .test(
            "depression releases less each time",
            depression_releases_less_each_time,
        )
        .test(
            "currents decay and pools recover",
            currents_decay_and_pools_recover,
        )
        .test(
            "depression has its steady state",
            depression_has_its_steady_state,
        )
        .test(
            "depression can be switched off",
            depression_can_be_switched_off,
        )
        .test("timing is kept", timing_is_kept)
        .test(
            "two compartments",
            two_compartments_follow_the_exact_solution,
        )
        .test(
            "a graded unit is a low-pass filter",
            a_graded_unit_is_a_low_pass_filter,
        )
        .test(
            "running rates are one step behind",
            running_rates_are_one_step_behind,
        )
        .test("graded contacts", graded_contacts_act_on_depolarisation)
        .test("shunting divides at once", shunting_divides_at_once)
        .test("gap currents sum to zero", gap_currents_sum_to_zero)
        .test("stored forms are exact", stored_forms_are_exact)
        .test("rest is a fixed point", rest_is_a_fixed_point)
        .run();
}
