//! Students without a teacher, and students that take over parameters of other models.
#![allow(missing_docs, clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;

use kenyon_circuit::{Circuit, Network, NoiseStream, Parameters};
use kenyon_connectome::{DataSet, ReceptorMapping, sample};
use kenyon_learning::{
    Callbacks, Checkpoint, Existing, Odours, Outcome, RateTeacher, RunIdentity, RunInputs,
    RunOptions, Start, StartDescription, StartOrigin, StoredGroup, TeacherRoles, TrainedStudent,
    TrainingSettings, digest, take_over, train, untaught_start,
};

const SEED: u64 = 11;

fn larva() -> (DataSet, Circuit) {
    (sample::sample(1, 1).unwrap(), Circuit::larva())
}

/// Two classes instead of 28.
fn binary(data: &DataSet, edits: &[(&str, toml::Value)]) -> (Network, Odours) {
    let mut edits: Vec<(String, toml::Value)> = edits
        .iter()
        .map(|(path, value)| ((*path).to_owned(), value.clone()))
        .collect();
    edits.push(("readout.classes".to_owned(), 2.into()));
    edits.push(("time.steps".to_owned(), 20.into()));
    let circuit = Circuit::larva()
        .edited(&edits, &["teacher".to_owned()])
        .unwrap();
    let network = Network::compile(&circuit, &data.connectome).unwrap();
    let templates = data.panel.templates(ReceptorMapping::ByPosition).unwrap();
    let labels = (0..templates.len()).map(|row| row % 2).collect();
    let odours = Odours::labelled(templates, labels, 0.3, network.channels(), 2).unwrap();
    (network, odours)
}

fn run(
    folder: &Path,
    network: &Network,
    odours: &Odours,
    start: &Parameters,
    stop_after: usize,
) -> Outcome {
    let settings = TrainingSettings {
        seed: SEED,
        student_epochs: 3,
        repeats: 1,
        monitor_every: 0,
        ..TrainingSettings::default()
    };
    let identity = RunIdentity {
        run_id: "0ff".to_owned(),
        circuit_sha256: network.circuit().hash(),
        data_sha256: "drawn".to_owned(),
        settings,
        task: None,
        start: Some(StartDescription {
            origin: StartOrigin::Model,
            sha256: digest(network.table().groups(), start),
        }),
    };
    let inputs = RunInputs {
        identity: &identity,
        network,
        start: Start::Values(start),
        stimuli: odours,
    };
    let options = RunOptions {
        existing: Existing::Resume,
        checkpoint_every: 1,
    };
    let callbacks = &mut Callbacks {
        progress: &mut |news| {
            if news.record.epoch == stop_after {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
        monitor: &mut |_| serde_json::Value::Null,
    };
    train(folder, &inputs, options, callbacks).unwrap()
}

fn complete(outcome: Outcome) -> TrainedStudent {
    match outcome {
        Outcome::Complete(student) => *student,
        stopped @ Outcome::Stopped { .. } => panic!("{stopped:?}"),
    }
}

#[test]
fn an_untaught_decoder_is_drawn_like_a_teachers() {
    let (data, circuit) = larva();
    let network = Network::compile(&circuit, &data.connectome).unwrap();
    let roles = TeacherRoles::new(circuit.teacher.as_ref().unwrap()).unwrap();
    let teacher = RateTeacher::new(&data.connectome, &roles, 21, 28).unwrap();
    let of_teacher = teacher.start(&NoiseStream::new(SEED, "teacher/decoder"));
    let start = untaught_start(&network, SEED);
    for name in ["decoder.weight", "decoder.bias"] {
        let group = teacher.groups().iter().find(|group| group.name == name);
        let expected = &of_teacher.values[group.unwrap().range.clone()];
        assert_eq!(start.stored(network.table(), name), expected);
    }
    let file = network.table().start();
    for group in network.table().groups() {
        if !group.name.starts_with("decoder.") {
            let range = group.range.clone();
            assert_eq!(start.values[range.clone()], file.values[range]);
        }
    }
    assert_ne!(start, untaught_start(&network, SEED + 1));
}

#[test]
fn training_without_a_teacher_can_be_stopped_and_continued() {
    let (data, _) = larva();
    let (network, odours) = binary(&data, &[]);
    let start = untaught_start(&network, SEED);
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    let student = complete(run(&whole, &network, &odours, &start, 0));
    assert_eq!(student.teacher_accuracy, None);
    assert!(!whole.join("teacher.safetensors").exists());
    assert_ne!(student.parameters, start);
    let stopped = run(&parts, &network, &odours, &start, 2);
    assert_eq!(stopped, Outcome::Stopped { epoch: 2 });
    let resumed = complete(run(&parts, &network, &odours, &start, 0));
    assert_eq!(resumed.digest, student.digest);
}

#[test]
fn parameters_are_taken_over_where_they_fit_and_stay_where_they_are_not_learned() {
    let (data, _) = larva();
    let (network, odours) = binary(&data, &[]);
    let folder = tempfile::tempdir().unwrap();
    let start = untaught_start(&network, SEED);
    let first = complete(run(
        &folder.path().join("first"),
        &network,
        &odours,
        &start,
        0,
    ));
    let file = folder.path().join("first/model.safetensors");
    let (header, mut groups) = Checkpoint::read_groups(&file).unwrap();
    assert_eq!(header.epoch, 3);
    groups.push(StoredGroup {
        name: "MBON.threshold".to_owned(),
        shape: vec![3],
        values: vec![0.0; 3],
    });
    let threshold = groups.iter_mut().find(|group| group.name == "LN.threshold");
    threshold.unwrap().values[1] = 1.0;
    let gain = groups.iter_mut().find(|group| group.name == "input.gain");
    let gain = gain.unwrap();
    (gain.shape, gain.values) = (vec![2], vec![0.0; 2]);

    let fixed: [(&str, toml::Value); 1] = [("pathway.orn_to_pn.strength_A.learned", false.into())];
    let (network, odours) = binary(&data, &fixed);
    let table = network.table();
    let mut start = untaught_start(&network, SEED + 1);
    let own = start.clone();
    let report = take_over(table, &groups, &mut start);
    assert_eq!(report.unused, ["MBON.threshold"]);
    let kept: Vec<&str> = (report.kept.iter())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(kept, ["input.gain", "LN.threshold"]);
    assert!(
        report.kept[0].1.contains("[21] here and [2] there"),
        "{report:?}"
    );
    assert!(
        report.kept[1].1.contains("1 is out of bounds"),
        "{report:?}"
    );
    assert_eq!(report.taken.len() + kept.len(), table.groups().len());
    for name in kept {
        assert_eq!(start.stored(table, name), own.stored(table, name));
    }
    let strength = "orn_to_pn.strength";
    let taken = first.parameters.stored(table, strength);
    assert_eq!(start.stored(table, strength), taken);
    assert_ne!(own.stored(table, strength), taken);
    let second = folder.path().join("second");
    let second = complete(run(&second, &network, &odours, &start, 0));
    assert_eq!(second.parameters.stored(table, strength), taken);
    assert_ne!(
        second.parameters.stored(table, "decoder.weight"),
        start.stored(table, "decoder.weight")
    );
}
