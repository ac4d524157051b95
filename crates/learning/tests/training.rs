//! Whole trainings: parity of the first steps, refusal of what does not fit, and the promise that a
//! run killed at any moment and resumed ends in the same bytes.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;
mod names;

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Golden, deviation};
use kenyon_circuit::{Circuit, Interventions, Network, Noise, NoiseStream, Parameters, Stimulus};
use kenyon_connectome::{DataSet, ReceptorMapping, sample};
use kenyon_learning::{
    Adam, AdamSettings, Callbacks, Checkpoint, EnergyTerm, Existing, FitState, Kind, Loss,
    Objective, Odours, Outcome, Phase, RateTeacher, RunError, RunIdentity, RunInputs, RunOptions,
    Samples, Start, StepSize, StudentObjective, TeacherRoles, TrainedStudent, TrainingSettings,
    TransferError, TransferRule, digest, fit_teacher, start_state, student_run, train, transfer,
};
use kenyon_testing::Suite;
use serde_json::json;

/// Set for the child process that the kill test starts: the folder to train in.
const CHILD_FOLDER: &str = "KENYON_TEST_TRAINING_FOLDER";

struct Setup {
    network: Network,
    teacher: RateTeacher,
    rule: TransferRule,
    odours: Odours,
}

impl Setup {
    /// The larva drawn from summary statistics: needs no data.
    fn sampled() -> Self {
        Self::new(&sample::sample(1, 1).unwrap())
    }

    fn new(data: &DataSet) -> Self {
        let circuit = Circuit::larva();
        let network = Network::compile(&circuit, &data.connectome).unwrap();
        let table = circuit.teacher.as_ref().unwrap();
        let (channels, classes) = (network.channels(), network.classes());
        let roles = TeacherRoles::new(table).unwrap();
        let teacher = RateTeacher::new(&data.connectome, &roles, channels, classes).unwrap();
        let templates = data.panel.templates(ReceptorMapping::ByPosition).unwrap();
        let odours = Odours::new(templates, network.odour_cv(), channels, classes).unwrap();
        Self {
            network,
            teacher,
            rule: TransferRule::new(table),
            odours,
        }
    }

    fn inputs<'a>(&'a self, identity: &'a RunIdentity) -> RunInputs<'a> {
        RunInputs {
            identity,
            network: &self.network,
            start: Start::Teacher {
                teacher: &self.teacher,
                rule: &self.rule,
                trained: None,
            },
            stimuli: &self.odours,
        }
    }
}

const EPOCHS: usize = 4;

/// Few epochs of one trial per odour; the last batch has 12 trials.
fn identity() -> RunIdentity {
    let settings = TrainingSettings {
        seed: 7,
        teacher_epochs: 3,
        student_epochs: EPOCHS,
        repeats: 1,
        test_repeats: 1,
        monitor_every: 2,
        ..TrainingSettings::default()
    };
    RunIdentity {
        run_id: "00c0ffee".to_owned(),
        circuit_sha256: Circuit::larva().hash(),
        data_sha256: "drawn".to_owned(),
        settings,
        task: None,
        start: None,
    }
}

/// Trains with a monitor that depends on the parameters; `progress` may stop or kill.
fn train_with(
    setup: &Setup,
    folder: &Path,
    identity: &RunIdentity,
    options: RunOptions,
    progress: &mut dyn FnMut(Phase, usize) -> ControlFlow<()>,
) -> Result<Outcome, RunError> {
    let groups = setup.network.table().groups();
    let mut callbacks = Callbacks {
        progress: &mut |news| progress(news.phase, news.record.epoch),
        monitor: &mut |monitor| json!({"digest": digest(groups, monitor.parameters), "sum": monitor.parameters.values.iter().sum::<f64>()}),
    };
    train(folder, &setup.inputs(identity), options, &mut callbacks)
}

fn on(_: Phase, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn resume(checkpoint_every: usize) -> RunOptions {
    RunOptions {
        existing: Existing::Resume,
        checkpoint_every,
    }
}

fn complete(outcome: Outcome) -> TrainedStudent {
    match outcome {
        Outcome::Complete(student) => *student,
        stopped @ Outcome::Stopped { .. } => panic!("{stopped:?}"),
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        (
            path.file_name().unwrap().to_str().unwrap().to_owned(),
            fs::read(&path).unwrap(),
        )
    };
    fs::read_dir(folder).unwrap().map(entry).collect()
}

fn same_files(folder: &Path, expected: &BTreeMap<String, Vec<u8>>) {
    let found = files(folder);
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

/// The files of an uninterrupted run.
fn reference(setup: &Setup) -> (TrainedStudent, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let outcome = train_with(
        setup,
        folder.path(),
        &identity(),
        RunOptions::default(),
        &mut on,
    )
    .unwrap();
    (complete(outcome), files(folder.path()))
}

fn a_run_leaves_three_files() {
    let setup = Setup::sampled();
    let folder = tempfile::tempdir().unwrap();
    // Folders are made as needed.
    let path = folder.path().join("results/run");
    let mut seen = Vec::new();
    let outcome = train_with(
        &setup,
        &path,
        &identity(),
        RunOptions::default(),
        &mut |phase, epoch| {
            seen.push((phase, epoch));
            ControlFlow::Continue(())
        },
    );
    let student = complete(outcome.unwrap());
    let phase = |phase, epochs| (1..=epochs).map(move |epoch| (phase, epoch));
    assert_eq!(
        seen,
        phase(Phase::Teacher, 3)
            .chain(phase(Phase::Student, 4))
            .collect::<Vec<_>>()
    );
    assert_eq!(
        files(&path).keys().collect::<Vec<_>>(),
        ["model.safetensors", "run.json", "teacher.safetensors"]
    );
    let groups = setup.network.table().groups();
    let model =
        Checkpoint::read(groups, &path.join("model.safetensors"), Kind::Model, None).unwrap();
    assert_eq!(model.parameters, student.parameters);
    assert_eq!(model.header.history, student.history);
    assert_eq!(digest(groups, &model.parameters), student.digest);
    let monitors: Vec<usize> = student.history.monitors.iter().map(|m| m.epoch).collect();
    assert_eq!(monitors, [2, 4]);
    assert_eq!(
        student.history.monitors[1].figures["digest"],
        json!(student.digest)
    );
    assert_ne!(
        student.parameters,
        setup.network.table().start(),
        "something was learned"
    );

    // A complete run is read, not repeated.
    let again = train_with(&setup, &path, &identity(), resume(1), &mut |_, _| {
        panic!("trained again")
    });
    assert_eq!(complete(again.unwrap()), student);
}

/// Stops in a callback as a kill would: no clean-up of ours runs. After each epoch once, with
/// checkpoints every epoch and every third one; leftovers of a write are planted each time.
fn killed_after_every_epoch_and_resumed() {
    let setup = Setup::sampled();
    let (student, expected) = reference(&setup);
    for every in [1, 3] {
        let folder = tempfile::tempdir().unwrap();
        let deaths = (1..=3)
            .map(|epoch| (Phase::Teacher, epoch))
            .chain((1..=EPOCHS).map(|epoch| (Phase::Student, epoch)));
        for death in deaths {
            let killed = catch_unwind(AssertUnwindSafe(|| {
                train_with(
                    &setup,
                    folder.path(),
                    &identity(),
                    resume(every),
                    &mut |phase, epoch| {
                        if (phase, epoch) == death {
                            // Unlike panic!, this prints nothing.
                            resume_unwind(Box::new("killed"));
                        }
                        ControlFlow::Continue(())
                    },
                )
            }));
            assert!(killed.is_err(), "{death:?} was not reached");
            fs::write(folder.path().join(".kenyon-half.tmp"), "half a file").unwrap();
        }
        let outcome = train_with(&setup, folder.path(), &identity(), resume(every), &mut on);
        assert_eq!(complete(outcome.unwrap()), student);
        same_files(folder.path(), &expected);
    }
}

/// A run that is asked to stop saves its state, whatever the distance between checkpoints.
fn stopped_after_every_epoch_and_resumed() {
    let setup = Setup::sampled();
    let (_, expected) = reference(&setup);
    let folder = tempfile::tempdir().unwrap();
    let run = |stop: &mut dyn FnMut(Phase, usize) -> ControlFlow<()>| {
        train_with(&setup, folder.path(), &identity(), resume(1000), stop).unwrap()
    };
    assert_eq!(
        run(&mut |_, _| ControlFlow::Break(())),
        Outcome::Stopped { epoch: 0 }
    );
    for epoch in 1..EPOCHS {
        let outcome = run(&mut |phase, _| match phase {
            Phase::Teacher => ControlFlow::Continue(()),
            Phase::Student => ControlFlow::Break(()),
        });
        assert_eq!(outcome, Outcome::Stopped { epoch });
    }
    complete(run(&mut on));
    same_files(folder.path(), &expected);
}

/// Killed for real, by a signal, at moments that fall anywhere.
fn killed_by_a_signal_and_resumed() {
    let (_, expected) = reference(&Setup::sampled());
    let folder = tempfile::tempdir().unwrap();
    let mut patience = Duration::from_millis(5);
    let mut kills = 0;
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD_FOLDER, folder.path())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                break true;
            }
            if start.elapsed() > patience {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                break false;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        if ended {
            break;
        }
        patience = patience.mul_f64(1.3);
    }
    println!("killed {kills} times");
    same_files(folder.path(), &expected);
}

/// A file cannot grow beyond a limit: as on a full disk, the error is reported, what is there is
/// complete, and with room again the run can be resumed.
#[cfg(unix)]
fn out_of_room_and_resumed() {
    let (_, expected) = reference(&Setup::sampled());
    let folder = tempfile::tempdir().unwrap();
    // Room for run.json but not for the teacher. Ignoring the signal turns it into an error.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 10; exec \"$0\""])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD_FOLDER, folder.path())
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        message.contains("cannot write") && message.contains("teacher.safetensors"),
        "{message}"
    );
    assert_eq!(
        files(folder.path()).keys().collect::<Vec<_>>(),
        ["run.json"]
    );
    let setup = Setup::sampled();
    complete(train_with(&setup, folder.path(), &identity(), resume(1), &mut on).unwrap());
    same_files(folder.path(), &expected);
}

fn existing_runs_are_protected() {
    let setup = Setup::sampled();
    let folder = tempfile::tempdir().unwrap();
    let stop = &mut |_, _| ControlFlow::Break(());
    let fresh = RunOptions::default();
    train_with(&setup, folder.path(), &identity(), fresh, stop).unwrap();
    let before = files(folder.path());
    let refused = |identity: &RunIdentity, options| {
        let error = train_with(&setup, folder.path(), identity, options, &mut on).unwrap_err();
        same_files(folder.path(), &before);
        error
    };

    assert!(matches!(
        refused(&identity(), fresh),
        RunError::ExistingRun { .. }
    ));

    let mut other = identity();
    other.run_id = "another".to_owned();
    other.settings.loss.sparsity.as_mut().unwrap().weight = 14.0;
    let error = refused(&other, resume(1));
    assert!(
        error
            .to_string()
            .contains("settings.loss.sparsity.weight = 15.0, but 14.0"),
        "{error}"
    );
    let mut other = identity();
    other.circuit_sha256 = "changed".to_owned();
    let error = refused(&other, resume(1));
    assert!(matches!(error, RunError::DifferentRun { setting, .. } if setting == "circuit_sha256"));

    fs::write(folder.path().join("run.json"), "{").unwrap();
    let damaged = train_with(&setup, folder.path(), &identity(), resume(1), &mut on);
    assert!(matches!(damaged, Err(RunError::BadRunFile { .. })));
    fs::remove_file(folder.path().join("run.json")).unwrap();
    fs::write(folder.path().join("model.safetensors"), "").unwrap();
    let unknown = train_with(&setup, folder.path(), &identity(), resume(1), &mut on);
    assert!(matches!(
        unknown,
        Err(RunError::NotARun {
            found: "model.safetensors",
            ..
        })
    ));
}

fn damaged_and_foreign_files_are_not_used() {
    let setup = Setup::sampled();
    let folder = tempfile::tempdir().unwrap();
    let mut stop_in_student = |phase, _| match phase {
        Phase::Teacher => ControlFlow::Continue(()),
        Phase::Student => ControlFlow::Break(()),
    };
    train_with(
        &setup,
        folder.path(),
        &identity(),
        resume(1),
        &mut stop_in_student,
    )
    .unwrap();
    for name in ["checkpoint.safetensors", "teacher.safetensors"] {
        let file = folder.path().join(name);
        let good = fs::read(&file).unwrap();
        let mut damaged = good.clone();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&file, damaged).unwrap();
        let error = train_with(&setup, folder.path(), &identity(), resume(1), &mut on).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        // What the message advises works: delete and resume.
        fs::remove_file(&file).unwrap();
        train_with(
            &setup,
            folder.path(),
            &identity(),
            resume(1),
            &mut stop_in_student,
        )
        .unwrap();
    }
    let (_, expected) = reference(&setup);
    complete(train_with(&setup, folder.path(), &identity(), resume(1), &mut on).unwrap());
    same_files(folder.path(), &expected);
}

#[cfg(unix)]
fn one_process_at_a_time() {
    let setup = Setup::sampled();
    let folder = tempfile::tempdir().unwrap();
    let mut refused = 0;
    train_with(
        &setup,
        folder.path(),
        &identity(),
        resume(1),
        &mut |_, _| {
            let second = train_with(&setup, folder.path(), &identity(), resume(1), &mut on);
            assert!(matches!(second, Err(RunError::Locked { .. })));
            refused += 1;
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert_eq!(refused, 7);
}

fn what_does_not_fit_is_refused_before_anything_is_written() {
    let setup = Setup::sampled();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let refused = |setup: &Setup, change: &dyn Fn(&mut TrainingSettings)| {
        let mut identity = identity();
        change(&mut identity.settings);
        let result = train_with(setup, &path, &identity, RunOptions::default(), &mut on);
        assert!(!path.exists());
        result.unwrap_err()
    };
    let error = refused(&setup, &|settings| settings.batch = 0);
    assert!(matches!(error, RunError::Settings(_)));
    let error = refused(&setup, &|settings| {
        let populations = vec!["KC".to_owned(), "MBON".to_owned()];
        settings.loss.energy = Some(EnergyTerm {
            weight: 1.0,
            populations,
        });
    });
    assert!(error.to_string().contains("\"MBON\""), "{error}");

    let data = sample::sample(1, 1).unwrap();
    let roles = common::roles();
    let mut other = Setup::sampled();
    other.teacher = RateTeacher::new(&data.connectome, &roles, 21, 27).unwrap();
    let error = refused(&other, &|_| ());
    assert!(
        matches!(
            error,
            RunError::Sizes {
                what: "classes of the teacher",
                ..
            }
        ),
        "{error}"
    );

    fs::write(&path, "a file").unwrap();
    let result = train_with(&setup, &path, &identity(), RunOptions::default(), &mut on);
    assert!(
        matches!(result, Err(RunError::System { .. })),
        "a folder cannot be made there"
    );
}

fn the_student_starts_with_the_teachers_share() {
    let setup = Setup::sampled();
    let mut trained = setup.teacher.start(&NoiseStream::new(3, "test"));
    let place = |name: &str| {
        setup
            .teacher
            .groups()
            .iter()
            .find(|group| group.name == name)
            .unwrap()
            .range
            .clone()
    };
    trained.values[place("input.gain")].copy_from_slice(&[0.25; 21]);
    trained.values[place("APL.gain")][0] = -0.5;
    let table = setup.network.table();
    let start = transfer(&setup.teacher, &trained, table, &setup.rule).unwrap();
    assert_eq!(start.stored(table, "input.gain"), [0.25; 21]);
    assert_eq!(start.stored(table, "apl_to_kc.gain"), [-2.0]);
    assert_eq!(
        start.stored(table, "decoder.weight"),
        &trained.values[place("decoder.weight")]
    );
    assert_eq!(
        start.stored(table, "decoder.bias"),
        &trained.values[place("decoder.bias")]
    );
    let untouched = table.start();
    for group in table.groups() {
        if ![
            "input.gain",
            "apl_to_kc.gain",
            "decoder.weight",
            "decoder.bias",
        ]
        .contains(&group.name.as_str())
        {
            assert_eq!(
                start.values[group.range.clone()],
                untouched.values[group.range.clone()]
            );
        }
    }
    let bound = 1.0 / 12.0;
    let weights = start.stored(table, "decoder.weight");
    assert!(weights.iter().all(|weight| weight.abs() <= bound + 1e-7));
    assert!(weights.iter().any(|&weight| weight > 0.95 * bound));
    assert!(weights.iter().any(|&weight| weight < -0.95 * bound));

    let elsewhere = TransferRule {
        feedback_gain_pathway: "apl_to_pn".to_owned(),
        ..setup.rule
    };
    let error = transfer(&setup.teacher, &trained, table, &elsewhere).unwrap_err();
    assert!(matches!(error, TransferError::NoSuchGroup { group, .. } if group == "apl_to_pn.gain"));
    let short = Parameters {
        values: vec![0.0; 3],
    };
    let error = transfer(&setup.teacher, &short, table, &elsewhere).unwrap_err();
    assert!(matches!(
        error,
        TransferError::ParameterCount { actual: 3, .. }
    ));
    let elsewhere = TransferRule {
        feedback_gain_pathway: "KC.threshold".to_owned(),
        ..elsewhere
    };
    assert!(transfer(&setup.teacher, &trained, table, &elsewhere).is_err());
}

/// How far an epoch is done in one go does not matter, nor does it where a batch ends.
fn steps_and_epochs_are_the_same() {
    let setup = Setup::sampled();
    let identity = identity();
    let start = || start_state(setup.network.table().start(), &identity.settings);
    let mut by_epoch = student_run(&setup.network, &setup.odours, &identity.settings, start());
    by_epoch.epoch().unwrap();
    let mut by_step = student_run(&setup.network, &setup.odours, &identity.settings, start());
    let first = by_step.step().unwrap();
    assert_eq!(by_step.state().epoch(), 0);
    let second = by_step.step().unwrap();
    assert_eq!(by_step.state(), by_epoch.state());
    let record = &by_epoch.state().history.epochs[0];
    assert_eq!(record.trials, 28);
    assert_eq!(record.loss.correct, first.correct + second.correct);
    let mean = (16.0 * first.cross_entropy + 12.0 * second.cross_entropy) / 28.0;
    assert!((record.loss.cross_entropy - mean).abs() < 1e-14);
}

/// Five steps from the stored start, without circuit noise; tolerances of golden/README.md.
fn the_first_student_steps_agree(golden: PathBuf) {
    const RATE: f64 = 1e-3;
    let data = golden.parent().unwrap().with_file_name("data");
    let setup = Setup::new(&DataSet::load(&data).unwrap());
    let golden = Golden::open(&golden);
    let table = setup.network.table();
    let values = |prefix: &str| names::student_values(table, &golden, prefix);
    let mut parameters = Parameters {
        values: values("student.param0"),
    };
    let (inputs, labels) = (golden.values("input.u"), golden.labels());
    let loss = Loss::default();
    let mut objective =
        StudentObjective::new(&setup.network, &loss, Noise::Off, Interventions::default());
    let mut gradient = vec![0.0; table.len()];
    let mut adam = Adam::new(AdamSettings::default(), table.len());
    for (step, epoch) in [0, 15, 30, 60, 90].into_iter().enumerate() {
        let stimuli: Vec<Stimulus> = inputs[step * 16 * 21..(step + 1) * 16 * 21]
            .chunks(21)
            .map(|row| Stimulus {
                input: row.iter().map(|&x| x as f32).collect(),
                trial: 0,
            })
            .collect();
        let labels = &labels[step * 16..(step + 1) * 16];
        let report = objective.evaluate(epoch, &parameters, &stimuli, labels, &mut gradient);
        let size = StepSize {
            base_rate: RATE,
            clip_norm: Some(5.0),
        };
        let done = adam.step(table.groups(), size, &mut parameters, &gradient);
        let number = step + 1;
        let expected = |name: &str| golden.values(&format!("student.{name}{number}"));
        let errors = [
            deviation(&[report.total], &expected("total")),
            deviation(&[report.cross_entropy], &expected("ce")),
            deviation(&[report.sparsity], &expected("sparsity")),
            deviation(&[done.gradient_norm], &expected("gradient_norm")),
        ];
        println!("step {number}: total, ce, sparsity, norm off by {errors:.6?}");
        assert!(errors[..3].iter().all(|&error| error < 2e-3) && errors[3] < 1e-2);
        let stored = values(&format!("student.param{number}"));
        for group in table.groups() {
            let rate = RATE * group.learning_rate;
            let squares: f64 = group
                .range
                .clone()
                .map(|index| ((parameters.values[index] - stored[index]) / rate).powi(2))
                .sum();
            let rms = (squares / group.range.len() as f64).sqrt();
            assert!(
                rms < 0.1,
                "step {number}, {}: rms {rms} learning rates",
                group.name
            );
        }
    }
}

/// The published teachers reach 90 to 95 % (training.md section 6.1).
fn the_teacher_learns_the_odours(data: PathBuf) {
    let setup = Setup::new(&DataSet::load(&data).unwrap());
    let start = Instant::now();
    for seed in [42, 43] {
        let settings = TrainingSettings {
            seed,
            ..TrainingSettings::default()
        };
        let mut progress = |_: &kenyon_learning::Progress<'_>| ControlFlow::Continue(());
        let trained = fit_teacher(&setup.teacher, &setup.odours, &settings, &mut progress);
        let accuracy = trained.unwrap().unwrap().accuracy;
        println!(
            "teacher {seed}: {:.1} %, {:.2} s",
            100.0 * accuracy,
            start.elapsed().as_secs_f64()
        );
        assert!(
            (0.87..=0.98).contains(&accuracy),
            "teacher of seed {seed}: {accuracy}"
        );
    }
}

/// Prints what an epoch and a checkpoint of the real size cost.
fn checkpoints_cost_little(data: PathBuf) {
    let setup = Setup::new(&DataSet::load(&data).unwrap());
    let mut identity = identity();
    identity.settings = TrainingSettings::default();
    let state = start_state(setup.network.table().start(), &identity.settings);
    let mut run = student_run(&setup.network, &setup.odours, &identity.settings, state);
    let start = Instant::now();
    run.epoch().unwrap();
    let epoch = start.elapsed();
    let mut state: FitState = run.into_state();
    let record = state.history.epochs[0].clone();
    state.history.epochs = (1..=300)
        .map(|epoch| kenyon_learning::EpochRecord {
            epoch,
            ..record.clone()
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.safetensors");
    let start = Instant::now();
    let groups = setup.network.table().groups();
    Checkpoint::of_training(&identity, &state)
        .write(groups, &file)
        .unwrap();
    let written = start.elapsed();
    let length = fs::metadata(&file).unwrap().len();
    println!("epoch {epoch:.1?}, checkpoint {written:.1?} and {length} bytes");
    assert!(length < 300_000);

    let samples = Samples {
        stimuli: &setup.odours,
        repeats: 1,
        noise: NoiseStream::new(1, "test"),
    };
    let (stimuli, labels) = samples.all(0);
    let interventions = kenyon_circuit::Interventions::default();
    let parameters = setup.network.table().start();
    let responses = kenyon_circuit::simulate(
        &setup.network,
        &parameters,
        &stimuli[..16],
        Noise::Off,
        &interventions,
    );
    let start = Instant::now();
    for _ in 0..100 {
        let _ = Loss::default().evaluate(90, &responses, &labels[..16], &setup.network);
    }
    println!("objective of 16 trials: {:.1?}", start.elapsed() / 100);
}

fn main() {
    if let Some(folder) = std::env::var_os(CHILD_FOLDER) {
        let setup = Setup::sampled();
        if let Err(error) = train_with(&setup, Path::new(&folder), &identity(), resume(1), &mut on)
        {
            eprintln!("{error}");
            std::process::exit(1);
        }
        return;
    }
    let suite = Suite::new("training")
        .test("a run leaves three files", a_run_leaves_three_files)
        .test(
            "killed after every epoch",
            killed_after_every_epoch_and_resumed,
        )
        .test(
            "stopped after every epoch",
            stopped_after_every_epoch_and_resumed,
        )
        .test("killed by a signal", killed_by_a_signal_and_resumed)
        .test("existing runs are protected", existing_runs_are_protected)
        .test(
            "damaged files are not used",
            damaged_and_foreign_files_are_not_used,
        )
        .test(
            "what does not fit is refused",
            what_does_not_fit_is_refused_before_anything_is_written,
        )
        .test(
            "the teacher's share",
            the_student_starts_with_the_teachers_share,
        )
        .test(
            "steps and epochs are the same",
            steps_and_epochs_are_the_same,
        )
        .test_with_shared("the teacher learns", "data", the_teacher_learns_the_odours)
        .test_with_shared("checkpoints cost little", "data", checkpoints_cost_little)
        .test_with_shared(
            "the first student steps agree",
            "golden/training_steps.safetensors",
            the_first_student_steps_agree,
        );
    #[cfg(unix)]
    let suite = suite
        .test("one process at a time", one_process_at_a_time)
        .test("out of room", out_of_room_and_resumed);
    suite.run();
}
