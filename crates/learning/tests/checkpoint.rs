//! Files of parameters: what is written is read, equal content gives equal bytes, and every kind of
//! damage has its own error.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use kenyon_circuit::{Form, ParameterGroup, Parameters, Precision};
use kenyon_learning::{
    Adam, AdamSettings, Checkpoint, CheckpointError, EpochRecord, FitState, History, Kind,
    LossReport, MonitorRecord, RunIdentity, TrainedTeacher, TrainingSettings, digest,
};
use kenyon_testing::Suite;
use serde_json::json;

fn group(name: &str, shape: &[usize], start: usize, precision: Precision) -> ParameterGroup {
    ParameterGroup {
        name: name.to_owned(),
        shape: shape.to_vec(),
        range: start..start + shape.iter().product::<usize>(),
        form: Form::Plain,
        unit: "1",
        start: 0.0,
        bounds: None,
        learning_rate: 1.0,
        precision,
        learned: true,
    }
}

fn groups() -> Vec<ParameterGroup> {
    vec![
        group("input.gain", &[3], 0, Precision::Single),
        group("gap.ln_ln", &[], 3, Precision::Double),
        group("decoder.weight", &[2, 3], 4, Precision::Single),
    ]
}

fn identity() -> RunIdentity {
    RunIdentity {
        run_id: "4f2a".to_owned(),
        circuit_sha256: "c0".to_owned(),
        data_sha256: "da".to_owned(),
        settings: TrainingSettings::default(),
        task: None,
        start: None,
    }
}

fn state() -> FitState {
    let values: Vec<f64> = (0..10)
        .map(|k| Precision::Single.round(f64::from(k).sin()))
        .collect();
    let mut parameters = Parameters { values };
    // Not representable in single precision: the double group must survive as it is.
    parameters.values[3] = -22.718_281_828_459_045;
    let mut adam = Adam::new(AdamSettings::default(), 10);
    adam.steps = 36;
    adam.first_moment = (0..10).map(|k| 1e-3 / f64::from(k + 3)).collect();
    adam.second_moment = (0..10).map(|k| 1e-9 / f64::from(k + 7)).collect();
    let record = |epoch| EpochRecord {
        epoch,
        loss: LossReport {
            cross_entropy: 0.1 + 0.2,
            sparsity: 1.0 / 3.0,
            energy: 0.0,
            total: 1e-300,
            correct: 7,
        },
        trials: 280,
        gradient_norm: 612.345_678_901_234_5,
        clipped: 1.0,
    };
    let figures = json!({"z": 0.1, "a": [1.0e-17, "text"]});
    let monitor = MonitorRecord {
        epoch: 2,
        train_accuracy: 0.025,
        figures,
    };
    let history = History {
        epochs: vec![record(1), record(2)],
        monitors: vec![monitor],
    };
    FitState {
        parameters,
        adam,
        history,
    }
}

fn checkpoint() -> Checkpoint {
    Checkpoint::of_training(&identity(), &state())
}

fn name() -> &'static Path {
    Path::new("checkpoint.safetensors")
}

fn bytes() -> Vec<u8> {
    checkpoint().encode(&groups(), name()).unwrap()
}

fn decode(bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::decode(&groups(), bytes, name(), Kind::Checkpoint, Some("4f2a"))
}

/// The error of reading `bytes`; every message must name the file.
fn refusal(bytes: &[u8]) -> CheckpointError {
    let error = decode(bytes).expect_err("the damage must be noticed");
    assert!(
        error.to_string().contains("checkpoint.safetensors"),
        "{error}"
    );
    error
}

fn what_is_written_is_read() {
    let read = decode(&bytes()).unwrap();
    assert_eq!(read, checkpoint());
    assert_eq!(read.into_state().unwrap(), state());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    let model = Checkpoint::of_model(&identity(), &state());
    model.write(&groups(), &file).unwrap();
    assert_eq!(
        Checkpoint::read(&groups(), &file, Kind::Model, None).unwrap(),
        model
    );
    assert_eq!(model.clone().into_state(), None);

    let trained = TrainedTeacher {
        parameters: state().parameters,
        accuracy: 13.0 / 14.0,
        history: state().history,
    };
    let teacher = Checkpoint::of_teacher(&identity(), &trained);
    // Written over an existing file.
    teacher.write(&groups(), &file).unwrap();
    assert_eq!(
        Checkpoint::read(&groups(), &file, Kind::Teacher, None).unwrap(),
        teacher
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode();
        let ordinary = folder.path().join("ordinary");
        fs::write(&ordinary, "").unwrap();
        assert_eq!(
            mode(&file),
            mode(&ordinary),
            "others may read it like any file"
        );
    }
}

fn equal_content_gives_equal_bytes() {
    for _ in 0..20 {
        assert_eq!(bytes(), bytes());
    }
}

fn digests_tell_every_value_apart() {
    let base = digest(&groups(), &state().parameters);
    assert_eq!(base.len(), 64);
    assert_eq!(base, digest(&groups(), &state().parameters));
    for index in 0..10 {
        let mut changed = state().parameters;
        changed.values[index] =
            f64::from(f32::from_bits((changed.values[index] as f32).to_bits() + 1));
        assert_ne!(base, digest(&groups(), &changed));
    }
    let mut renamed = groups();
    renamed[0].name = "input.gains".to_owned();
    assert_ne!(base, digest(&renamed, &state().parameters));
}

/// Whatever is cut off, it is noticed; with the header complete, as what it is.
fn truncation_is_noticed_everywhere() {
    let bytes = bytes();
    let header = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    for length in 0..bytes.len() {
        let error = refusal(&bytes[..length]);
        assert!(
            matches!(error, CheckpointError::Truncated { .. }),
            "{length} of {header}: {error}"
        );
    }
    let longer = [bytes, vec![0]].concat();
    assert!(matches!(
        refusal(&longer),
        CheckpointError::Truncated { .. }
    ));
}

/// Any flipped bit anywhere in the file makes it unacceptable.
fn every_flipped_bit_is_noticed() {
    let good = bytes();
    let mut kinds = [0; 2];
    for index in 0..good.len() {
        for bit in [0, 4, 7] {
            let mut damaged = good.clone();
            damaged[index] ^= 1 << bit;
            match decode(&damaged) {
                Err(CheckpointError::HashMismatch { .. }) => kinds[0] += 1,
                Err(_) => kinds[1] += 1,
                // White space at the end of the header is padding and means nothing.
                Ok(read) => assert_eq!(read, checkpoint(), "byte {index}, bit {bit}"),
            }
        }
    }
    assert!(kinds[0] > 500 && kinds[1] > 500, "{kinds:?}");
}

fn something_else_is_not_taken_for_a_checkpoint() {
    let text = refusal(b"This is not a safetensors file, but a text of some length.");
    assert!(
        matches!(text, CheckpointError::NotSafetensors { .. }),
        "{text}"
    );
    let json = refusal(&[&9_u64.to_le_bytes()[..], b"{\"a\": 1 }"].concat());
    assert!(
        matches!(json, CheckpointError::NotSafetensors { .. }),
        "{json}"
    );
    let values = [1_u8, 2, 3, 4];
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::U8, vec![4], &values);
    let foreign = safetensors::serialize([("weights", view.unwrap())], None).unwrap();
    assert!(matches!(
        refusal(&foreign),
        CheckpointError::BadHeader { .. }
    ));
}

fn kind_run_and_format_are_checked() {
    let model = Checkpoint::of_model(&identity(), &state())
        .encode(&groups(), name())
        .unwrap();
    assert!(matches!(
        refusal(&model),
        CheckpointError::WrongKind {
            expected: Kind::Checkpoint,
            found: Kind::Model,
            ..
        }
    ));

    let foreign = RunIdentity {
        run_id: "beef".to_owned(),
        ..identity()
    };
    let foreign = Checkpoint::of_training(&foreign, &state())
        .encode(&groups(), name())
        .unwrap();
    assert!(matches!(
        refusal(&foreign),
        CheckpointError::ForeignRun { found, .. } if found == "beef"
    ));
    assert!(Checkpoint::decode(&groups(), &foreign, name(), Kind::Checkpoint, None).is_ok());

    let mut newer = checkpoint();
    newer.header.format += 1;
    let newer = newer.encode(&groups(), name()).unwrap();
    assert!(matches!(
        refusal(&newer),
        CheckpointError::UnsupportedFormat { found: 2, .. }
    ));

    let mut shortened = checkpoint();
    shortened.header.history.epochs.pop();
    let shortened = shortened.encode(&groups(), name()).unwrap();
    assert!(matches!(
        refusal(&shortened),
        CheckpointError::BadHeader { .. }
    ));
}

/// Files written for circuits that differ in one respect.
fn tensors_must_be_those_of_the_circuit() {
    let with = |change: &dyn Fn(&mut Vec<ParameterGroup>)| {
        let mut other = groups();
        change(&mut other);
        refusal(&checkpoint().encode(&other, name()).unwrap())
    };
    let renamed = with(&|groups| groups[0].name = "input.gains".to_owned());
    assert!(matches!(
        renamed,
        CheckpointError::MissingTensor { tensor, .. } if tensor == "input.gain"
    ));
    let extra = with(&|groups| groups.push(group("more", &[2], 0, Precision::Single)));
    assert!(matches!(
        extra,
        CheckpointError::UnknownTensor { tensor, .. } if tensor == "adam.first_moment.more"
    ));
    let reshaped = with(&|groups| groups[2].shape = vec![3, 2]);
    assert!(matches!(
        reshaped,
        CheckpointError::WrongShape { expected, found, .. } if expected == [2, 3] && found == [3, 2]
    ));
    let wider = with(&|groups| groups[2].precision = Precision::Double);
    assert!(matches!(
        wider,
        CheckpointError::WrongType { expected, found, .. } if expected == "F32" && found == "F64"
    ));
}

/// Neither written nor, if another program wrote it with a correct hash, read.
fn values_must_be_finite() {
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        let mut state = state();
        state.parameters.values[5] = bad;
        let error = Checkpoint::of_training(&identity(), &state).encode(&groups(), name());
        assert!(matches!(
            error,
            Err(CheckpointError::NotFinite { tensor, .. }) if tensor == "decoder.weight"
        ));
    }
    let mut state = state();
    state.adam.second_moment[3] = f64::NAN;
    let error = Checkpoint::of_training(&identity(), &state).encode(&groups(), name());
    assert!(matches!(
        error,
        Err(CheckpointError::NotFinite { tensor, .. }) if tensor == "adam.second_moment.gap.ln_ln"
    ));
}

fn system_errors_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.safetensors");
    let error = Checkpoint::read(&groups(), &absent, Kind::Model, None).unwrap_err();
    assert!(matches!(error, CheckpointError::Read { .. }));
    assert!(error.to_string().contains("absent.safetensors"));

    // A folder stands where the file shall go: everything works but the last step.
    let occupied = folder.path().join("occupied");
    fs::create_dir_all(occupied.join("inside")).unwrap();
    let error = checkpoint().write(&groups(), &occupied).unwrap_err();
    assert!(matches!(error, CheckpointError::Write { .. }), "{error}");
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["occupied"]);

    let nowhere = folder.path().join("no such folder/model.safetensors");
    assert!(matches!(
        checkpoint().write(&groups(), &nowhere),
        Err(CheckpointError::Write { .. })
    ));
}

fn main() {
    Suite::new("checkpoint")
        .test("what is written is read", what_is_written_is_read)
        .test(
            "equal content gives equal bytes",
            equal_content_gives_equal_bytes,
        )
        .test(
            "digests tell every value apart",
            digests_tell_every_value_apart,
        )
        .test(
            "truncation is noticed everywhere",
            truncation_is_noticed_everywhere,
        )
        .test("every flipped bit is noticed", every_flipped_bit_is_noticed)
        .test(
            "something else is not a checkpoint",
            something_else_is_not_taken_for_a_checkpoint,
        )
        .test(
            "kind, run and format are checked",
            kind_run_and_format_are_checked,
        )
        .test(
            "tensors must be those of the circuit",
            tensors_must_be_those_of_the_circuit,
        )
        .test("values must be finite", values_must_be_finite)
        .test(
            "system errors leave nothing behind",
            system_errors_leave_nothing_behind,
        )
        .run();
}
