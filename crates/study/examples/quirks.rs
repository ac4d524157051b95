//! Measures what some choices of the original amount to, on the canonical models of a finished study.
//!
//! ```text
//! cargo run --release -p kenyon-study --example quirks -- results/paper
//! ```
//!
//! The data are looked for as by every command (`KENYON_DATA` names another folder). Prints one line
//! per value: mean and population standard deviation over the models. The guide's chapter "What the
//! original does differently from what it says" quotes them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use kenyon_analysis::protocol::{
    MixtureSettings, ReevaluationSettings, concentration_test, reevaluate, sub_additivity,
};
use kenyon_analysis::{
    BlockNoise, Model, Patterns, Stations, Superposition, TrialBlock, accuracy, active_fraction,
    active_neurons, centroid_accuracy, combination, combinations, cosine, decide, mean_deviation,
    near_identical_pairs, noisy_block, noisy_stimuli, pattern_similarity,
};
use kenyon_circuit::{
    Circuit, GradientWorkspace, Interventions, Noise, NoiseStream, Parameters, Stimulus, Upstream,
    gradient, simulate, softplus,
};
use kenyon_connectome::{Compartment, CompartmentSet, DataSet, ReceptorMapping};
use kenyon_learning::{Checkpoint, Kind};
use kenyon_study::{CANONICAL, SampledMixtures, Subject, Summary, synthetic_odours};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Seed of all noise, as in the re-evaluation.
const SEED: u64 = 42;

/// A trained pair of the study.
struct Trained {
    seed: u64,
    student: Parameters,
    /// Teacher's stored feedback gain.
    teacher_gain: f64,
}

fn main() -> Outcome<()> {
    let folder = PathBuf::from(
        env::args()
            .nth(1)
            .ok_or("name the folder of a finished study, such as results/paper")?,
    );
    let subject = Subject::new(
        &DataSet::find(None)?,
        &Circuit::larva(),
        ReceptorMapping::ByPosition,
    )?;
    let models = load(&folder, &subject)?;
    println!("{} models of {}", models.len(), folder.display());
    panel(&subject, &models)?;
    receptors(&subject, &models)?;
    blank(&subject, &models)?;
    batches(&subject, &models)?;
    similarity(&subject, &models)?;
    graded(&subject, &models)?;
    boost(&subject, &models)?;
    ranges(&subject, &models)?;
    mixtures(&subject, &models)?;
    local_neurons(&subject, &models)?;
    weak_pathways(&subject, &models)?;
    gain(&models);
    Ok(())
}

/// The canonical models, each with the gain of its teacher.
fn load(folder: &Path, subject: &Subject) -> Outcome<Vec<Trained>> {
    let summary: Summary = serde_json::from_str(&fs::read_to_string(folder.join("summary.json"))?)?;
    let groups = subject.network.table().groups();
    let mut models = Vec::new();
    for run in summary
        .runs
        .iter()
        .filter(|run| run.experiment == CANONICAL)
    {
        let file = folder.join(&run.folder).join("model.safetensors");
        let student = Checkpoint::read(groups, &file, Kind::Model, Some(&run.run_id))?;
        let teacher = subject.teacher_identity(&student.header.run.settings)?;
        let (Some(teacher), Some(of_subject)) = (teacher, &subject.teacher) else {
            return Err("the circuit has no teacher".into());
        };
        let file = format!(
            "teachers/seed{}-{}/teacher.safetensors",
            run.seed,
            &teacher.run_id[..12]
        );
        let of_teacher = of_subject.network.groups();
        let teacher = Checkpoint::read(of_teacher, &folder.join(file), Kind::Teacher, None)?;
        let gain = of_teacher.iter().find(|group| group.name == "APL.gain");
        let gain = gain.ok_or("the teacher has no feedback gain")?.range.start;
        models.push(Trained {
            seed: run.seed,
            student: student.parameters,
            teacher_gain: teacher.parameters.values[gain],
        });
    }
    if models.is_empty() {
        return Err("the study has no canonical models".into());
    }
    Ok(models)
}

fn show(what: &str, values: &[f64]) {
    let over = mean_deviation(values);
    println!("  {what:62} {:9.3} ± {:.3}", over.mean, over.deviation);
}

/// A model without or with interventions, for the duration of a closure.
fn with<T>(
    subject: &Subject,
    trained: &Trained,
    interventions: &Interventions,
    body: impl FnOnce(&Model<'_>) -> Outcome<T>,
) -> Outcome<T> {
    body(&Model {
        network: &subject.network,
        parameters: &trained.student,
        roles: &subject.roles,
        interventions,
    })
}

/// Trials of all odours with every model on the same noise.
fn blocks(subject: &Subject, models: &[Trained], trials: usize) -> Outcome<Vec<TrialBlock>> {
    let noise = BlockNoise::new("decorrelation", SEED, SEED);
    let templates = subject.odours.templates();
    let block = |trained| {
        with(subject, trained, &Interventions::default(), |model| {
            Ok(noisy_block(model, templates, trials, &noise)?)
        })
    };
    models.iter().map(block).collect()
}

/// The odours themselves.
fn panel(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nodours");
    let templates = subject.odours.templates();
    println!(
        "  pairs of the panel with a cosine above 0.9: {}",
        near_identical_pairs(templates, 0.9)
    );
    let cosines = |rows: &[Vec<f64>]| -> Vec<f64> {
        let pairs = (0..rows.len()).flat_map(|i| (i + 1..rows.len()).map(move |j| (i, j)));
        pairs.map(|(i, j)| cosine(&rows[i], &rows[j])).collect()
    };
    let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    show(
        "mean cosine of two odours of the panel",
        &[mean_deviation(&cosines(templates)).mean],
    );
    let synthetic: Vec<Vec<f64>> = models
        .iter()
        .map(|model| cosines(&synthetic_odours(templates, model.seed)))
        .collect();
    let means: Vec<f64> = synthetic
        .iter()
        .map(|all| mean_deviation(all).mean)
        .collect();
    show("mean cosine of two synthetic odours of a seed", &means);
    let most: Vec<f64> = synthetic.iter().map(|all| largest(all)).collect();
    show("largest cosine of two synthetic odours of a seed", &most);
    let near: Vec<f64> = models
        .iter()
        .map(|model| near_identical_pairs(&synthetic_odours(templates, model.seed), 0.9) as f64)
        .collect();
    show("pairs of synthetic odours with a cosine above 0.9", &near);
    let odours = &templates[1..];
    for components in [2, 3] {
        let (mut clipped, mut all) = (0, 0);
        for rank in 0..combinations(odours.len(), components) {
            let mut sums = vec![0.0; odours[0].len()];
            for odour in combination(rank, odours.len(), components)? {
                for (sum, value) in sums.iter_mut().zip(&odours[odour]) {
                    *sum += value;
                }
            }
            clipped += sums.iter().filter(|&&sum| sum > 1.0).count();
            all += sums.len();
        }
        println!(
            "  channels of mixtures of {components} that are clipped at 1: {:.1} %",
            100.0 * clipped as f64 / all as f64
        );
    }
    Ok(())
}

/// Decorrelation against noisy receptor patterns, as published, and against clean templates.
fn receptors(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nreceptor patterns of decorrelation: noisy means or templates");
    let templates = subject.odours.templates();
    for trials in [10, 50] {
        let (mut noisy, mut clean) = ([vec![], vec![]], [vec![], vec![]]);
        for block in blocks(subject, models, trials)? {
            let stations = Stations::new(&block.receptors, &block.relay, &block.coding)?;
            let of_templates = Stations {
                receptors: templates.to_vec(),
                ..stations.clone()
            };
            for (stations, values) in [(stations, &mut noisy), (of_templates, &mut clean)] {
                let result = stations.per_pair()?;
                values[0].push(result.al_percent.ok_or("no pair counts")?);
                values[1].push(result.total_percent.ok_or("no pair counts")?);
            }
        }
        show(&format!("AL %, {trials} trials, noisy means"), &noisy[0]);
        show(&format!("AL %, {trials} trials, templates"), &clean[0]);
        show(&format!("total %, {trials} trials, noisy means"), &noisy[1]);
        show(&format!("total %, {trials} trials, templates"), &clean[1]);
    }
    Ok(())
}

/// The same trials with and without the row of the blank; the decoder keeps its 28 classes.
fn blank(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nthe blank as a class (same models, 50 trials)");
    let mut values: [[Vec<f64>; 2]; 4] = Default::default();
    for block in blocks(subject, models, 50)? {
        let rows = block.coding.rows();
        for (without, first) in [(0, 0), (1, 1)] {
            let logits = block.logits.rows_between(first, rows)?;
            let coding = block.coding.rows_between(first, rows)?;
            let stations = Stations::new(
                &block.receptors.rows_between(first, rows)?,
                &block.relay.rows_between(first, rows)?,
                &coding,
            )?;
            let result = stations.per_pair()?;
            values[0][without].push(100.0 * accuracy(&logits, first)?.fraction);
            values[1][without].push(100.0 * centroid_accuracy(&coding)?.fraction);
            values[2][without].push(result.al_percent.ok_or("no pair counts")?);
            values[3][without].push(result.mb_percent.ok_or("no pair counts")?);
        }
    }
    let names = ["accuracy %", "centroid accuracy %", "AL %", "MB %"];
    for (name, [all, odours]) in names.iter().zip(&values) {
        show(&format!("{name}, 28 rows"), all);
        show(&format!("{name}, 27 rows"), odours);
    }
    Ok(())
}

/// The mean of batches against the mean of trials.
fn batches(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nactive fraction: batches of 16 averaged without weights, or trials");
    for trials in [5, 50] {
        let (mut batches, mut plain) = (vec![], vec![]);
        for block in blocks(subject, models, trials)? {
            let counts = &block.coding;
            let active: usize = counts.all_trials().map(active_neurons).sum();
            batches.push(100.0 * active_fraction(counts));
            let cells = counts.rows() * counts.trials() * counts.units();
            plain.push(100.0 * active as f64 / cells as f64);
        }
        show(&format!("KC active %, {trials} repeats, batches"), &batches);
        show(&format!("KC active %, {trials} repeats, trials"), &plain);
    }
    Ok(())
}

/// KC patterns of different models on noise of their own, as published, and on the same noise.
fn similarity(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nsimilarity of KC patterns across models, 10 trials");
    let templates = subject.odours.templates();
    let none = Interventions::default();
    for (name, own) in [("noise of its own", true), ("the same noise", false)] {
        let noise = BlockNoise::new("similarity", 54321, 54321);
        let mut all: Vec<Patterns> = Vec::new();
        for (index, trained) in models.iter().enumerate() {
            let skipped = if own { index } else { 0 };
            let noise = noise.after(skipped, templates.len() * 10)?;
            all.push(with(subject, trained, &none, |model| {
                Ok(noisy_block(model, templates, 10, &noise)?.coding)
            })?);
        }
        let all: Vec<&Patterns> = all.iter().collect();
        show(
            &format!("each model sees {name}"),
            &[pattern_similarity(&all)?.mean],
        );
    }
    Ok(())
}

/// The same trials with graded and with hard spikes.
fn graded(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\ngraded spikes (training) and hard ones (evaluation), same trials");
    let network = &subject.network;
    let none = Interventions::default();
    let noise = BlockNoise::new("accuracy", SEED, SEED);
    let trials = 10;
    let cv = network.odour_cv();
    let stimuli = noisy_stimuli(subject.odours.templates(), trials, cv, &noise)?;
    let mut values: [[Vec<f64>; 2]; 4] = Default::default();
    for trained in models {
        let mut workspace: GradientWorkspace = GradientWorkspace::new(network);
        let mut of_mode = [Vec::new(), Vec::new()];
        let mut hits = [0, 0];
        for (batch, chunk) in stimuli.chunks(16).enumerate() {
            let circuit = Noise::Generated(noise.circuit);
            let label = |trial: usize| (16 * batch + trial) / trials;
            let hard = simulate(network, &trained.student, chunk, circuit, &none);
            for trial in 0..hard.trials {
                hits[1] += usize::from(decide(hard.logits_of(trial)) == label(trial));
            }
            of_mode[1].extend(hard.counts.iter().map(|&count| f64::from(count)));
            let mut seen = |graded: &kenyon_circuit::Responses<f64>| {
                for trial in 0..graded.trials {
                    hits[0] += usize::from(decide(graded.logits_of(trial)) == label(trial));
                }
                of_mode[0].extend_from_slice(&graded.counts);
                Upstream {
                    logits: vec![0.0; graded.logits.len()],
                    counts: vec![0.0; graded.counts.len()],
                }
            };
            gradient(
                &mut workspace,
                network,
                &trained.student,
                chunk,
                circuit,
                &none,
                &mut seen,
            );
        }
        let per_trial = stimuli.len() as f64;
        for mode in 0..2 {
            values[0][mode].push(100.0 * hits[mode] as f64 / per_trial);
            for (place, name) in ["ORN", "PN", "KC"].iter().enumerate() {
                let range = network
                    .population(name)
                    .ok_or("no such population")?
                    .range
                    .clone();
                let trials = of_mode[mode].chunks(network.neurons());
                let spikes: f64 = trials.flat_map(|trial| &trial[range.clone()]).sum();
                values[place + 1][mode].push(spikes / per_trial);
            }
        }
    }
    let names = [
        "accuracy %",
        "ORN spikes per trial",
        "PN spikes per trial",
        "KC spikes per trial",
    ];
    for (name, [graded, hard]) in names.iter().zip(&values) {
        show(&format!("{name}, graded"), graded);
        show(&format!("{name}, hard"), hard);
    }
    Ok(())
}

/// The APL suppression test with other boosts, and with the APL cut off.
fn boost(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nAPL suppression test (50 trials without odour, 0.1 nA into every KC): KC spikes");
    let network = &subject.network;
    let circuit = NoiseStream::new(SEED, "suppression/circuit");
    let kc = network.population("KC").ok_or("no Kenyon cells")?;
    let groups = network.table().groups();
    let tau = groups
        .iter()
        .find(|group| group.name == "APL.time_constant");
    let tau = tau.ok_or("no time constant of the APL")?.range.start;
    let arm = |trained: &Trained, boost: f64, cut: bool, silent: bool| -> f64 {
        let stimuli: Vec<Stimulus> = (0..50)
            .map(|trial| Stimulus {
                input: vec![0.0; network.channels()],
                trial,
            })
            .collect();
        let interventions = Interventions {
            currents: vec![("KC".to_owned(), None, 1e-10)],
            boosts: vec![("APL".to_owned(), boost)],
            disabled_pathways: if cut {
                vec!["apl_to_kc".to_owned()]
            } else {
                vec![]
            },
            silenced: if silent {
                vec![("ORN".to_owned(), None)]
            } else {
                vec![]
            },
            ..Interventions::default()
        };
        let noise = Noise::Generated(circuit);
        let responses = simulate(network, &trained.student, &stimuli, noise, &interventions);
        let spikes = |trial| responses.counts_of(trial, kc).iter().sum::<f32>();
        (0..responses.trials)
            .map(|trial| f64::from(spikes(trial)))
            .sum::<f64>()
            / 50.0
    };
    let settling = |trained: &Trained| {
        let tau = trained.student.values[tau].exp();
        0.7 * (1.0 - (-1e-3 / tau).exp())
    };
    let all = |arm: &dyn Fn(&Trained) -> f64| models.iter().map(arm).collect::<Vec<f64>>();
    let normal = all(&|trained| arm(trained, 0.0, false, false));
    let boosted = all(&|trained| arm(trained, 0.7, false, false));
    let settled = all(&|trained| arm(trained, settling(trained), false, false));
    let cut = all(&|trained| arm(trained, 0.0, true, false));
    let ratio = |above: &[f64], below: &[f64]| -> Vec<f64> {
        above
            .iter()
            .zip(below)
            .map(|(above, below)| above / below)
            .collect()
    };
    show("normal", &normal);
    show("0.7 added in every step (published)", &boosted);
    show("as much as settles at 0.7", &settled);
    show("APL cut off", &cut);
    show(
        "normal / boosted (published ratio)",
        &ratio(&normal, &boosted),
    );
    show("normal / settled at 0.7", &ratio(&normal, &settled));
    show("cut off / normal", &ratio(&cut, &normal));
    Ok(())
}

/// Ranges of the concentration test by number of trials and seed of the noise.
fn ranges(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nranges of the concentration test");
    let none = Interventions::default();
    let templates = subject.odours.templates();
    for (name, trials, own_seed) in [
        ("10 trials, seed of the model", 10, true),
        ("15 trials, seed of the model", 15, true),
        ("50 trials, seed 42", 50, false),
    ] {
        let (mut pn, mut kc) = (vec![], vec![]);
        for trained in models {
            let seed = if own_seed { trained.seed } else { SEED };
            let result = with(subject, trained, &none, |model| {
                Ok(concentration_test(model, templates, trials, seed)?)
            })?;
            pn.push(result.pn_range);
            kc.push(result.kc_range);
        }
        show(&format!("PN range, {name}"), &pn);
        show(&format!("KC range, {name}"), &kc);
    }
    Ok(())
}

/// Sub-additivity with the mixtures and predictions of the original and sound ones.
fn mixtures(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nsub-additive responses to pairs, %");
    let none = Interventions::default();
    let cut = Interventions {
        disabled_pathways: vec!["apl_to_kc".to_owned()],
        ..Interventions::default()
    };
    for (mixture, superposition) in [
        ("mixture = clipped sum", Superposition::Sum),
        (
            "mixture above one spontaneous rate",
            Superposition::AboveSpontaneous,
        ),
    ] {
        for (apl, interventions) in [("with APL", &none), ("APL cut off", &cut)] {
            let (mut sum, mut above) = (vec![], vec![]);
            for trained in models {
                let triplets = SampledMixtures::of_seed(trained.seed).sub_additivity_triplets;
                let settings = MixtureSettings {
                    superposition,
                    ..MixtureSettings::canonical(trained.seed, triplets)
                };
                let result = with(subject, trained, interventions, |model| {
                    Ok(sub_additivity(
                        model,
                        subject.odours.templates(),
                        &settings,
                    )?)
                })?;
                sum.push(100.0 * result.pairs.fraction.ok_or("no response")?);
                let fraction = result.pairs_above_spontaneous.fraction;
                above.push(100.0 * fraction.ok_or("no response")?);
            }
            show(&format!("{mixture}, prediction = sum, {apl}"), &sum);
            show(&format!("{mixture}, spontaneous once, {apl}"), &above);
        }
    }
    Ok(())
}

/// Local neurons without synapses of the antennal lobe.
fn local_neurons(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nlocal neurons (axon to dendrite), silenced");
    let data = DataSet::find(None)?;
    let ad = CompartmentSet::of(&[Compartment::AxonDendrite]);
    let targets: Vec<u32> = data
        .connectome
        .edges("ORN", "LN", ad)
        .iter()
        .map(|edge| edge.target)
        .collect();
    let sources: Vec<u32> = data
        .connectome
        .edges("LN", "PN", ad)
        .iter()
        .map(|edge| edge.source)
        .collect();
    let count = data.connectome.population("LN").ok_or("no LNs")?.len() as u32;
    let lacking =
        |with: &[u32]| -> Vec<u32> { (0..count).filter(|ln| !with.contains(ln)).collect() };
    let (no_input, no_output) = (lacking(&targets), lacking(&sources));
    for (name, silenced) in [
        ("none", vec![]),
        ("without input from ORNs", no_input),
        ("without output to PNs", no_output),
        ("all", (0..count).collect()),
    ] {
        let interventions = Interventions {
            silenced: silenced
                .iter()
                .map(|&ln| ("LN".to_owned(), Some(ln as usize)))
                .collect(),
            ..Interventions::default()
        };
        let settings = ReevaluationSettings {
            suppression_trials: None,
            ..ReevaluationSettings::default()
        };
        let (mut hits, mut al, mut mb) = (vec![], vec![], vec![]);
        for trained in models {
            let result = with(subject, trained, &interventions, |model| {
                Ok(reevaluate(model, subject.odours.templates(), &settings)?)
            })?;
            hits.push(100.0 * result.accuracy.fraction);
            al.push(result.decorrelation.al_percent.ok_or("no pair counts")?);
            mb.push(result.decorrelation.mb_percent.ok_or("no pair counts")?);
        }
        let name = format!("{} LNs: {name}", silenced.len());
        show(&format!("{name}: accuracy %"), &hits);
        show(&format!("{name}: AL %"), &al);
        show(&format!("{name}: MB %"), &mb);
    }
    Ok(())
}

/// The ten pathways whose strengths start at 1e-13 A.
const WEAK: [&str; 10] = [
    "ln_to_ln",
    "pn_to_ln",
    "ln_to_orn_nonad",
    "orn_to_ln_nonad",
    "ln_to_pn_inhibitory_nonad",
    "ln_to_pn_excitatory_nonad",
    "ln_to_ln_nonad",
    "pn_to_ln_nonad",
    "pn_to_kc_nonad",
    "kc_to_kc_axon_dendrite",
];

/// What those pathways do in trained models: cut afterwards, and with thresholds that only they can
/// have moved put back to their start.
fn weak_pathways(subject: &Subject, models: &[Trained]) -> Outcome<()> {
    println!("\nthe ten pathways at the floor, and cells whose thresholds only they can move");
    let data = DataSet::find(None)?;
    let lns = without_output(&data, "LN", "PN");
    let pns = without_output(&data, "PN", "KC");
    let none = Interventions::default();
    let cut = Interventions {
        disabled_pathways: WEAK.iter().map(|&name| name.to_owned()).collect(),
        ..Interventions::default()
    };
    for (population, cells) in [("LN", &lns), ("PN", &pns)] {
        let (mut moved, mut bound) = (vec![], vec![]);
        for trained in models {
            let learned = thresholds(subject, &trained.student, population, cells)?;
            let count = |yes: &dyn Fn(f64, f64) -> bool| {
                learned
                    .iter()
                    .filter(|(now, start)| yes(*now, *start))
                    .count() as f64
            };
            moved.push(count(&|now, start| (now - start).abs() > 1e-5));
            bound.push(count(&|now, _| now <= -0.0545));
        }
        let what = format!("{} {population}s without output", cells.len());
        show(&format!("{what}: moved by more than 0.01 mV"), &moved);
        show(&format!("{what}: at the lower bound"), &bound);
    }
    let (no_lns, no_pns) = (("LN", &[][..]), ("PN", &[][..]));
    for (name, interventions, reset) in [
        ("as trained", &none, [no_lns, no_pns]),
        ("pathways cut", &cut, [no_lns, no_pns]),
        (
            "thresholds of 82 LNs back",
            &none,
            [("LN", &lns[..]), no_pns],
        ),
        (
            "thresholds of 16 PNs back",
            &none,
            [no_lns, ("PN", &pns[..])],
        ),
        ("all of it", &cut, [("LN", &lns[..]), ("PN", &pns[..])]),
    ] {
        let mut values: [Vec<f64>; 6] = Default::default();
        for trained in models {
            let (parameters, change) = reset_thresholds(subject, trained, &reset)?;
            let model = Model {
                network: &subject.network,
                parameters: &parameters,
                roles: &subject.roles,
                interventions,
            };
            let noise = BlockNoise::new("decorrelation", SEED, SEED);
            let block = noisy_block(&model, subject.odours.templates(), 50, &noise)?;
            let stations = Stations::new(&block.receptors, &block.relay, &block.coding)?;
            let some = Stations {
                relay: stations
                    .relay
                    .iter()
                    .map(|row| without(row, &pns))
                    .collect(),
                ..stations.clone()
            };
            values[0].push(100.0 * accuracy(&block.logits, 0)?.fraction);
            for (place, stations) in [(1, stations), (3, some)] {
                let result = stations.per_pair()?;
                values[place].push(result.al_percent.ok_or("no pair counts")?);
                values[place + 1].push(result.mb_percent.ok_or("no pair counts")?);
            }
            values[5].push(change);
        }
        let [hits, al, mb, al_some, mb_some, change] = &values;
        if change.iter().any(|&change| change > 0.0) {
            show(&format!("{name}: mean change undone, mV"), change);
        }
        show(&format!("{name}: accuracy %"), hits);
        show(&format!("{name}: AL %, all 72 PNs"), al);
        show(&format!("{name}: MB %, all 72 PNs"), mb);
        show(
            &format!("{name}: AL %, the 56 PNs with output to KCs"),
            al_some,
        );
        show(
            &format!("{name}: MB %, the 56 PNs with output to KCs"),
            mb_some,
        );
    }
    Ok(())
}

/// Cells of a population that make no contact (axon to dendrite) on another.
fn without_output(data: &DataSet, from: &str, to: &str) -> Vec<usize> {
    let ad = CompartmentSet::of(&[Compartment::AxonDendrite]);
    let edges = data.connectome.edges(from, to, ad);
    let cells = data.connectome.population(from).unwrap_or_default().len();
    let silent = |cell: &usize| !edges.iter().any(|edge| edge.source as usize == *cell);
    (0..cells).filter(silent).collect()
}

/// A row without some of its places.
fn without(row: &[f64], places: &[usize]) -> Vec<f64> {
    let kept = row
        .iter()
        .enumerate()
        .filter(|(place, _)| !places.contains(place));
    kept.map(|(_, &value)| value).collect()
}

/// Thresholds of some cells of a population, now and at the start of training, volt.
fn thresholds(
    subject: &Subject,
    parameters: &Parameters,
    population: &str,
    cells: &[usize],
) -> Outcome<Vec<(f64, f64)>> {
    let name = format!("{population}.threshold");
    let groups = subject.network.table().groups();
    let group = groups.iter().find(|group| group.name == name);
    let group = group.ok_or("no such thresholds")?;
    let value = |cell: &usize| (parameters.values[group.range.start + cell], group.start);
    Ok(cells.iter().map(value).collect())
}

/// Parameters with the thresholds of some cells back at their start, and their mean change in
/// training, millivolt.
fn reset_thresholds(
    subject: &Subject,
    trained: &Trained,
    cells: &[(&str, &[usize])],
) -> Outcome<(Parameters, f64)> {
    let mut parameters = trained.student.clone();
    let mut change = Vec::new();
    for (population, cells) in cells {
        let name = format!("{population}.threshold");
        let groups = subject.network.table().groups();
        let group = groups.iter().find(|group| group.name == name);
        let group = group.ok_or("no such thresholds")?;
        for &cell in *cells {
            let threshold = &mut parameters.values[group.range.start + cell];
            change.push(1e3 * (*threshold - group.start).abs());
            *threshold = group.start;
        }
    }
    let mean = if change.is_empty() {
        0.0
    } else {
        mean_deviation(&change).mean
    };
    Ok((parameters, mean))
}

/// The factor 4 before and after softplus.
fn gain(models: &[Trained]) {
    println!("\nAPL gain handed to the student");
    let of = |law: &dyn Fn(f64) -> f64| -> Vec<f64> {
        models.iter().map(|model| law(model.teacher_gain)).collect()
    };
    show("teacher, stored", &of(&|gain| gain));
    show("teacher, realised", &of(&softplus));
    show(
        "student: softplus(4 x stored) (published)",
        &of(&|gain| softplus(4.0 * gain)),
    );
    show("4 x realised", &of(&|gain| 4.0 * softplus(gain)));
}
