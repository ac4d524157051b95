//! Random tables: what comes out is what a simple sum says; and random bytes, which are refused at most.

use std::collections::BTreeMap;

use kenyon_connectome::Input;
use kenyon_connectome::import::{Expression, Layout, import_inputs};
use kenyon_testing::Suite;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::{edges, imported, options};

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

pub fn add(suite: Suite) -> Suite {
    suite
        .test("sums_are_those_of_a_simple_program", || {
            let row = (1..9_u64, 1..9_u64, 0..5_u32, prop_oneof!["aa", "ad", "dd"]);
            let result = runner(100).run(&(vec(row, 1..60), 1..6_u32), |(rows, minimum)| {
                let mut text = String::from("source,target,contacts,compartment\n");
                let mut sums: BTreeMap<(u64, u64), [u32; 4]> = BTreeMap::new();
                for (source, target, count, code) in &rows {
                    text.push_str(&format!("{source},{target},{count},{code}\n"));
                    let place = ["aa", "ad", "da", "dd"].iter().position(|c| c == code);
                    let selected = *source <= 5 && *target <= 5;
                    if selected && *count > 0 {
                        sums.entry((*source, *target)).or_default()[place.expect("known")] += count;
                    }
                }
                sums.retain(|_, counts| counts.iter().sum::<u32>() >= minimum);
                let neurons: String = (1..=7).map(|id| format!("{id}\n")).collect();
                let neurons = format!("id\n{neurons}");
                let mut options = options(&["A = id in [\"1\", '2', 3, 4, 5]"]);
                options.minimum_contacts = minimum;
                let got = imported(&[("n.csv", &neurons), ("c.csv", &text)], &options);
                let expected: Vec<_> =
                    sums.into_iter().map(|((from, to), counts)| (from, to, counts)).collect();
                prop_assert_eq!(edges(&got), expected);
                let counts = got.record.contacts;
                prop_assert_eq!(counts.read.rows, rows.len() as u64);
                Ok(())
            });
            result.unwrap_or_else(|error| panic!("{error}"));
        })
        .test("random_bytes_are_no_accident", || {
            let words = "(id|pre_root_id|post_root_id|syn_count|bodyId|source|target|weight|left_id|right_id|,|;|\t|\"|\n|[0-9]|\\.){0,60}";
            let table = prop_oneof![vec(any::<u8>(), 0..100), words.prop_map(String::into_bytes)];
            let layouts = [Layout::Flywire, Layout::Neuprint, Layout::Matrix, Layout::Edges];
            let layout = proptest::option::of(proptest::sample::select(layouts.to_vec()));
            let result = runner(1000).run(&(vec(table, 1..4), layout), |(tables, layout)| {
                let mut options = options(&["A = true"]);
                options.layout = layout;
                let inputs = tables.into_iter().map(|bytes| Input::bytes("x.csv", bytes)).collect();
                // Whatever comes out, it comes out.
                let _ = import_inputs(inputs, &options);
                Ok(())
            });
            result.unwrap_or_else(|error| panic!("{error}"));
        })
        .test("random_expressions_are_no_accident", || {
            let words = "(id|and|or|not|in|contains|starts_with|==|!=|\\(|\\)|\\[|\\]|,|\"|'|`| |[a-z0-9é\\\\]){0,40}";
            let result = runner(2000).run(&words, |text| {
                let _ = Expression::parse(&text);
                Ok(())
            });
            result.unwrap_or_else(|error| panic!("{error}"));
        })
}
