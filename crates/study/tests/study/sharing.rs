//! What runs share: one training under two names, one teacher of several students; and what they must
//! not share.

use std::collections::BTreeSet;

use kenyon_circuit::Circuit;
use kenyon_study::{Comparison, Effort, Plan, StudyFile, WiringCertificate, run, work_units};
use kenyon_testing::Suite;

use crate::common::{HEAD, complete, files, folder, larva, plan, same_files, tiny, unit};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("one run under two names is trained once", two_names)
        .test("two jobs may have the same run", same_run_in_two_jobs)
        .test(
            "students that differ in what a teacher does not know share it",
            teachers,
        )
        .test("every seed has its own shuffled connectome", shuffled)
        .test("certificates say what was kept", certificates)
        .test(
            "settings that change nothing measured change the run",
            identities,
        )
}

fn twins(seeds: &str) -> String {
    format!("{HEAD}\n[[experiment]]\nname = \"canonical\"\nmeasure = [\"brief\"]\n\n[[experiment]]\nname = \"again\"\nmeasure = [\"brief\"]\n")
        .replace("seeds = [1, 2]", seeds)
}

/// With one seed and several threads both names are worked on at the same time.
fn two_names() {
    for threads in [1, 2, 4] {
        let folder = folder();
        let plan = plan(&twins("seeds = [1]"), folder.path());
        assert_eq!(plan.units[0].folder, plan.units[1].folder);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let (summary, heard) = pool.unwrap().install(|| complete(&plan));
        assert_eq!(heard.fresh.len(), 1, "{threads} threads");
        assert_eq!(heard.finished, ["again/seed1", "canonical/seed1"]);
        assert_eq!(heard.epochs, 2 + 2);
        assert_eq!(summary.runs[0].digest, summary.runs[1].digest);
        assert_eq!(summary.runs[0].measurements, summary.runs[1].measurements);
        assert!(!folder.path().join("again").exists());
    }
}

/// As two processes would: `work_units` shares the folder.
fn same_run_in_two_jobs() {
    let (whole, pieces) = (folder(), folder());
    complete(&plan(&twins("seeds = [1]"), whole.path()));
    let plan = plan(&twins("seeds = [1]"), pieces.path());
    std::thread::scope(|scope| {
        for units in [["canonical/seed1"], ["again/seed1"], ["canonical/seed1"]] {
            let plan = &plan;
            scope.spawn(move || {
                let units = plan.select(&units.map(str::to_owned)).unwrap();
                assert_eq!(work_units(plan, &units, &|_| ()).unwrap(), []);
            });
        }
    });
    kenyon_study::merge(&plan, &Comparison::default(), &|_| ()).unwrap();
    same_files(pieces.path(), &files(whole.path()));
}

fn teachers() {
    let text = format!(
        "{HEAD}
        [circuit.no_ln_gaps.set]
        \"gap_junction.ln_ln.conductance_S\" = {{ start = 1e-30, form = \"log\", learned = false }}
        [circuit.other_teacher.set]
        \"teacher.feedback_iterations\" = 2
        [wiring.swaps]
        kind = \"null\"
        family = \"degree_preserving_swaps\"
        [task.few]
        kind = \"rows\"
        rows = [0, 5, 9]
        [[experiment]]
        name = \"canonical\"
        [[experiment]]
        name = \"loss\"
        loss = [\"ce_only\", \"energy_50\"]
        [[experiment]]
        name = \"replicate\"
        replicate = 1
        [[experiment]]
        name = \"without_depression\"
        depression_off = true
        [[experiment]]
        name = \"no_ln_gaps\"
        circuit = \"no_ln_gaps\"
        [[experiment]]
        name = \"swaps\"
        wiring = \"swaps\"
        [[experiment]]
        name = \"other_teacher\"
        circuit = \"other_teacher\"
        [[experiment]]
        name = \"few\"
        task = \"few\"
        "
    );
    let folder = folder();
    let plan = plan(&text, folder.path());
    let teacher = |id: &str| unit(&plan, id).teacher_folder.as_deref().unwrap();
    let canonical = teacher("canonical/seed1");
    for same in [
        "loss/ce_only/seed1",
        "loss/energy_50/seed1",
        "replicate/seed1",
        "without_depression/seed1",
        "no_ln_gaps/seed1",
    ] {
        assert_eq!(teacher(same), canonical, "{same}");
    }
    for other in [
        "canonical/seed2",
        "swaps/draw1/seed1",
        "other_teacher/seed1",
        "few/seed1",
    ] {
        assert_ne!(teacher(other), canonical, "{other}");
    }
    let students: BTreeSet<&str> = plan.units.iter().map(|unit| unit.folder.as_str()).collect();
    assert_eq!(students.len(), plan.units.len());
}

fn shuffled() {
    let text = format!(
        "{HEAD}
        [wiring.shuffled]
        kind = \"published_shuffle\"
        dopaminergic_neurons = 14
        [[experiment]]
        name = \"canonical\"
        [[experiment]]
        name = \"shuffled\"
        wiring = \"shuffled\"
        "
    )
    .replace("seeds = [1, 2]", "seeds = [42, 43, 44]");
    let folder = folder();
    let plan = plan(&text, folder.path());
    let connectome = |id: &str| plan.subject_of(unit(&plan, id)).connectome_sha256.as_str();
    assert_eq!(
        connectome("canonical/seed42"),
        connectome("canonical/seed44")
    );
    assert_eq!(connectome("canonical/seed42"), larva().connectome.hash());
    let different: BTreeSet<&str> = ["canonical", "shuffled"]
        .iter()
        .flat_map(|name| [42, 43, 44].map(|seed| connectome(&format!("{name}/seed{seed}"))))
        .collect();
    assert_eq!(different.len(), 1 + 3);
    assert_eq!(plan.subjects.len(), 1 + 3);
    // Every seed is a run of one experiment, so seeds, not draws, are its replicates.
    assert_eq!(plan.experiments.len(), 2);
}

fn certificates() {
    let families = [
        "independent_permutation",
        "degree_preserving_swaps",
        "count_permutation",
        "strength_preserving",
    ];
    let mut text = HEAD
        .replace("seeds = [1, 2]", "seeds = [1]")
        .replace("student_epochs = 2", "student_epochs = 1");
    for family in families {
        text += &format!(
            "[wiring.{family}]\nkind = \"null\"\nfamily = \"{family}\"\nconnectomes = 2\nfirst_seed = 7\n[[experiment]]\nname = \"{family}\"\nwiring = \"{family}\"\nmeasure = []\n"
        );
    }
    text += "[wiring.signs]\nkind = \"signs\"\ngroup = \"excitatory LN\"\n[[experiment]]\nname = \"signs\"\nwiring = \"signs\"\nmeasure = []\n";
    let folder = folder();
    let plan = plan(&text, folder.path());
    complete(&plan);
    for unit in &plan.units {
        let path = folder.path().join(&unit.folder).join("wiring.json");
        let stored = std::fs::read(path).unwrap();
        let stored: WiringCertificate = serde_json::from_slice(&stored).unwrap();
        assert_eq!(Some(&stored), plan.subject_of(unit).certificate.as_ref());
        match stored {
            WiringCertificate::Contacts(certificate) => {
                let draw = plan.experiment_of(unit).wiring.as_ref().unwrap();
                assert_eq!(certificate.seed, draw.seed);
                assert_eq!(plan.experiment_of(unit).family, certificate.family.name());
                assert!(certificate.rest_unchanged);
                let checks = certificate.matrices.iter().flat_map(|one| &one.invariants);
                let claimed: Vec<bool> = checks
                    .filter(|one| one.claimed)
                    .map(|one| one.held)
                    .collect();
                assert!(!claimed.is_empty() && claimed.iter().all(|&held| held));
                let moved =
                    |one: &kenyon_connectome::null::MatrixCertificate| one.overlap.unchanged < 1.0;
                assert!(certificate.matrices.iter().any(moved), "{}", unit.id);
            }
            WiringCertificate::Signs(certificate) => {
                assert_eq!(certificate.seed, 1);
                assert!(certificate.shared < certificate.members);
            }
        }
    }
    // Draws are of seeds that follow one another.
    let ids: Vec<&str> = plan.units[..2]
        .iter()
        .map(|unit| unit.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "independent_permutation/draw7/seed1",
            "independent_permutation/draw8/seed1"
        ]
    );
}

/// The identity of a run holds all that its bytes depend on, and nothing else.
fn identities() {
    let folder = folder();
    let ids = |plan: &Plan| -> Vec<String> {
        plan.units
            .iter()
            .map(|unit| unit.identity.run_id.clone())
            .collect()
    };
    let base = ids(&plan(&twins("seeds = [1, 2]"), folder.path()));
    assert_eq!(base[0], base[2]);
    assert_ne!(base[0], base[1]);
    let changed = |from: &str, to: &str| {
        let text = twins("seeds = [1, 2]").replace(from, to);
        assert_ne!(text, twins("seeds = [1, 2]"));
        ids(&plan(&text, folder.path()))
    };
    // Names, measurements and other experiments are nothing that training knows.
    assert_eq!(changed("\"canonical\"", "\"first\""), base);
    assert_eq!(changed("trials = 2", "trials = 3"), base);
    assert_eq!(
        changed("name = \"tiny\"", "name = \"small\"\nabout = \"words\""),
        base
    );
    assert_eq!(
        changed("seeds = [1, 2]", "seeds = [1]"),
        [base[0].clone(), base[0].clone()]
    );
    for (from, to) in [
        ("student_epochs = 2", "student_epochs = 3"),
        ("teacher_epochs = 2", "teacher_epochs = 3"),
        ("repeats = 1", "repeats = 2"),
        ("teacher_epochs", "base_rate = 2e-3\nteacher_epochs"),
        ("seeds = [1, 2]", "seeds = [3, 4]"),
    ] {
        let other = changed(from, to);
        assert!(other.iter().zip(&base).all(|(a, b)| a != b), "{to}");
    }
    // Another circuit to start from, or other data.
    let file = || StudyFile::parse(&twins("seeds = [1, 2]")).unwrap();
    let circuit = Circuit::larva().with("time.steps", 31).unwrap();
    let other = Plan::new(file(), larva(), &circuit, folder.path(), true).unwrap();
    assert_ne!(ids(&other)[0], base[0]);
    let data = kenyon_connectome::sample::sample(2, 1).unwrap();
    let other = Plan::new(file(), &data, &Circuit::larva(), folder.path(), true).unwrap();
    assert_ne!(ids(&other)[0], base[0]);
    // A quick look is of the same runs, but its measurements are others.
    let quick = tiny(folder.path());
    complete(&quick);
    let full = Plan {
        quick: false,
        ..tiny(folder.path())
    };
    let summary = kenyon_study::merge(&full, &Comparison::default(), &|_| ()).unwrap();
    assert_eq!(summary.failures.len(), 8);
    let (summary, _) = run(&full, Effort::Complete, &Comparison::default(), &|_| ()).unwrap();
    assert!(summary.complete);
}
