//! Figures look as they did. `KENYON_UPDATE_FIGURES=1` accepts how they look now.

use std::path::PathBuf;

use kenyon_report::{pdf, pixels};
use kenyon_testing::Suite;
use resvg::tiny_skia::Pixmap;

use crate::fixture::specimen;

const DOTS_PER_INCH: f64 = 72.0;
/// Mean difference of a colour channel, of 255, that no eye sees: rounding of edges.
const TOLERANCE: f64 = 0.5;
/// The figures whose look is kept: one of each kind.
const KEPT: [&str; 12] = [
    "1_circuit",
    "2_core",
    "3_concentration",
    "4_abl",
    "S2_confusion_matrix",
    "S3_within_odor_consistency",
    "S4_threshold_scaling",
    "effects",
    "null_models",
    "odour_trees",
    "parameters",
    "currents",
];

pub fn add(suite: Suite) -> Suite {
    suite
        .test("figures_look_as_they_did", snapshots)
        .test("files_are_the_same_every_time", files)
}

fn snapshots() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/report/snapshots");
    let update = std::env::var_os("KENYON_UPDATE_FIGURES").is_some();
    let mut changed = Vec::new();
    for id in KEPT {
        let now = pixels(&specimen().figure(id).drawing, DOTS_PER_INCH).expect("a picture");
        let file = folder.join(format!("{id}.png"));
        if update {
            now.save_png(&file).expect("the snapshot");
            continue;
        }
        let before = Pixmap::load_png(&file).expect("a snapshot; KENYON_UPDATE_FIGURES=1 makes it");
        let difference = difference(&before, &now);
        if difference > TOLERANCE {
            let shown = std::env::temp_dir().join(format!("kenyon-{id}.png"));
            now.save_png(&shown).expect("the picture");
            changed.push(format!("{id} by {difference:.2}, see {}", shown.display()));
        }
    }
    assert!(
        changed.is_empty(),
        "figures look different; look at them and accept with KENYON_UPDATE_FIGURES=1:\n{}",
        changed.join("\n")
    );
}

/// Mean absolute difference of all channels; pictures of other sizes are all different.
fn difference(a: &Pixmap, b: &Pixmap) -> f64 {
    if (a.width(), a.height()) != (b.width(), b.height()) {
        return 255.0;
    }
    let pairs = a.data().iter().zip(b.data());
    let sum: f64 = pairs.map(|(&a, &b)| f64::from(a.abs_diff(b))).sum();
    sum / a.data().len() as f64
}

fn files() {
    let figure = specimen().figure("4_abl");
    assert_eq!(
        pdf(&figure.drawing).expect("a PDF"),
        pdf(&figure.drawing).expect("a PDF")
    );
    let again = kenyon_report::figures(&specimen().results).expect("the figures");
    assert_eq!(again, specimen().figures);
}
