//! Study files that make no sense, each refused before anything is trained.

use kenyon_testing::Suite;

use crate::common::{HEAD, folder, plan, try_plan};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("faults of a study file are named", faults)
        .test("names that are not there", unknown_names)
        .test("settings that no run can have", settings)
        .test("names that would overwrite files", reserved_names)
        .test("lists that stand for nothing", empty_lists)
        .test(
            "models of different tasks are not measured together",
            across,
        )
        .test(
            "nothing is written before all names are known",
            nothing_written,
        )
}

#[track_caller]
fn refused(text: &str, telling: &[&str]) {
    let folder = folder();
    let path = folder.path().join("results");
    let error = match try_plan(text, &path) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    };
    for part in telling {
        assert!(error.contains(part), "\"{part}\" is not in: {error}");
    }
    assert!(!path.exists());
}

/// A study of one experiment with these further lines.
fn with(lines: &str) -> String {
    format!("{HEAD}\n[[experiment]]\nname = \"one\"\nmeasure = [\"brief\"]\n{lines}")
}

fn faults() {
    refused("name = ", &["line 1"]);
    refused(&with("colour = 1"), &["unknown field `colour`", "line 19"]);
    refused("name = \"none\"\nseeds = [1]\n", &["experiment"]);
    refused(
        "name = \"none\"\nseeds = [1]\nexperiment = []\n",
        &["no [[experiment]]"],
    );
    refused(&with("seeds = []"), &["one", "no seed"]);
    refused(&with("seeds = [4, 5, 4]"), &["one", "seed twice"]);
    refused(
        &with("").replace("seeds = [1, 2]", "seeds = [1, 1]"),
        &["the study", "seed twice"],
    );
    refused(&with("").replace("repeats = 1", "repeats = -1"), &["line"]);
    for name in [
        "",
        "../elsewhere",
        ".hidden",
        "a/b",
        "teachers",
        "two words",
    ] {
        let text = with("").replace("\"one\"", &format!("\"{name}\""));
        refused(&text, &[&format!("is called \"{name}\"")]);
        let text = with("").replace("\"tiny\"", &format!("\"{name}\""));
        refused(&text, &["the study", &format!("\"{name}\"")]);
    }
    refused(
        &with("[[experiment]]\nname = \"one\"\n"),
        &["called \"one\""],
    );
    // As a family and as an experiment: draws of a null model have other names, but the same family.
    let twice = "wiring = \"swaps\"\n[[experiment]]\nname = \"one\"\n[wiring.swaps]\nkind = \"null\"\nfamily = \"erdos_renyi\"\n";
    refused(&with(twice), &["called \"one\""]);
}

fn unknown_names() {
    refused(
        &with("circuit = \"faster\""),
        &["the circuit \"faster\"", "declares none"],
    );
    refused(
        &with("reference = \"two\""),
        &["reference \"two\"", "there are: one"],
    );
    refused(&with("loss = \"cheap\""), &["loss \"cheap\"", "ce_only"]);
    refused(&with("task = \"smell\""), &["task \"smell\""]);
    refused(&with("mapping = \"by_chance\""), &["by_chance", "by_name"]);
    let measure = with("").replace("[\"brief\"]", "[\"speed\"]");
    refused(
        &measure,
        &["measurement \"speed\"", "reevaluation_without_apl", "brief"],
    );
    let edit = |set: &str| with(&format!("circuit = \"edit\"\n[circuit.edit.set]\n{set}\n"));
    refused(
        &edit("\"population.MBON.threshold_V\" = 1"),
        &["\"edit\"", "MBON"],
    );
    refused(&edit("\"time.steps\" = \"many\""), &["\"edit\""]);
    let removal = with("circuit = \"edit\"\n[circuit.edit]\nremove = [\"group.nobody\"]\n");
    refused(&removal, &["\"edit\"", "nobody"]);
    let wiring = |lines: &str| with(&format!("wiring = \"other\"\n[wiring.other]\n{lines}\n"));
    refused(
        &wiring("kind = \"null\"\nfamily = \"friends\""),
        &["friends", "erdos_renyi"],
    );
    let pathway = "kind = \"null\"\nfamily = \"erdos_renyi\"\npathways = [\"kc_to_mbon\"]";
    refused(&wiring(pathway), &["kc_to_mbon", "pn_to_kc"]);
    refused(
        &wiring("kind = \"signs\"\ngroup = \"grumpy LN\""),
        &["grumpy LN", "excitatory LN"],
    );
    let shuffle = "kind = \"published_shuffle\"\ndopaminergic_neurons = 15";
    refused(&wiring(shuffle), &["15", "14 or 28"]);
}

fn settings() {
    let changed = |from: &str, to: &str, telling: &[&str]| {
        let text = with("");
        assert!(text.contains(from));
        refused(&text.replace(from, to), telling);
    };
    changed(
        "\nrepeats = 1\n",
        "\nrepeats = 0\n",
        &["\"one\"", "\"repeats\" is 0"],
    );
    changed("\nrepeats = 1\n", "\nbatch = 0\n", &["\"batch\" is 0"]);
    changed(
        "\nrepeats = 1\n",
        "\nrepeats = 1000000000000000000\n",
        &["noise addresses"],
    );
    changed("\nrepeats = 1\n", "\nbase_rate = nan\n", &["base_rate"]);
    changed(
        "\nrepeats = 1\n",
        "\nbase_rat = 1\n",
        &["unknown field `base_rat`", "line"],
    );
    changed("\ntrials = 2", "\ntrials = 1", &["\"brief\"", "at least 2"]);
    for (lines, telling) in [
        ("odours = []", "no odour"),
        ("odours = [3, 3]", "an odour twice"),
        ("odours = [-1]", "line"),
        ("without = [[]]", "without a removal"),
        (
            "without = [[\"feedback\"], [\"feedback\"]]",
            "same arm twice",
        ),
        ("without = [[\"hope\"]]", "gap_junctions"),
        ("trials = 3", "unknown field"),
    ] {
        let traces = format!("[measurement.traces]\nkind = \"recordings\"\n{lines}\n");
        refused(&with(&traces), &[telling]);
    }
    let loss = "loss = \"other\"\n[loss.other]\nramp_epochs = 1\n[loss.other.energy]\nweight = 1.0\npopulations = [\"MBON\"]\n";
    refused(&with(loss), &["\"one\"", "MBON"]);
}

/// Each of these is the name of another file of a run or a study.
fn reserved_names() {
    for name in ["run", "wiring"] {
        let text = with(&format!("[measurement.{name}]\nkind = \"mixtures\"\n"));
        refused(&text, &[&format!("\"{name}\"")]);
    }
    for name in [
        "summary.json",
        "manifest.json",
        "timings.json",
        "timings-measuring.json",
    ] {
        refused(
            &with("").replace("\"one\"", &format!("\"{name}\"")),
            &[name],
        );
    }
}

fn empty_lists() {
    for list in ["circuit", "wiring", "loss", "task", "mapping"] {
        refused(&with(&format!("{list} = []")), &["\"one\"", list]);
    }
    let none = "wiring = \"none\"\n[wiring.none]\nkind = \"null\"\nfamily = \"erdos_renyi\"\nconnectomes = 0\n";
    refused(&with(none), &["\"none\"", "connectome"]);
    // Values that count twice would pass for more replicates than there are.
    let twice = with("").replace("[\"brief\"]", "[\"brief\", \"brief\"]");
    refused(&twice, &["\"one\"", "\"brief\" twice"]);
}

fn across() {
    let text =
        with("across_seeds = true\ntask = \"few\"\n[task.few]\nkind = \"subset\"\nodours = 5\n");
    refused(&text, &["\"one\"", "across_seeds"]);
    let rows = "across_seeds = true\ntask = \"few\"\n[task.few]\nkind = \"rows\"\nrows = [3, 4]\n";
    assert_eq!(plan(&with(rows), folder().path()).units.len(), 2);
}

fn nothing_written() {
    let folder = folder();
    let path = folder.path().join("results");
    plan(&with(""), &path);
    assert!(!path.exists(), "planning leaves no trace");
}
