//! Recordings are the trials that `simulate` counts, seen step by step. On the statistical larva, so
//! nothing needs data.

use std::sync::{Arc, OnceLock};

use kenyon_analysis::protocol::{RecordingSettings, recordings};
use kenyon_analysis::recording::{
    Caption, DenseRecording, INTACT, Recording, Spike, record, record_trial, recording_bytes,
};
use kenyon_analysis::{
    Ablation, AnalysisError, BlockNoise, Model, Roles, ablate, decide, noisy_stimuli,
};
use kenyon_circuit::{
    Circuit, Interventions, Network, NeuronModel, Noise, Parameters, Stimulus, TimeCourse,
    TimedStimulus, WIDTH, simulate, simulate_windows,
};
use kenyon_connectome::{ReceptorMapping, sample};
use kenyon_testing::Suite;

fn main() {
    Suite::new("recordings")
        .test("bits are those of simulate", same_bits)
        .test("states are those of the circuit", states)
        .test("removals are recorded", removals)
        .test("arms share noise and neurons", arms)
        .test("stored text reads back", text)
        .test("courses are recorded", courses)
        .test("bad input", bad_input)
        .run();
}

struct Larva {
    network: Network,
    parameters: Parameters,
    roles: Roles,
    none: Interventions,
    templates: Vec<Vec<f64>>,
    names: Vec<String>,
}

fn larva() -> &'static Larva {
    static LARVA: OnceLock<Larva> = OnceLock::new();
    LARVA.get_or_init(|| {
        let data = sample::sample(1, 1).expect("a larva");
        let network =
            Network::compile(&Circuit::larva(), &data.connectome).expect("the larval circuit");
        let mut parameters = network.table().start();
        // A decoder that says something.
        let weights = network.table().group("decoder.weight").expect("a decoder");
        for (index, value) in parameters.values[weights.range.clone()]
            .iter_mut()
            .enumerate()
        {
            *value = ((index * 7919) % 1000) as f64 * 1e-2 - 5.0;
        }
        Larva {
            parameters,
            roles: Roles::default(),
            none: Interventions::default(),
            templates: data
                .panel
                .templates(ReceptorMapping::ByPosition)
                .expect("receptor responses"),
            names: data.panel.odours.clone(),
            network,
        }
    })
}

impl Larva {
    fn model(&self) -> Model<'_> {
        Model {
            network: &self.network,
            parameters: &self.parameters,
            roles: &self.roles,
            interventions: &self.none,
        }
    }

    fn stimuli(&self, class: usize, trials: usize) -> Vec<Stimulus> {
        let template = std::slice::from_ref(&self.templates[class]);
        noisy_stimuli(template, trials, self.network.odour_cv(), &noise()).expect("stimuli")
    }

    fn record(&self, model: &Model<'_>, stimuli: &[Stimulus]) -> DenseRecording {
        record(model, stimuli, noise().circuit).expect("a valid model")
    }
}

fn noise() -> BlockNoise {
    BlockNoise::new("test", 5, 5)
}

/// More trials than there are lanes, with and without interventions.
fn same_bits() {
    let larva = larva();
    let stimuli = larva.stimuli(3, WIDTH + 3);
    let changed = Interventions {
        boosts: vec![("APL".to_owned(), 0.7)],
        silenced: vec![("LN".to_owned(), Some(4))],
        depression_off: true,
        ..Interventions::default()
    };
    for interventions in [&larva.none, &changed] {
        let model = Model {
            interventions,
            ..larva.model()
        };
        let circuit = Noise::Generated(noise().circuit);
        let (network, parameters) = (&larva.network, &larva.parameters);
        let responses = simulate(network, parameters, &stimuli, circuit, interventions);
        let dense = larva.record(&model, &stimuli);
        assert_eq!(dense.trials(), stimuli.len());
        for (trial, stimulus) in stimuli.iter().enumerate() {
            let logits: Vec<u64> = dense.logits[trial].iter().map(|it| it.to_bits()).collect();
            let expected = responses.logits_of(trial).iter().map(|it| it.to_bits());
            assert_eq!(logits, expected.collect::<Vec<u64>>());
            assert_eq!(dense.receptors[trial], stimulus.input);
            for (population, place) in network.populations().iter().zip(&dense.populations) {
                if place.model == NeuronModel::Graded {
                    continue;
                }
                let mut counts = vec![0.0_f32; place.cells.len()];
                for step in 0..dense.steps() {
                    let spikes = &dense.spikes.at(trial, step)[place.cells.clone()];
                    for (count, &spike) in counts.iter_mut().zip(spikes) {
                        *count += f32::from(spike);
                    }
                }
                assert_eq!(
                    counts,
                    responses.counts_of(trial, population),
                    "{}",
                    place.name
                );
            }
        }
        // Alone a trial is the same as among others.
        let alone = larva.record(&model, &stimuli[WIDTH..=WIDTH]);
        for step in 0..dense.steps() {
            assert_eq!(
                alone.voltage_mV.at(0, step),
                dense.voltage_mV.at(WIDTH, step)
            );
            assert_eq!(alone.activity.at(0, step), dense.activity.at(WIDTH, step));
        }
    }
}

fn states() {
    let larva = larva();
    let dense = larva.record(&larva.model(), &larva.stimuli(3, 2));
    let membrane = &larva.network.circuit().membrane;
    let floor = (1e3 * membrane.floor_v) as f32 - 1e-3;
    let potentials = dense
        .voltage_mV
        .values()
        .iter()
        .chain(dense.axon_voltage_mV.values());
    for &millivolt in potentials {
        assert!((floor..100.0).contains(&millivolt), "{millivolt}");
    }
    // A cell of one compartment is at rest in the step in which it spikes.
    let rest = (1e3 * membrane.rest_v) as f32;
    let orn = &dense.populations[0];
    assert_eq!((orn.name.as_str(), orn.cells.start), ("ORN", 0));
    let mut spikes = 0;
    for step in 0..dense.steps() {
        for neuron in orn
            .cells
            .clone()
            .filter(|&it| dense.spikes.at(0, step)[it] > 0)
        {
            assert_eq!(dense.voltage_mV.at(0, step)[neuron], rest);
            spikes += 1;
        }
    }
    assert!(spikes > 0);
    let apl = dense
        .populations
        .iter()
        .find(|it| it.name == "APL")
        .expect("the APL");
    assert_eq!(dense.activity.shape(), [2, dense.steps(), apl.cells.len()]);
    let mut bytes = 4 * dense.activity.values().len()
        + 4 * dense.axon_voltage_mV.values().len()
        + 5 * dense.spikes.values().len();
    for (pathway, compiled) in dense.pathways.iter().zip(larva.network.pathways()) {
        assert_eq!(pathway.name, compiled.name);
        if let Some(pool) = &pathway.vesicle_pool {
            assert!(pool.values().iter().all(|left| (0.0..=1.0).contains(left)));
            bytes += 4 * pool.values().len();
        }
        if let Some(current) = &pathway.current_pA {
            bytes += 4 * current.values().len();
            let inhibitory = pathway.name.contains("inhibitory");
            let sign = if inhibitory { -1.0 } else { 1.0 };
            if inhibitory || pathway.name.starts_with("orn_to") {
                let mean: f32 = current.values().iter().sum();
                assert!(sign * mean > 0.0, "{}: {mean}", pathway.name);
            }
        }
    }
    bytes += 4 * dense.input.values().len();
    assert_eq!(dense.input.at(1, 29), dense.receptors[1]);
    assert_eq!(recording_bytes(&larva.network, 2, 30), bytes as u64);
    assert_eq!(
        recording_bytes(&larva.network, 4, 60),
        4 * recording_bytes(&larva.network, 2, 30)
    );
    assert_eq!(recording_bytes(&larva.network, usize::MAX, 30), u64::MAX);
    let graded = dense.pathways.iter().find(|it| it.name == "apl_to_kc");
    let graded = graded.expect("the shunting pathway");
    assert_eq!((&graded.current_pA, &graded.vesicle_pool), (&None, &None));
}

fn removals() {
    let larva = larva();
    let stimuli = larva.stimuli(3, 1);
    let off = Interventions {
        depression_off: true,
        disabled_pathways: vec!["orn_to_pn".to_owned()],
        ..Interventions::default()
    };
    let model = Model {
        interventions: &off,
        ..larva.model()
    };
    let dense = larva.record(&model, &stimuli);
    assert!(
        dense
            .pathways
            .iter()
            .all(|pathway| pathway.vesicle_pool.is_none())
    );
    let disabled = &dense.pathways[0];
    assert_eq!(disabled.name, "orn_to_pn");
    let current = disabled.current_pA.as_ref().expect("a chemical pathway");
    assert!(current.values().iter().all(|&current| current == 0.0));
    let table = larva.network.table();
    let without = ablate(
        table,
        &larva.parameters,
        &larva.roles,
        &[Ablation::Depletion],
    );
    let without = without.expect("pools can be kept full");
    let model = Model {
        parameters: &without,
        ..larva.model()
    };
    let caption = Caption {
        stimulus: "a",
        intervention: "without depletion",
        odour: Some(3),
    };
    let recording = record_trial(&model, &stimuli[0], noise().circuit, caption);
    let recording = recording.expect("a valid model");
    let depressing = recording.pathways.iter().find(|it| it.name == "orn_to_pn");
    // What a spike has just released is missing until the next step.
    let available = &depressing.expect("the pathway").available;
    assert!(available[0] == 1.0 && available.iter().all(|&left| left > 0.5));
}

fn settings(odours: &[usize]) -> RecordingSettings {
    RecordingSettings {
        seed: 42,
        odours: odours.to_vec(),
        without: vec![
            vec![Ablation::Feedback],
            vec![Ablation::GapJunctions],
            vec![Ablation::Feedback, Ablation::GapJunctions],
        ],
    }
}

fn recorded(odours: &[usize]) -> Vec<Recording> {
    let larva = larva();
    let settings = settings(odours);
    recordings(&larva.model(), &larva.templates, &larva.names, &settings).expect("a valid model")
}

fn arms() {
    let larva = larva();
    let all = recorded(&[0, 9, 99]);
    let interventions: Vec<&str> = all.iter().map(|one| one.intervention.as_str()).collect();
    let expected = [
        INTACT,
        "without APL",
        "without gap junctions",
        "without APL and gap junctions",
    ];
    assert_eq!(interventions, [expected, expected].concat());
    assert_eq!((all[3].odour, all[4].odour), (Some(0), Some(9)));
    assert_eq!(all[4].label, larva.names[9]);
    assert_eq!(all[5].label, format!("{}, without APL", larva.names[9]));
    // A trial does not depend on which other odours are recorded.
    assert_eq!(recorded(&[9]), all[4..]);
    for arm in &all[5..] {
        assert_eq!(arm.receptors, all[4].receptors);
        for (population, intact) in arm.populations.iter().zip(&all[4].populations) {
            let neurons = |it: &kenyon_analysis::recording::PopulationRecording| -> Vec<usize> {
                it.traces.iter().map(|trace| trace.neuron).collect()
            };
            assert_eq!(neurons(population), neurons(intact));
        }
    }
    // Nothing before the Kenyon cells feels the APL.
    assert_eq!(all[5].populations[..3], all[4].populations[..3]);
    assert_ne!(all[5].populations, all[4].populations);
    assert_ne!(all[6].populations[2], all[4].populations[2]);
    let spikes = &all[4].populations[0].spikes;
    assert!(spikes.len() > 1 && spikes.windows(2).all(|two| two[0] < two[1]));
    assert!(
        spikes
            .iter()
            .all(|&Spike(step, neuron)| step < 30 && neuron < 42)
    );
    let dense = larva.record(&larva.model(), &larva.stimuli(9, 1));
    assert_eq!(all[4].probabilities.len(), dense.logits[0].len());
    let likeliest = decide(&all[4].probabilities);
    assert_eq!(all[4].decided, likeliest);
}

fn text() {
    let all = recorded(&[0, 9]);
    let text = serde_json::to_string(&all).expect("plain numbers");
    let read: Vec<Recording> = serde_json::from_str(&text).expect("the same");
    assert_eq!(read, all);
    assert_eq!(serde_json::to_string(&read).expect("the same text"), text);
    let each = text.len() / all.len();
    println!("{each} bytes per recording");
    assert!(each < 40_000, "{each} bytes per recording");
    assert!(text.starts_with("[{\"label\":") && text.contains("\"current_pA\":["));
}

/// Two segments and the gap between them: the input of every step, the spikes of every window.
fn courses() {
    let larva = larva();
    let model = larva.model();
    let templates = larva.stimuli(3, 1)[0].input.clone();
    let frames = [vec![0.1; 21], templates.clone()].concat();
    let schedule: Vec<u32> = [vec![1; 20], vec![0; 30], vec![1; 25]].concat();
    let course = Arc::new(TimeCourse::new(21, frames, schedule).expect("a course"));
    let stimuli: Vec<TimedStimulus> = (0..18)
        .map(|trial| TimedStimulus {
            course: course.clone(),
            odour_factors: noise().odour.odour_factors(21, 0.3, trial),
            trial,
        })
        .collect();
    let dense = record(&model, &stimuli, noise().circuit).expect("a recording");
    assert_eq!(dense.spikes.shape()[..2], [18, 75]);
    let windows = [0..20, 20..50, 50..75];
    let counted = simulate_windows(
        model.network,
        model.parameters,
        &stimuli,
        &windows,
        Noise::Generated(noise().circuit),
        model.interventions,
    );
    for (trial, stimulus) in stimuli.iter().enumerate() {
        for (step, value) in [
            (0, templates[4]),
            (19, templates[4]),
            (20, 0.1),
            (74, templates[4]),
        ] {
            let expected = (value * stimulus.odour_factors[4]).max(0.0);
            assert_eq!(dense.input.at(trial, step)[4], expected);
        }
        for (window, responses) in windows.iter().zip(&counted) {
            for (population, place) in model.network.populations().iter().zip(&dense.populations) {
                if place.model == NeuronModel::Graded {
                    continue;
                }
                let steps = window
                    .clone()
                    .flat_map(|step| &dense.spikes.at(trial, step)[place.cells.clone()]);
                let spikes: u32 = steps.map(|&spike| u32::from(spike)).sum();
                let counts: f32 = responses.counts_of(trial, population).iter().sum();
                assert_eq!(f64::from(spikes), f64::from(counts));
            }
        }
    }
    let mean = (20.0 + 25.0) / 75.0 * templates[4] + 30.0 / 75.0 * 0.1;
    let factor = stimuli[0].odour_factors[4].max(0.0);
    assert!((dense.receptors[0][4] - mean * factor).abs() < 1e-5);
}

fn bad_input() {
    let larva = larva();
    let model = larva.model();
    let circuit = noise().circuit;
    assert!(matches!(
        record::<Stimulus>(&model, &[], circuit),
        Err(AnalysisError::TooFew { .. })
    ));
    let short = [Stimulus {
        input: vec![0.0; 3],
        trial: 0,
    }];
    assert!(matches!(
        record(&model, &short, circuit),
        Err(AnalysisError::Shape { .. })
    ));
    let timed = |steps: usize| TimedStimulus {
        course: Arc::new(TimeCourse::constant(vec![0.1; 21], steps).expect("a course")),
        odour_factors: vec![1.0; 21],
        trial: 0,
    };
    assert!(matches!(
        record(&model, &[timed(30), timed(31)], circuit),
        Err(AnalysisError::Shape { .. })
    ));
    let unknown = Interventions {
        disabled_pathways: vec!["nowhere".to_owned()],
        ..Interventions::default()
    };
    let unknown = Model {
        interventions: &unknown,
        ..model
    };
    assert!(matches!(
        record(&unknown, &larva.stimuli(1, 1), circuit),
        Err(AnalysisError::Intervention(_))
    ));
    let (templates, names) = (&larva.templates, &larva.names);
    let nothing = recordings(&model, templates, names, &settings(&[99]));
    assert!(matches!(nothing, Err(AnalysisError::TooFew { .. })));
    let names = recordings(&model, templates, &names[1..], &settings(&[1]));
    assert!(matches!(names, Err(AnalysisError::Shape { .. })));
}
