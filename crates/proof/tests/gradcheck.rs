//! The gradient check on the larva, on a drawn larva and on networks of other shapes.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Instant;

use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::{DataSet, sample};
use kenyon_proof::gradcheck::{
    GradcheckError, GradcheckReport, GroupReport, gradcheck, gradcheck_time_course,
};
use kenyon_testing::Suite;

/// The figures of the whole, and the groups that come off worst.
fn show(report: &GradcheckReport) {
    let worst = |figure: fn(&GroupReport) -> f64| {
        let order = |a: &&GroupReport, b: &&GroupReport| figure(a).total_cmp(&figure(b));
        report.groups.iter().max_by(order).unwrap()
    };
    let weakest = worst(|group| -group.largest);
    println!(
        "{:?}\n{:?}",
        worst(|group| group.dual),
        worst(|group| group.difference_maximum)
    );
    println!(
        "weakest gradient: {:.1e} of {}",
        weakest.largest, weakest.name
    );
    println!(
        "seed {}: loss {:.3}, dual {:.1e}, objective {:.1e}, differences: median {:.1e}, \
         maximum {:.1e}, {} judged, {} narrowed, {} excluded",
        report.seed,
        report.loss,
        report.dual,
        report.objective,
        report.difference_median,
        report.difference_maximum,
        report.differences,
        report.narrowed,
        report.excluded
    );
}

fn check(network: &Network, seed: u64, trials: usize) -> GradcheckReport {
    judge(|| gradcheck(network, seed, trials).unwrap())
}

fn judge(report: impl FnOnce() -> GradcheckReport) -> GradcheckReport {
    let start = Instant::now();
    let report = report();
    show(&report);
    println!("{:.2} s", start.elapsed().as_secs_f64());
    // A term dropped from the adjoint cannot hide behind a gradient that is zero anyway.
    assert!(report.inert().is_empty(), "{:?} do not act", report.inert());
    assert!(report.passed());
    assert!(
        report.excluded * 50 <= report.differences,
        "{} excluded",
        report.excluded
    );
    report
}

fn larva(network: &Network) {
    check(network, 3, 2);
    check(network, 5, 3);
    let report = check(network, 6, 2);
    assert_eq!(
        report
            .groups
            .iter()
            .map(|group| group.values)
            .sum::<usize>(),
        4509
    );
    assert_eq!(report.differences + report.excluded, 4509);
    assert!(report.groups.iter().all(|group| group.wired));
    let text = serde_json::to_string(&report).unwrap();
    assert!(
        text.starts_with(r#"{"seed":6,"trials":2,"loss":"#),
        "{text}"
    );
}

/// Another individual, fewer steps, another number of classes.
fn other_networks() {
    let data = sample::sample(3, 1).unwrap();
    let circuit = Circuit::larva()
        .with("time.steps", 24)
        .unwrap()
        .with("readout.classes", 5)
        .unwrap();
    let network = Network::compile(&circuit, &data.connectome).unwrap();
    check(&network, 1, 2);
}

/// Stimuli that change every few steps, in trials longer than the circuit's.
fn time_courses() {
    let data = sample::sample(3, 1).unwrap();
    let circuit = Circuit::larva()
        .with("time.steps", 16)
        .unwrap()
        .with("readout.classes", 5)
        .unwrap();
    let network = Network::compile(&circuit, &data.connectome).unwrap();
    judge(|| gradcheck_time_course(&network, 1, 2, 28).unwrap());
}

fn threads_do_not_matter() {
    let data = sample::sample(3, 1).unwrap();
    let circuit = Circuit::larva().with("time.steps", 4).unwrap();
    let network = Network::compile(&circuit, &data.connectome).unwrap();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| gradcheck(&network, 9, 1).unwrap())
    };
    assert_eq!(with(1), with(3));
}

fn senseless_batches_are_refused() {
    let data = sample::sample(3, 1).unwrap();
    let network = Network::compile(&Circuit::larva(), &data.connectome).unwrap();
    for trials in [0, 17] {
        assert_eq!(
            gradcheck(&network, 1, trials),
            Err(GradcheckError::Trials { trials })
        );
    }
    assert_eq!(
        gradcheck_time_course(&network, 1, 1, 0),
        Err(GradcheckError::Steps { steps: 0 })
    );
}

fn main() {
    Suite::new("gradcheck")
        .test_with_shared("the larva", "data", |path| {
            let data = DataSet::load(&path).unwrap();
            larva(&Network::compile(&Circuit::larva(), &data.connectome).unwrap());
        })
        .test("a drawn larva, other sizes", other_networks)
        .test("time courses", time_courses)
        .test("threads do not matter", threads_do_not_matter)
        .test(
            "senseless batches are refused",
            senseless_batches_are_refused,
        )
        .run();
}
