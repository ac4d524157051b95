//! Every fault of a circuit file, an edit or an intervention ends in an error that says what to do.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{TINY, compile, connectome, tiny, tiny_connectome};
use kenyon_circuit::{Circuit, CircuitError, InterventionError, Interventions, Network};
use kenyon_testing::Suite;

/// The tiny circuit with one piece of text replaced; the piece must be there once.
fn replaced(old: &str, new: &str) -> String {
    assert_eq!(TINY.matches(old).count(), 1, "\"{old}\" must be there once");
    TINY.replace(old, new)
}

/// The line on which a piece of text stands, from 1.
fn line(text: &str, piece: &str) -> usize {
    text[..text.find(piece).unwrap()].matches('\n').count() + 1
}

fn the_tiny_circuit_is_sound() {
    let network = compile(&tiny());
    assert_eq!(
        (network.neurons(), network.channels(), network.classes()),
        (7, 2, 3)
    );
    assert_eq!(network.group("even T").unwrap(), [true, false]);
    assert_eq!(network.group("narrow R").unwrap(), [false, true]);
    assert_eq!(network.group("nobody"), None);
    assert!(Circuit::larva().teacher.is_some());
}

/// What is not the schema: the parser's message names the line and the key.
fn syntax() {
    for (old, new, words) in [
        ("schema = 1", "schema = ", &["line 1"][..]),
        (
            "schema = 1",
            "schema = \"one\"",
            &["line 1", "invalid type"][..],
        ),
        (
            "[time]\n",
            "[time]\npace = 3\n",
            &["line 5", "pace", "step_s"][..],
        ),
        ("steps = 30\n", "", &["missing field `steps`"][..]),
        ("steps = 30\n", "steps = -1\n", &["line 6", "-1"][..]),
        (
            "rule = \"annotation\"",
            "rule = \"guess\"",
            &["guess", "fan_out_quantile"][..],
        ),
        (
            "kind = \"running_rate\"",
            "kind = \"rate\"",
            &["`rate`", "running_rate"][..],
        ),
        (
            "model = \"graded\"",
            "model = \"quartic\"",
            &["quartic", "two_compartment"][..],
        ),
        (
            "onto = \"axon\"",
            "onto = \"soma\"",
            &["soma", "dendrite"][..],
        ),
        (
            "sign = \"inhibitory\"",
            "sign = \"negative\"",
            &["negative", "inhibitory"][..],
        ),
        (
            "precision = \"double\"",
            "precision = \"half\"",
            &["half", "double"][..],
        ),
        (
            "[synapse]\ndecay_s = 5.0e-3\n",
            "",
            &["missing field `synapse`"][..],
        ),
    ] {
        let error = Circuit::parse(&replaced(old, new)).unwrap_err();
        let message = error.to_string();
        assert!(
            matches!(error, CircuitError::Syntax { .. }),
            "{new}: {message}"
        );
        for word in words {
            assert!(message.contains(word), "{new}: {message}");
        }
    }
}

/// Checks of meaning with the line of the entry at fault: text, its replacement, what stands on the
/// line named (empty: the file as a whole), words of the message.
fn meaning() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("schema = 1", "schema = 2", "", &["schema is 2", "reads 1"]),
        (
            "step_s = 1.0e-3",
            "step_s = 0.0",
            "",
            &["time.step_s", "positive"],
        ),
        ("steps = 30", "steps = 0", "", &["time.steps"]),
        (
            "steps = 30",
            "steps = 4000000000",
            "",
            &["time.steps", "between 1 and"],
        ),
        (
            "refractory_s = 2.0e-3",
            "refractory_s = 1.0e30",
            "",
            &["membrane.refractory_s", "longer than any trial"],
        ),
        (
            "resistance_ohm = 1.0e9",
            "resistance_ohm = nan",
            "",
            &["resistance_ohm", "NaN"],
        ),
        (
            "refractory_s = 2.0e-3",
            "refractory_s = -1.0",
            "",
            &["refractory_s"],
        ),
        (
            "graded_spike_V = 1.0e-3",
            "graded_spike_V = inf",
            "",
            &["graded_spike_V"],
        ),
        ("decay_s = 5.0e-3", "decay_s = 0", "", &["synapse.decay_s"]),
        (
            "floor_V = -0.080",
            "floor_V = -0.050",
            "",
            &["floor_V", "below", "rest_V"],
        ),
        (
            "release_cv = 0.25",
            "release_cv = -0.1",
            "",
            &["noise.release_cv"],
        ),
        (
            "membrane_V = 1.0e-3",
            "membrane_V = nan",
            "",
            &["noise.membrane_V"],
        ),
        (
            "population = \"R\"\nchannels",
            "population = \"Q\"\nchannels",
            "population = \"Q\"",
            &["no population \"Q\"", "R, T, A, K"],
        ),
        (
            "population = \"R\"\nchannels",
            "population = \"K\"\nchannels",
            "population = \"K\"\nchannels",
            &["leaky_integrate_and_fire"],
        ),
        (
            "channels = 2",
            "channels = 0",
            "",
            &["input.channels", "between 1 and"],
        ),
        (
            "population = \"K\"\nclasses",
            "population = \"A\"\nclasses",
            "population = \"A\"",
            &["spiking"],
        ),
        (
            "classes = 3",
            "classes = 0",
            "",
            &["readout.classes", "between 1 and"],
        ),
        (
            "classes = 3",
            "classes = 1000000000000",
            "",
            &["readout.classes", "between 1 and"],
        ),
        (
            "name = \"T\"",
            "name = \"R\"",
            "name = \"R\"\nmodel = \"leaky_integrate_and_fire\"\ntime_constant_s = { start = 0.020, form = \"log\" }",
            &["second population", "\"R\""],
        ),
        (
            "name = \"narrow R\"",
            "name = \"even T\"",
            "name = \"even T\"\npopulation = \"R\"",
            &["second group"],
        ),
        (
            "name = \"t_to_r\"",
            "name = \"r_to_t\"",
            "name = \"r_to_t\"\nkind = \"chemical\"\nsource = \"T\"",
            &["second pathway"],
        ),
        (
            "[[gap_junction]]",
            "[[depression]]\nname = \"standard\"\nrecovery_s = { start = 0.2, form = \"log\" }\nrelease_probability = { start = 0.3, form = \"logit\" }\n\n[[gap_junction]]",
            "name = \"standard\"\nrecovery_s = { start = 0.2,",
            &["second depression"],
        ),
        (
            "bounds = [0.005, 0.050]",
            "bounds = [0.050, 0.005]",
            "name = \"R\"",
            &["time_constant_s", "bounds", "rising"],
        ),
        (
            "bounds = [0.005, 0.050]",
            "bounds = [0.0, 0.050]",
            "name = \"R\"",
            &["bounds"],
        ),
        (
            "{ start = 0.020, form = \"log\", bounds",
            "{ start = -0.020, form = \"log\", bounds",
            "name = \"R\"",
            &["start = -0.02", "Log"],
        ),
        (
            "{ start = 0.3, form = \"logit\" }",
            "{ start = 1.0, form = \"logit\" }",
            "name = \"standard\"",
            &["release_probability", "Logit"],
        ),
        (
            "{ start = 0.3, form = \"logit\" }",
            "{ form = \"logit\" }",
            "name = \"standard\"",
            &["either start or start_stored"],
        ),
        (
            "{ start = 0.200, form = \"log\" }",
            "{ start = 0.2, start_stored = 1.0, form = \"log\" }",
            "name = \"standard\"",
            &["recovery_s", "either"],
        ),
        (
            "{ start = 0.200, form = \"log\" }",
            "{ start = 0.2, form = \"log\", learning_rate = -1.0 }",
            "name = \"standard\"",
            &["learning_rate"],
        ),
        (
            "{ start_stored = -5.0,",
            "{ start_stored = nan,",
            "name = \"k_to_k_graded\"",
            &["start_stored"],
        ),
        (
            "coupling_S = { start = 10.0e-9, form = \"log\" }\n",
            "",
            "name = \"K\"\nmodel",
            &["needs coupling_S"],
        ),
        (
            "time_constant_s = { start = 0.015, form = \"log\" }\n",
            "",
            "name = \"A\"\nmodel",
            &["needs time_constant_s"],
        ),
        (
            "membrane_time_constant_s = 0.020\n",
            "membrane_time_constant_s = -0.020\n",
            "name = \"K\"\nmodel",
            &["membrane_time_constant_s", "positive"],
        ),
        (
            "model = \"graded\"\n",
            "model = \"graded\"\nthreshold_V = { start = 0.1, form = \"plain\" }\n",
            "name = \"A\"\nmodel",
            &["has no use for threshold_V"],
        ),
        (
            "population = \"T\"\nrule",
            "population = \"Z\"\nrule",
            "population = \"Z\"",
            &["no population \"Z\""],
        ),
        (
            "quantile = 0.5",
            "quantile = 1.5",
            "name = \"narrow R\"",
            &["quantile in [0, 1]"],
        ),
        (
            "target = \"T\"\ncompartments = [\"ad\"]\nquantile",
            "compartments = [\"ad\"]\nquantile",
            "name = \"narrow R\"",
            &["needs target"],
        ),
        (
            "values = [\"even\"]",
            "values = []",
            "name = \"even T\"",
            &["needs field and values"],
        ),
        (
            "field = \"class\"\n",
            "",
            "name = \"even T\"",
            &["needs field and values"],
        ),
        (
            "compartments = [\"aa\"]\nsign",
            "compartments = [\"ax\"]\nsign",
            "compartments = [\"ax\"]",
            &["\"ax\"", "aa, ad, da or dd"],
        ),
        (
            "compartments = [\"aa\"]\nsign",
            "compartments = []\nsign",
            "name = \"k_to_k\"",
            &["compartments is empty"],
        ),
        (
            "source = \"R\"\n",
            "source = \"R\"\nsource_group = \"even T\"\n",
            "source_group = \"even T\"",
            &["belongs to T, not to R"],
        ),
        (
            "source = \"R\"\n",
            "source = \"R\"\nsource_outside_group = \"odd\"\n",
            "source_outside_group",
            &["no group \"odd\""],
        ),
        (
            "source = \"R\"\n",
            "source = \"R\"\nsource_group = \"narrow R\"\nsource_outside_group = \"narrow R\"\n",
            "name = \"r_to_t\"",
            &["not both"],
        ),
        (
            "source = \"R\"\n",
            "source = \"S\"\n",
            "source = \"S\"",
            &["no population \"S\""],
        ),
        (
            "onto = \"axon\"\n",
            "",
            "name = \"k_to_k\"",
            &["onto is needed"],
        ),
        (
            "source = \"R\"\n",
            "source = \"R\"\nonto = \"axon\"\n",
            "name = \"r_to_t\"",
            &["onto is needed"],
        ),
        (
            "onto = \"axon\"\n",
            "onto = \"axon\"\nshunted = true\n",
            "name = \"k_to_k\"",
            &["only currents onto a dendrite"],
        ),
        (
            "sign = \"inhibitory\"\n",
            "",
            "name = \"t_to_r\"",
            &["sign is missing"],
        ),
        (
            "timing = \"previous_step\"\nstrength_A = { start = 1.0e-12, form = \"log\" }\n\n",
            "strength_A = { start = 1.0e-12, form = \"log\" }\n\n",
            "name = \"t_to_r\"",
            &["timing is missing"],
        ),
        (
            "kind = \"running_rate\"\n",
            "kind = \"running_rate\"\nsign = \"inhibitory\"\n",
            "name = \"k_to_a\"",
            &["sign has no meaning here"],
        ),
        (
            "kind = \"running_rate\"\n",
            "kind = \"running_rate\"\ncap_V = 0.1\n",
            "name = \"k_to_a\"",
            &["cap_V"],
        ),
        (
            "kind = \"running_rate\"\n",
            "kind = \"running_rate\"\ndepression = \"standard\"\n",
            "name = \"k_to_a\"",
            &["depression belongs to chemical"],
        ),
        (
            "kind = \"running_rate\"\nsource = \"K\"\ntarget = \"A\"\n",
            "kind = \"running_rate\"\nsource = \"K\"\ntarget = \"T\"\n",
            "name = \"k_to_a\"",
            &["running_rate leads from"],
        ),
        (
            "name = \"a_to_k\"\nkind = \"shunting\"\nsource = \"A\"",
            "name = \"a_to_k\"\nkind = \"shunting\"\nsource = \"T\"",
            "name = \"a_to_k\"",
            &["shunting leads from"],
        ),
        (
            "name = \"k_to_a_graded\"\nkind = \"graded\"\nsource = \"K\"",
            "name = \"k_to_a_graded\"\nkind = \"graded\"\nsource = \"A\"",
            "name = \"k_to_a_graded\"",
            &["graded pathways read"],
        ),
        (
            "name = \"t_to_r\"\nkind = \"chemical\"\nsource = \"T\"",
            "name = \"t_to_r\"\nkind = \"chemical\"\nsource = \"A\"",
            "name = \"t_to_r\"",
            &["join spiking populations"],
        ),
        (
            "sign = \"inhibitory\"\ntiming = \"previous_step\"",
            "sign = \"inhibitory\"\ntiming = \"same_step\"",
            "name = \"t_to_r\"",
            &["acts within a step", "T must stand before R"],
        ),
        (
            "between = [\"T\", \"T\"]",
            "between = [\"T\", \"K\"]",
            "between",
            &["gap junctions couple leaky"],
        ),
        (
            "between = [\"T\", \"T\"]",
            "between = [\"T\", \"U\"]",
            "between",
            &["no population \"U\""],
        ),
        (
            "rule = \"contact\"",
            "rule = \"shared_input\"",
            "name = \"t_t\"",
            &["shared_input needs input"],
        ),
        (
            "between = [\"T\", \"T\"]",
            "between = [\"T\", \"T\"]\ninput = \"R\"",
            "name = \"t_t\"",
            &["shared_input"],
        ),
        (
            "conductance_S = { start = 1.0e-13",
            "conductance_S = { start = 0.0",
            "name = \"t_t\"",
            &["conductance_S"],
        ),
    ];
    for (old, new, place, words) in cases {
        let text = replaced(old, new);
        // Without a place of its own, the fault stands where the text was changed.
        let expected = line(&text, if place.is_empty() { new } else { place });
        match Circuit::parse(&text) {
            Err(CircuitError::Meaning { line, problem }) => {
                assert_eq!(line, expected, "{new}: {problem}");
                let missing = words.iter().find(|word| !problem.contains(**word));
                assert!(missing.is_none(), "{new}: \"{problem}\" lacks {missing:?}");
                let shown = CircuitError::Meaning {
                    line,
                    problem: problem.clone(),
                }
                .to_string();
                assert_eq!(shown, format!("line {line}: {problem}"));
            }
            other => panic!("{new}: {other:?}"),
        }
    }
    // One depression that nobody defines.
    let text = TINY.replacen("depression = \"standard\"", "depression = \"none\"", 1);
    let error = Circuit::parse(&text).unwrap_err();
    assert!(
        error.to_string().contains("no depression \"none\""),
        "{error}"
    );
    // A second set of gap junctions of the same name.
    let set = &TINY[TINY.find("[[gap_junction]]").unwrap()..];
    let error = Circuit::parse(&format!("{TINY}\n{set}")).unwrap_err();
    assert!(error.to_string().contains("second gap junction"), "{error}");
}

/// What the connectome lacks.
fn connectomes() {
    let fault = |circuit: &Circuit, connectome| match Network::compile(circuit, connectome) {
        Err(CircuitError::Connectome { line, problem }) => (line, problem),
        other => panic!("{:?}", other.map(|network| network.neurons())),
    };
    let small = connectome(&[("R", 2), ("T", 2), ("A", 1)], &[]);
    let (at, problem) = fault(&tiny(), &small);
    assert_eq!(at, line(TINY, "name = \"K\"\nmodel"));
    assert!(
        problem.contains("no population \"K\"") && problem.contains("R, T, A"),
        "{problem}"
    );
    let text = replaced("channels = 2", "channels = 3");
    let (at, problem) = fault(&Circuit::parse(&text).unwrap(), &tiny_connectome());
    assert_eq!(at, line(&text, "population = \"R\"\nchannels"));
    assert!(
        problem.contains("3 channels x 1") && problem.contains("R has 2"),
        "{problem}"
    );
    // An annotation that does not exist shows when the connectome is asked for it.
    let text = replaced("field = \"class\"", "field = \"colour\"");
    match Network::compile(&Circuit::parse(&text).unwrap(), &tiny_connectome()) {
        Err(CircuitError::Meaning { line: at, problem }) => {
            assert_eq!(at, line(&text, "field = \"colour\""));
            assert!(problem.contains("\"colour\" is no annotation"), "{problem}");
        }
        other => panic!("{:?}", other.map(|network| network.neurons())),
    }
}

fn edits() {
    let circuit = tiny();
    let changed = circuit
        .with("pathway.r_to_t.strength_A.start", 2e-12)
        .unwrap();
    assert_ne!(changed.hash(), circuit.hash());
    let back = changed
        .with("pathway.r_to_t.strength_A.start", 1e-12)
        .unwrap();
    assert_eq!(back.hash(), circuit.hash());
    let commented = Circuit::parse(&format!("# a comment\n{TINY}")).unwrap();
    assert_eq!(commented.hash(), circuit.hash(), "comments do not count");
    for path in ["pathway.s_to_t.sign", "schema.version", "pathway..sign"] {
        let error = circuit.with(path, 1.0).unwrap_err();
        assert!(matches!(error, CircuitError::Edit { .. }), "{error}");
        let named = format!("\"{path}\"");
        assert!(error.to_string().contains(&named), "{error}");
    }
    // A key that is not there is added, and refused as in a file if the schema does not know it.
    for (path, key) in [
        ("time.pace", "pace"),
        ("pathway.r_to_t.colour", "colour"),
        ("population", "population"),
        ("", "unknown field"),
    ] {
        let error = circuit.with(path, 1.0).unwrap_err();
        assert!(matches!(error, CircuitError::Syntax { .. }), "{error}");
        assert!(error.to_string().contains(key), "{error}");
    }
    // An edit is checked like a file.
    let error = circuit.with("time.steps", 0).unwrap_err();
    assert!(error.to_string().contains("time.steps is 0"), "{error}");
    let error = circuit.with("time.steps", "many").unwrap_err();
    assert!(matches!(error, CircuitError::Syntax { .. }), "{error}");
}

fn interventions() {
    let network = compile(&tiny());
    let refused = |changes: Interventions| changes.check(&network).unwrap_err();
    let none = Interventions::default;
    assert_eq!(none().check(&network), Ok(()));
    let name = || "Q".to_owned();
    let unknown = InterventionError::UnknownPopulation { name: name() };
    for changes in [
        Interventions {
            boosts: vec![(name(), 1.0)],
            ..none()
        },
        Interventions {
            currents: vec![(name(), None, 1e-9)],
            ..none()
        },
        Interventions {
            silenced: vec![(name(), Some(0))],
            ..none()
        },
    ] {
        assert_eq!(refused(changes), unknown);
    }
    let beyond = InterventionError::UnknownNeuron {
        name: "T".to_owned(),
        index: 2,
        size: 2,
    };
    for changes in [
        Interventions {
            currents: vec![("T".to_owned(), Some(2), 1e-9)],
            ..none()
        },
        Interventions {
            silenced: vec![("T".to_owned(), Some(2))],
            ..none()
        },
    ] {
        assert_eq!(refused(changes), beyond);
    }
    let missing = refused(Interventions {
        disabled_pathways: vec![name()],
        ..none()
    });
    assert_eq!(missing, InterventionError::UnknownPathway { name: name() });
    let graded = refused(Interventions {
        boosts: vec![("K".to_owned(), 1.0)],
        ..none()
    });
    assert_eq!(
        graded,
        InterventionError::NotGraded {
            name: "K".to_owned()
        }
    );
    let spiking = refused(Interventions {
        currents: vec![("A".to_owned(), None, 1.0)],
        ..none()
    });
    assert_eq!(
        spiking,
        InterventionError::NotSpiking {
            name: "A".to_owned()
        }
    );
    for error in [unknown, beyond, missing, graded, spiking] {
        let text = error.to_string();
        assert!(
            ["\"Q\"", "\"T\"", "\"K\"", "\"A\""]
                .iter()
                .any(|name| text.contains(name)),
            "{text}"
        );
    }
}

fn main() {
    Suite::new("faults")
        .test("the tiny circuit is sound", the_tiny_circuit_is_sound)
        .test("syntax", syntax)
        .test("meaning", meaning)
        .test("connectomes", connectomes)
        .test("edits", edits)
        .test("interventions", interventions)
        .run();
}
