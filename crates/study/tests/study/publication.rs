//! Every experiment of the publication, much shortened: that all of it runs and every published value
//! has one beside it.

use kenyon_circuit::Circuit;
use kenyon_learning::TrainingSettings;
use kenyon_study::{BuiltIn, Effort, Plan, Verdict, run};
use kenyon_testing::Suite;

use crate::common::{Heard, folder, larva};

pub fn add(suite: Suite) -> Suite {
    suite.test("the whole publication in brief", brief)
}

fn brief() {
    let mut file = BuiltIn::Paper.file();
    file.seeds.truncate(1);
    file.training = TrainingSettings {
        repeats: 1,
        teacher_epochs: 2,
        student_epochs: 2,
        test_repeats: 1,
        ..file.training
    };
    let folder = folder();
    let plan = Plan::new(file, larva(), &Circuit::larva(), folder.path(), true).unwrap();
    assert_eq!(plan.units.len(), 20);
    let comparison = BuiltIn::Paper.comparison(&plan);
    let (outcome, heard) =
        Heard::during(|observer| run(&plan, Effort::Complete, &comparison, observer));
    let (summary, _) = outcome.unwrap();
    assert_eq!(summary.failures, []);
    assert_eq!((heard.finished.len(), heard.fresh.len()), (20, 20));
    let judgement = summary.judgement.unwrap();
    let reason = judgement.not_judged_because.unwrap();
    assert!(reason.contains("statistical larva"), "{reason}");
    assert_eq!(judgement.not_judged, judgement.rows.len());
    // What needs the models of several seeds, or spikes that so short a training does not bring, is
    // missing and nothing else.
    let missing: Vec<&str> = (judgement.rows.iter())
        .filter(|row| row.ours.is_none())
        .map(|row| row.name.as_str())
        .collect();
    assert!(missing.len() < judgement.rows.len() / 10, "{missing:?}");
    assert!(
        judgement
            .rows
            .iter()
            .all(|row| row.verdict == Verdict::NotJudged)
    );
    // Experiments of other circuits, wirings and objectives are compared with the canonical.
    let compared = |family: &str| {
        let own = summary.quantities.iter().filter(|one| one.family == family);
        own.filter(|one| one.effect.is_some()).count()
    };
    // The canonical models are compared with themselves before something was removed.
    let removals = summary.quantities.iter().filter(|one| {
        one.family == "canonical" && one.measurement.contains("_without_") && one.effect.is_some()
    });
    let removals = removals.count();
    assert!(removals > 0);
    assert_eq!(compared("canonical"), removals);
    for family in [
        "no_apl",
        "shuffled",
        "ln_split/ln_split_6_20",
        "loss/energy_50",
        // Measured under names that the canonical experiment does not use.
        "without_depression",
        "odours/odours_14",
    ] {
        assert!(compared(family) > 0, "{family}");
    }
}
