//! What describes a task or a model in words: odour panels, labels, time courses, tables of parameters.
//! The first byte says which.
#![no_main]

use std::sync::LazyLock;

use kenyon_analysis::course::{Course, Drawn, LabelledCourses, Panel};
use kenyon_circuit::Circuit;
use kenyon_connectome::{DataSet, ReceptorMapping};
use kenyon_fuzz::{FIVE_NEURONS, five_neurons};
use kenyon_study::{PanelTable, ParameterFormat, Subject, parse_labels, parse_parameters};
use libfuzzer_sys::fuzz_target;

static SUBJECT: LazyLock<(DataSet, Subject)> = LazyLock::new(|| {
    let data = five_neurons();
    let circuit = Circuit::parse(FIVE_NEURONS).expect("the circuit is valid");
    let subject = Subject::new(&data, &circuit, ReceptorMapping::ByPosition)
        .expect("the circuit fits its neurons");
    (data, subject)
});

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let (data, subject) = &*SUBJECT;
    let panel = Panel {
        templates: &[vec![0.0, 0.1], vec![1.0, 0.5], vec![0.2, 0.9]],
        names: &["blank".into(), "a".into(), "b".into()],
        blank: Some(0),
        step_s: 1e-3,
    };
    let problem = match choice % 7 {
        0 => PanelTable::parse("x.csv", text)
            .map_err(|error| error.to_string())
            .err(),
        1 => parse_labels("x.csv", text)
            .map_err(|error| error.to_string())
            .err(),
        2 => Course::parse(text, &panel)
            .map_err(|error| error.to_string())
            .err(),
        3 => Course::from_table(text, &panel)
            .map_err(|error| error.to_string())
            .err(),
        6 => LabelledCourses::parse(text, &panel)
            .and_then(|task| {
                let again = LabelledCourses::parse(&LabelledCourses::canonical(text)?, &panel);
                assert_eq!(again.as_ref(), Ok(&task), "notation does not matter");
                Drawn::new(&task.courses, panel, 0.2).map(|_| ())
            })
            .map_err(|error| error.to_string())
            .err(),
        format => {
            let format = if format == 4 {
                ParameterFormat::Csv
            } else {
                ParameterFormat::Toml
            };
            parse_parameters("x", text, format, subject, &data.connectome)
                .map_err(|error| error.to_string())
                .err()
        }
    };
    // Whatever is refused is refused with a reason.
    assert!(problem.is_none_or(|problem| !problem.is_empty()));
});
