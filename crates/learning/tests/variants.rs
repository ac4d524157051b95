//! Students that differ from the canonical one: trained without depression, with other noise from the
//! same teacher, with parts that do not learn, or with a teacher that several share.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use kenyon_circuit::{Circuit, Network, Parameters};
use kenyon_connectome::{DataSet, ReceptorMapping, sample};
use kenyon_learning::{
    Callbacks, Existing, Odours, Outcome, RateTeacher, RunIdentity, RunInputs, RunOptions, Start,
    TeacherRoles, TrainedStudent, TrainedTeacher, TrainingSettings, TransferRule, fit_teacher,
    train, train_teacher, transfer,
};

struct Setup {
    network: Network,
    teacher: RateTeacher,
    rule: TransferRule,
    odours: Odours,
}

impl Setup {
    fn new(circuit: &Circuit) -> Self {
        let data: DataSet = sample::sample(1, 1).unwrap();
        let network = Network::compile(circuit, &data.connectome).unwrap();
        let table = circuit.teacher.as_ref().unwrap();
        let (channels, classes) = (network.channels(), network.classes());
        let roles = TeacherRoles::new(table).unwrap();
        let templates = data.panel.templates(ReceptorMapping::ByPosition).unwrap();
        Self {
            teacher: RateTeacher::new(&data.connectome, &roles, channels, classes).unwrap(),
            odours: Odours::new(templates, network.odour_cv(), channels, classes).unwrap(),
            rule: TransferRule::new(table),
            network,
        }
    }

    fn run(
        &self,
        folder: &Path,
        settings: &TrainingSettings,
        teacher: Option<&TrainedTeacher>,
    ) -> TrainedStudent {
        let identity = identity(settings);
        let inputs = RunInputs {
            identity: &identity,
            network: &self.network,
            start: Start::Teacher {
                teacher: &self.teacher,
                rule: &self.rule,
                trained: teacher,
            },
            stimuli: &self.odours,
        };
        let callbacks = &mut Callbacks {
            progress: &mut |_| ControlFlow::Continue(()),
            monitor: &mut |_| serde_json::Value::Null,
        };
        let options = RunOptions {
            existing: Existing::Resume,
            ..RunOptions::default()
        };
        match train(folder, &inputs, options, callbacks).unwrap() {
            Outcome::Complete(student) => *student,
            stopped @ Outcome::Stopped { .. } => panic!("{stopped:?}"),
        }
    }
}

fn settings() -> TrainingSettings {
    TrainingSettings {
        teacher_epochs: 2,
        student_epochs: 2,
        repeats: 1,
        test_repeats: 1,
        ..TrainingSettings::default()
    }
}

fn identity(settings: &TrainingSettings) -> RunIdentity {
    RunIdentity {
        run_id: format!("{settings:?}"),
        circuit_sha256: "edited".to_owned(),
        data_sha256: "drawn".to_owned(),
        settings: settings.clone(),
        task: None,
        start: None,
    }
}

fn group<'p>(setup: &Setup, parameters: &'p Parameters, name: &str) -> &'p [f64] {
    let group = setup.network.table().group(name).unwrap();
    &parameters.values[group.range.clone()]
}

#[test]
fn without_depression_its_parameters_have_no_slope_and_stay() {
    let setup = Setup::new(&Circuit::larva());
    let folder = tempfile::tempdir().unwrap();
    let with = setup.run(&folder.path().join("with"), &settings(), None);
    let off = TrainingSettings {
        depression_off: true,
        ..settings()
    };
    let without = setup.run(&folder.path().join("without"), &off, None);
    let start = setup.network.table().start();
    for name in ["orn_to_pn.recovery", "orn_to_pn.release_probability"] {
        assert_eq!(
            group(&setup, &without.parameters, name),
            group(&setup, &start, name)
        );
        assert_ne!(
            group(&setup, &with.parameters, name),
            group(&setup, &start, name)
        );
    }
    let strength = "orn_to_pn.strength";
    assert_ne!(
        group(&setup, &without.parameters, strength),
        group(&setup, &with.parameters, strength)
    );
}

#[test]
fn another_replicate_has_the_same_teacher_and_other_noise() {
    let setup = Setup::new(&Circuit::larva());
    let folder = tempfile::tempdir().unwrap();
    let again = TrainingSettings {
        replicate: 1,
        ..settings()
    };
    let first = setup.run(&folder.path().join("first"), &settings(), None);
    let second = setup.run(&folder.path().join("second"), &again, None);
    assert_eq!(first.teacher_accuracy, second.teacher_accuracy);
    assert_ne!(first.digest, second.digest);
}

#[test]
fn a_shared_teacher_gives_the_student_that_its_own_would_give() {
    let setup = Setup::new(&Circuit::larva());
    let folder = tempfile::tempdir().unwrap();
    let alone = setup.run(&folder.path().join("alone"), &settings(), None);
    let shared = folder.path().join("teacher");
    let mut epochs = 0;
    let mut obtain = || {
        let identity = identity(&settings());
        let (teacher, odours) = (&setup.teacher, &setup.odours);
        let trained = train_teacher(&shared, &identity, teacher, odours, &mut |_| {
            epochs += 1;
            ControlFlow::Continue(())
        });
        trained.unwrap().unwrap()
    };
    let (trained, found) = (obtain(), obtain());
    assert_eq!(epochs, 2, "the second call reads what the first one wrote");
    assert_eq!(trained, found);
    let run = folder.path().join("sharing");
    let sharing = setup.run(&run, &settings(), Some(&trained));
    assert_eq!(sharing, alone);
    assert!(!run.join("teacher.safetensors").exists());
    assert!(fs::exists(shared.join("teacher.safetensors")).unwrap());
}

#[test]
fn what_does_not_learn_is_not_taken_over_from_the_teacher() {
    let gain = toml::toml! {
        start_stored = -100.0
        form = "softplus"
        learned = false
    };
    let silent = Circuit::larva()
        .with("pathway.apl_to_kc.gain", toml::Value::Table(gain))
        .unwrap();
    let setup = Setup::new(&silent);
    let trained = fit_teacher(&setup.teacher, &setup.odours, &settings(), &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap()
    .unwrap();
    let table = setup.network.table();
    let start = transfer(&setup.teacher, &trained.parameters, table, &setup.rule).unwrap();
    assert_eq!(group(&setup, &start, "apl_to_kc.gain"), [-100.0]);
    let folder = tempfile::tempdir().unwrap();
    let student = setup.run(folder.path(), &settings(), Some(&trained));
    assert_eq!(
        group(&setup, &student.parameters, "apl_to_kc.gain"),
        [-100.0]
    );
}
