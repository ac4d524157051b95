//! The same bits on every instruction set: this program runs itself once per level and compares
//! digests of a gradient and of hard spike counts.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::process::Command;
use std::sync::Arc;

use common::digest;
use kenyon_circuit::{
    Circuit, GradedResponses, GradientWorkspace, INSTRUCTION_SET_VARIABLE, InstructionSet,
    InstructionSetError, Interventions, Network, Noise, NoiseStream, Stimulus, TimeCourse,
    TimedStimulus, Upstream, gradient, simulate, simulate_windows,
};
use kenyon_connectome::sample;
use kenyon_testing::Suite;

/// Set for the children: print digests instead of testing.
const CHILD: &str = "KENYON_TEST_DIGEST";
const LEVELS: [InstructionSet; 3] = [
    InstructionSet::Scalar,
    InstructionSet::Avx2,
    InstructionSet::Avx512,
];

fn digests() -> String {
    let network =
        Network::compile(&Circuit::larva(), &sample::sample(5, 1).unwrap().connectome).unwrap();
    let mut parameters = network.table().start();
    for (place, value) in parameters.values.iter_mut().enumerate() {
        *value += ((place * 31 % 17) as f64 - 8.0) * 1e-4;
    }
    let stream = NoiseStream::new(3, "stimuli");
    let stimuli: Vec<Stimulus> = (0..19)
        .map(|trial| Stimulus {
            input: stream
                .uniforms(21, trial)
                .iter()
                .map(|&u| u as f32)
                .collect(),
            trial,
        })
        .collect();
    let noise = Noise::Generated(NoiseStream::new(4, "circuit"));
    let nothing = Interventions::default();
    let upstream = |responses: &GradedResponses| Upstream {
        logits: responses.logits.iter().map(|logit| 0.1 + logit).collect(),
        counts: responses.counts.iter().map(|count| 1e-3 * count).collect(),
    };
    let mut workspace = GradientWorkspace::new(&network);
    let slopes = gradient(
        &mut workspace,
        &network,
        &parameters,
        &stimuli,
        noise,
        &nothing,
        &mut { upstream },
    );
    let hard = simulate(&network, &parameters, &stimuli, noise, &nothing);
    // The same stimuli one after the other, without a pause.
    let frames = stimuli.iter().flat_map(|it| it.input.clone()).collect();
    let schedule = (0..45).map(|step| step / 3).collect();
    let course = Arc::new(TimeCourse::new(21, frames, schedule).unwrap());
    let timed: Vec<TimedStimulus> = (0..19)
        .map(|trial| TimedStimulus {
            course: course.clone(),
            odour_factors: stream.odour_factors(21, 0.3, trial),
            trial,
        })
        .collect();
    let timed_slopes = gradient(
        &mut workspace,
        &network,
        &parameters,
        &timed,
        noise,
        &nothing,
        &mut { upstream },
    );
    let windows = simulate_windows(
        &network,
        &parameters,
        &timed,
        &[0..20, 15..45],
        noise,
        &nothing,
    );
    let counts = windows.iter().flat_map(|window| &window.counts);
    let timed_bits = timed_slopes
        .iter()
        .map(|slope| slope.to_bits())
        .chain(counts.map(|count| u64::from(count.to_bits())));
    assert!(slopes.iter().all(|slope| slope.is_finite()));
    assert!(hard.counts.iter().sum::<f32>() > 1000.0);
    format!(
        "{} {:016x} {:016x} {:016x}",
        InstructionSet::current().name(),
        digest(slopes.iter().map(|slope| slope.to_bits())),
        digest(hard.counts.iter().map(|count| u64::from(count.to_bits()))),
        digest(timed_bits),
    )
}

/// What a child says under a value of the variable; `None` leaves the variable unset.
fn child(level: Option<&str>) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(CHILD, "1").env_remove(INSTRUCTION_SET_VARIABLE);
    if let Some(level) = level {
        command.env(INSTRUCTION_SET_VARIABLE, level);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn digests_agree() {
    let best = child(None);
    let expected = best[1].split_once(' ').unwrap().1.to_owned();
    assert!(best[1].starts_with(InstructionSet::best().name()));
    for level in LEVELS {
        if !InstructionSet::available().contains(&level) {
            println!("skipped {}: this machine does not have it", level.name());
            continue;
        }
        let lines = child(Some(level.name()));
        assert_eq!(lines[0], format!("Ok({level:?})"));
        assert_eq!(lines[1], format!("{} {expected}", level.name()));
    }
}

/// A word that is no level, and a level that the machine lacks, are reported and not obeyed.
fn bad_levels_are_reported() {
    let lines = child(Some("sse9"));
    let unknown: Result<InstructionSet, _> = Err(InstructionSetError::Unknown {
        word: "sse9".to_owned(),
    });
    assert_eq!(lines[0], format!("{unknown:?}"));
    assert!(
        lines[1].starts_with(InstructionSet::best().name()),
        "the best level is used"
    );
    for level in LEVELS {
        if !InstructionSet::available().contains(&level) {
            assert!(child(Some(level.name()))[0].starts_with("Err(Missing"));
        }
    }
    let message = InstructionSetError::Unknown {
        word: "sse9".to_owned(),
    }
    .to_string();
    assert!(
        message.contains("sse9") && message.contains("avx2"),
        "{message}"
    );
    let (asked, best) = (InstructionSet::Avx512, InstructionSet::Scalar);
    let message = InstructionSetError::Missing { asked, best }.to_string();
    assert!(
        message.contains("avx512") && message.contains("scalar"),
        "{message}"
    );
}

fn main() {
    if std::env::var_os(CHILD).is_some() {
        println!("{:?}", InstructionSet::from_environment());
        println!("{}", digests());
        return;
    }
    Suite::new("instruction_sets")
        .test("digests agree", digests_agree)
        .test("bad levels are reported", bad_levels_are_reported)
        .run();
}
