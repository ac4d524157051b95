//! Round trips of random data sets, and random bytes, which are refused but never more than that.

use kenyon_connectome::neutral::{Labels, read_with, write};
use kenyon_connectome::{
    Connectome, Contact, DataSet, Input, Limits, Manifest, Neuron, OdourPanel, Side,
};
use kenyon_connectome::{Individual, SourceKind};
use kenyon_testing::Suite;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("random_data_sets_survive", || {
            let config = ProptestConfig {
                cases: 40,
                failure_persistence: None,
                ..ProptestConfig::default()
            };
            let mut runner = TestRunner::new(config);
            let result = runner.run(&data_set(), |data| {
                let parent = TempDir::new().expect("a folder");
                let folder = parent.path().join("x");
                let labels = Labels {
                    name: "x".to_owned(),
                    ..Labels::default()
                };
                write(&data, &labels, "{}", &folder)
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                let again = DataSet::load(&folder)
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(again.connectome.neurons(), data.connectome.neurons());
                prop_assert_eq!(again.connectome.contacts(), data.connectome.contacts());
                prop_assert_eq!(again.connectome.hash(), data.connectome.hash());
                prop_assert_eq!(again.panel.hash(), data.panel.hash());
                Ok(())
            });
            result.unwrap_or_else(|error| panic!("{error}"));
        })
        .test("random_bytes_are_no_accident", || {
            let config = ProptestConfig {
                cases: 500,
                failure_persistence: None,
                ..ProptestConfig::default()
            };
            let descriptor =
                "schema = 1\nname = \"x\"\n[neurons]\nfile = \"n\"\n[contacts]\nfile = \"c\"\n";
            let table = prop_oneof![
                vec(any::<u8>(), 0..200),
                "(id|source|target|population|contacts|,|;|\"|\n|[0-9]|\u{feff}){0,40}"
                    .prop_map(String::into_bytes),
            ];
            let mut runner = TestRunner::new(config);
            let result = runner.run(&(table.clone(), table), |(neurons, contacts)| {
                // Whatever comes out, it comes out.
                let _ = read_with(descriptor, &Limits::default(), &|name| {
                    let bytes = if name == "n" { &neurons } else { &contacts };
                    Ok(Input::bytes(name, bytes.clone()))
                });
                Ok(())
            });
            result.unwrap_or_else(|error| panic!("{error}"));
        })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,6}", "[ ,;\"'\r\n\t\\\\é\u{feff}a]{0,8}"]
}

fn neuron(population: String) -> impl Strategy<Value = (Neuron, u64)> {
    let side = prop_oneof![Just(Side::Left), Just(Side::Right), Just(Side::Unknown)];
    let partner = proptest::option::of(any::<u64>());
    (
        any::<u64>(),
        side,
        [text(), text(), text(), text()],
        partner,
    )
        .prop_map(
            move |(id, side, [class, name, glomerulus, transmitter], partner)| {
                let neuron = Neuron {
                    id,
                    population: population.clone(),
                    side,
                    class,
                    name,
                    glomerulus,
                    transmitter,
                    partner,
                };
                (neuron, id)
            },
        )
}

fn neurons() -> impl Strategy<Value = Vec<Neuron>> {
    let first = vec(neuron("KC, \"odd\"".to_owned()), 1..8);
    let second = vec(neuron("MBON".to_owned()), 0..8);
    (first, second).prop_map(|(first, second)| {
        let mut seen = std::collections::HashSet::new();
        let all = first.into_iter().chain(second);
        all.filter(|(_, id)| seen.insert(*id))
            .map(|(neuron, _)| neuron)
            .collect()
    })
}

fn panel() -> impl Strategy<Value = OdourPanel> {
    let rate = || -1e6_f64..1e6;
    (1..4_usize, 1..4_usize, proptest::option::of(1..3_usize)).prop_flat_map(
        move |(odours, receptors, pairs)| {
            let rates = vec(vec(rate(), receptors), odours);
            let by_name = vec(vec(rate(), pairs.unwrap_or(1)), odours);
            (rates, by_name, text()).prop_map(move |(rates, by_name, extra)| OdourPanel {
                odours: (0..odours)
                    .map(|odour| format!("o{odour}{extra}"))
                    .collect(),
                receptors: (0..receptors)
                    .map(|receptor| format!("Or{receptor}"))
                    .collect(),
                rates,
                rates_by_name: pairs
                    .map(|_| by_name.clone())
                    .ok_or_else(|| "none".to_owned()),
                clip_low: -3.25,
                clip_high: 1e3,
            })
        },
    )
}

fn data_set() -> impl Strategy<Value = DataSet> {
    (
        neurons(),
        btree_map(
            (0..16_u32, 0..16_u32),
            [0..3_u32, 0..3, 0..1_000_001, 0..3],
            0..30,
        ),
        panel(),
    )
        .prop_map(|(neurons, pairs, panel)| {
            let count = neurons.len() as u32;
            let contacts = pairs
                .into_iter()
                .filter(|((source, target), _)| *source < count && *target < count)
                .map(|((source, target), counts)| Contact {
                    source,
                    target,
                    counts,
                })
                .collect();
            let connectome = Connectome::new(neurons, contacts).expect("a connectome");
            DataSet {
                manifest: Manifest::describe("x", SourceKind::Neutral, &connectome, &panel),
                connectome,
                panel,
                individual: Individual::Real,
            }
        })
}
