//! Edits of a circuit: what a study changes.
#![allow(missing_docs, clippy::unwrap_used)]

use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::sample;
use toml::Value;

fn table(text: &str) -> Value {
    Value::Table(toml::from_str(text).unwrap())
}

#[test]
fn several_edits_are_checked_together() {
    let larva = Circuit::larva();
    // The first alone leaves a rule without what it needs.
    let set = [(
        "group.excitatory LN.rule".to_owned(),
        Value::from("annotation"),
    )];
    assert!(larva.edited(&set, &[]).is_err());
    let mut both = set.to_vec();
    both.push(("group.excitatory LN.field".to_owned(), "class".into()));
    both.push((
        "group.excitatory LN.values".to_owned(),
        Value::Array(vec!["picky".into()]),
    ));
    let removed =
        ["quantile", "target", "compartments"].map(|key| format!("group.excitatory LN.{key}"));
    let edited = larva.edited(&both, &removed).unwrap();
    assert!(edited.group[0].quantile.is_none());
    assert_ne!(edited.hash(), larva.hash());
}

#[test]
fn a_key_can_be_added_and_is_checked_like_any_other() {
    let larva = Circuit::larva();
    let fixed = larva
        .with("gap_junction.ln_ln.conductance_S.learned", false)
        .unwrap();
    let data = sample::sample(1, 1).unwrap();
    let network = Network::compile(&fixed, &data.connectome).unwrap();
    assert!(!network.table().group("gap.ln_ln").unwrap().learned);
    assert!(network.table().group("gap.pn_pn").unwrap().learned);
    let error = larva.with("gap_junction.ln_ln.conductance_S.lerned", false);
    assert!(error.unwrap_err().to_string().contains("lerned"));
}

#[test]
fn a_list_grows_only_by_an_element_of_that_name() {
    let larva = Circuit::larva();
    let group = table(
        "name = \"pair\"\npopulation = \"LN\"\nrule = \"annotation\"\nfield = \"id\"\nvalues = [\"1\"]",
    );
    let grown = larva.with("group.pair", group.clone()).unwrap();
    assert_eq!(grown.group.len(), larva.group.len() + 1);
    assert!(larva.with("group.other", group).is_err());
}

#[test]
fn a_group_can_be_listed_by_identity() {
    let data = sample::sample(1, 1).unwrap();
    let range = data.connectome.population("LN").unwrap();
    let ids = data.connectome.neurons()[range]
        .iter()
        .take(3)
        .map(|neuron| neuron.id.to_string())
        .collect::<Vec<_>>();
    let group = table(&format!(
        "name = \"excitatory LN\"\npopulation = \"LN\"\nrule = \"annotation\"\nfield = \"id\"\nvalues = {ids:?}"
    ));
    let circuit = Circuit::larva().with("group.excitatory LN", group).unwrap();
    let network = Network::compile(&circuit, &data.connectome).unwrap();
    let members = network.group("excitatory LN").unwrap();
    assert_eq!(members.iter().filter(|&&member| member).count(), 3);
    assert!(members[..3].iter().all(|&member| member));
}

#[test]
fn unknown_paths_are_refused() {
    let larva = Circuit::larva();
    for path in [
        "nothing.at.all",
        "pathway.nobody.strength_A",
        "time.steps.x",
    ] {
        let error = larva.with(path, 1).unwrap_err().to_string();
        assert!(error.contains(path), "{error}");
    }
    let error = larva.edited(&[], &["pathway.nobody".to_owned()]);
    assert!(error.unwrap_err().to_string().contains("pathway.nobody"));
}
