//! Replay of the golden vectors, of subsets of them, and of damaged ones.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kenyon_connectome::DataSet;
use kenyon_proof::golden::{FILES, FoundData, GoldenError, Verification, verify};
use kenyon_testing::{Suite, shared};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

const ABSENT: &str = "no data in this test";

fn without_data(folder: &Path) -> Result<Verification, GoldenError> {
    verify(folder, &mut || Err(ABSENT.to_owned()))
}

fn with_data(folder: &Path) -> Result<Verification, GoldenError> {
    let data = shared("data").unwrap();
    verify(folder, &mut || {
        FoundData::new(&DataSet::load(&data).unwrap()).map_err(|e| e.to_string())
    })
}

/// Fails with every deviation that is too large; prints the worst of each file and arithmetic.
fn passed(verification: &Verification) {
    let mut worst: BTreeMap<(String, String), (f64, String)> = BTreeMap::new();
    for deviation in &verification.deviations {
        let file = deviation.file.rsplit('/').next().unwrap().to_owned();
        let (arithmetic, tensor) = deviation.tensor.split_once(' ').unwrap();
        let kind = format!("{arithmetic} {}", deviation.measure);
        let text = format!(
            "{tensor}: {:.2e} of {:.0e}",
            deviation.deviation, deviation.tolerance
        );
        let share = deviation.deviation / deviation.tolerance.max(1e-300);
        let place = worst.entry((file, kind)).or_insert((-1.0, String::new()));
        if share > place.0 {
            *place = (share, text);
        }
    }
    for ((file, kind), (_, text)) in &worst {
        println!("{file}, {kind}: {text}");
    }
    let failed: Vec<_> = verification
        .deviations
        .iter()
        .filter(|d| !d.passed())
        .collect();
    for deviation in &failed {
        println!("FAILED {deviation:?}");
    }
    assert!(
        failed.is_empty() && verification.failed == 0,
        "{} failed",
        failed.len()
    );
    println!("{} comparisons", verification.passed);
}

fn all_files(golden: PathBuf) {
    let verification = with_data(&golden).unwrap();
    passed(&verification);
    assert_eq!(verification.files, FILES);
    assert_eq!(verification.wiring, "connectome.safetensors");
    assert_eq!(verification.data, "compared");
    assert!(
        verification.passed > 1500,
        "{} comparisons",
        verification.passed
    );
    for file in FILES {
        assert!(
            verification
                .deviations
                .iter()
                .any(|deviation| deviation.file.ends_with(file))
        );
    }
}

/// One file, an owned copy that can be changed.
#[derive(Clone)]
struct File(BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

impl File {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.tensors().into_iter();
        Self(
            tensors
                .map(|(name, view)| {
                    (
                        name,
                        (view.dtype(), view.shape().to_vec(), view.data().to_vec()),
                    )
                })
                .collect(),
        )
    }

    fn write(&self, path: &Path) {
        let views = self.0.iter().map(|(name, (dtype, shape, bytes))| {
            (
                name.clone(),
                TensorView::new(*dtype, shape.clone(), bytes).unwrap(),
            )
        });
        std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
    }

    fn set_single(&mut self, name: &str, place: usize, value: f32) {
        let bytes = &mut self.0.get_mut(name).unwrap().2;
        bytes[4 * place..4 * place + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// The same trials `times` over: along the second axis of what is stored per step.
    fn repeat_trials(&mut self, times: usize) {
        for (name, (_, shape, bytes)) in &mut self.0 {
            let per_step = name.contains("step.") || name == "noise";
            if !(per_step || name.contains("out.") || name.starts_with("input.")) {
                continue;
            }
            let blocks = if per_step { shape[0] } else { 1 };
            let size = bytes.len() / blocks;
            *bytes = bytes
                .chunks(size)
                .flat_map(|block| block.repeat(times))
                .collect();
            shape[usize::from(per_step)] *= times;
        }
    }
}

/// A folder with changed copies of some golden files.
fn folder(golden: &Path, files: &[&str], change: impl Fn(&str, &mut File)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        let mut file = File::read(&golden.join(name));
        change(name, &mut file);
        file.write(&folder.path().join(name));
    }
    folder
}

fn every_file_alone(golden: PathBuf) {
    for name in FILES {
        let folder = folder(&golden, &[name], |_, _| {});
        let verification = with_data(folder.path()).unwrap();
        passed(&verification);
        assert_eq!(verification.files, [name]);
        let wiring = match name {
            "connectome.safetensors" => name,
            "metrics.safetensors" => "not needed",
            _ => "data look-up",
        };
        assert_eq!(verification.wiring, wiring, "{name}");
        if wiring == "data look-up" {
            let error = without_data(folder.path()).unwrap_err();
            assert!(matches!(&error, GoldenError::NoWiring { .. }), "{error}");
            assert!(error.to_string().contains(ABSENT), "{error}");
        } else {
            passed(&without_data(folder.path()).unwrap());
        }
    }
}

/// Batches beyond one group of lanes, and beyond a multiple of it.
fn large_batches(golden: PathBuf) {
    let files = [
        "connectome.safetensors",
        "soft_noisefree.safetensors",
        "hard_noise.safetensors",
    ];
    let folder = folder(&golden, &files, |name, file| {
        if !name.starts_with("connectome") {
            file.repeat_trials(5);
        }
    });
    let verification = without_data(folder.path()).unwrap();
    passed(&verification);
    let spikes = verification
        .deviations
        .iter()
        .filter(|d| d.tensor == "f32 step.s.K")
        .count();
    assert_eq!(spikes, 2);
}

/// A flipped spike and a voltage that is off are both found, with their place.
fn differences_are_explained(golden: PathBuf) {
    let files = ["connectome.safetensors", "hard_noise.safetensors"];
    // Step 7, trial 2, PN 11.
    let place = (7 * 4 + 2) * 72 + 11;
    let folder = folder(&golden, &files, |name, file| {
        if name.starts_with("hard") {
            let spike = &mut file.0.get_mut("step.s.P").unwrap().2[place];
            *spike = 1 - *spike;
            file.set_single("step.Vd.K", (20 * 4) * 144, 1.0);
        }
    });
    let verification = without_data(folder.path()).unwrap();
    let failed: Vec<_> = verification
        .deviations
        .iter()
        .filter(|d| !d.passed())
        .collect();
    let names: Vec<&str> = failed.iter().map(|d| d.tensor.as_str()).collect();
    assert_eq!(
        names,
        [
            "f32 step.Vd.K",
            "f32 step.s.P",
            "f64 step.Vd.K",
            "f64 step.s.P"
        ]
    );
    assert_eq!((failed[0].worst, failed[1].worst), (20, 7));
    let detail = failed[1].detail.as_deref().unwrap();
    println!("{detail}");
    assert!(detail.contains("step 7, trial 2, PN 11"), "{detail}");
    assert!(detail.contains("V from its threshold"), "{detail}");
    assert_eq!(verification.failed, 4);
}

/// What is wrong with a changed copy of one file.
fn fault(golden: &Path, name: &str, change: impl Fn(&mut File)) -> GoldenError {
    let files: &[&str] = match name {
        "connectome.safetensors" => &["connectome.safetensors"],
        _ => &["connectome.safetensors", name],
    };
    let folder = folder(golden, files, |file, contents| {
        if file == name {
            change(contents);
        }
    });
    match without_data(folder.path()) {
        Err(error) => {
            assert!(
                error.to_string().contains(name),
                "the file is not named: {error}"
            );
            error
        }
        Ok(_) => panic!("a damaged {name} was accepted"),
    }
}

fn damaged_files_are_refused(golden: PathBuf) {
    let soft = "soft_noisefree.safetensors";
    let remove = |tensor: &'static str| move |file: &mut File| drop(file.0.remove(tensor));
    for (name, tensor) in [
        (soft, "input.u"),
        (soft, "input.label"),
        (soft, "param.theta.K"),
        ("hard_noise.safetensors", "param.or_gain"),
        ("teacher.safetensors", "param.b_kc"),
        ("training_steps.safetensors", "student.grad3.theta.O"),
        ("training_steps.safetensors", "teacher.param2.b_pn"),
        ("training_steps.safetensors", "sparsity_weight"),
        ("metrics.safetensors", "count.P"),
        ("connectome.safetensors", "count.KKda"),
        ("connectome.safetensors", "gap.PP"),
        ("connectome.safetensors", "template.by_position"),
    ] {
        let error = fault(&golden, name, remove(tensor));
        assert!(
            matches!(error, GoldenError::MissingTensor { .. }),
            "{name}, {tensor}: {error}"
        );
    }
    let error = fault(&golden, soft, |file| {
        let tensor = file.0["param.graded.dd"].clone();
        file.0.insert("param.graded.dx".to_owned(), tensor);
    });
    assert!(
        matches!(error, GoldenError::UnknownTensor { .. }),
        "{error}"
    );
    for (name, tensor, shape) in [
        (soft, "input.label", vec![2, 2]),
        (soft, "input.u", vec![84]),
        ("soft_noise.safetensors", "noise", vec![2, 30, 2766]),
        ("training_steps.safetensors", "input.u", vec![80, 21]),
        ("metrics.safetensors", "count.K", vec![280, 144]),
        ("connectome.safetensors", "count.OP", vec![72, 42]),
    ] {
        let error = fault(&golden, name, |file| {
            file.0.get_mut(tensor).unwrap().1 = shape.clone()
        });
        assert!(
            matches!(error, GoldenError::Shape { .. }),
            "{name}, {tensor}: {error}"
        );
    }
    let error = fault(&golden, soft, |file| {
        file.0.get_mut("param.theta.K").unwrap().1 = vec![36];
        file.0.get_mut("param.theta.K").unwrap().2.truncate(4 * 36);
    });
    assert!(matches!(error, GoldenError::Shape { .. }), "{error}");
    let damaged = |error: GoldenError, word: &str| {
        let damaged = matches!(error, GoldenError::Damaged { .. });
        assert!(damaged && error.to_string().contains(word), "{error}");
    };
    damaged(
        fault(&golden, soft, |file| {
            file.set_single("input.u", 3, f32::NAN)
        }),
        "NaN",
    );
    let relabel = |label: i64| {
        move |file: &mut File| {
            let bytes = &mut file.0.get_mut("input.label").unwrap().2;
            bytes[..8].copy_from_slice(&label.to_le_bytes());
        }
    };
    damaged(fault(&golden, soft, relabel(28)), "label 28");
    damaged(
        fault(&golden, "teacher.safetensors", relabel(-1)),
        "label -1",
    );
    damaged(
        fault(&golden, "connectome.safetensors", |file| {
            file.set_single("count.PK", 0, 0.5)
        }),
        "count.PK",
    );
    damaged(
        fault(&golden, soft, |file| {
            let input = file.0.get_mut("input.u").unwrap();
            (input.1, input.2) = (vec![0, 21], Vec::new());
        }),
        "no trial",
    );
    damaged(
        fault(&golden, soft, |file| {
            file.0
                .insert("odd".to_owned(), (Dtype::I16, vec![1], vec![0, 0]));
        }),
        "I16",
    );
    let error = fault(&golden, "training_steps.safetensors", |file| {
        file.0.retain(|name, _| name.starts_with("input."));
    });
    assert!(
        matches!(error, GoldenError::NothingToCompare { .. }),
        "{error}"
    );
}

fn truncated_and_absent_files(golden: PathBuf) {
    let name = "hard_noise.safetensors";
    let folder = folder(&golden, &["connectome.safetensors"], |_, _| {});
    let bytes = std::fs::read(golden.join(name)).unwrap();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(folder.path().join(name), &bytes[..length]).unwrap();
        let error = without_data(folder.path()).unwrap_err();
        assert!(
            matches!(error, GoldenError::Damaged { .. }),
            "{length} bytes: {error}"
        );
        assert!(error.to_string().contains(name), "{error}");
    }
    let empty = tempfile::tempdir().unwrap();
    let error = without_data(empty.path()).unwrap_err();
    assert!(matches!(&error, GoldenError::Empty { .. }), "{error}");
    assert!(
        error.to_string().contains("soft_noise.safetensors"),
        "{error}"
    );
    let error = without_data(&empty.path().join("nowhere")).unwrap_err();
    assert!(matches!(error, GoldenError::Unreadable { .. }), "{error}");
    std::fs::create_dir(empty.path().join(name)).unwrap();
    let error = without_data(empty.path()).unwrap_err();
    assert!(matches!(error, GoldenError::Unreadable { .. }), "{error}");
}

fn main() {
    let folder = "golden/connectome.safetensors";
    let golden = |body: fn(PathBuf)| move |path: PathBuf| body(path.with_file_name(""));
    Suite::new("golden")
        .test_with_shared("all files agree", folder, golden(all_files))
        .test_with_shared(
            "every file can stand alone",
            folder,
            golden(every_file_alone),
        )
        .test_with_shared("batches of twenty trials", folder, golden(large_batches))
        .test_with_shared(
            "differences are explained",
            folder,
            golden(differences_are_explained),
        )
        .test_with_shared(
            "damaged files are refused",
            folder,
            golden(damaged_files_are_refused),
        )
        .test_with_shared(
            "truncated and absent",
            folder,
            golden(truncated_and_absent_files),
        )
        .run();
}
