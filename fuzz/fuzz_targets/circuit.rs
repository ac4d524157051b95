//! Circuit files, compiled for five neurons if they can be read, and study files. The first byte says which.
#![no_main]

use std::sync::LazyLock;

use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::DataSet;
use kenyon_fuzz::five_neurons;
use kenyon_study::StudyFile;
use libfuzzer_sys::fuzz_target;

static DATA: LazyLock<DataSet> = LazyLock::new(five_neurons);

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    if choice % 2 == 1 {
        if let Err(error) = StudyFile::parse(text) {
            let _ = error.to_string();
        }
        return;
    }
    match Circuit::parse(text) {
        Err(error) => drop(error.to_string()),
        // What is simulated must fit in memory; that is the user's choice, not the reader's fault.
        Ok(circuit) if circuit.readout.classes > 1000 => {}
        Ok(circuit) => {
            if let Err(error) = Network::compile(&circuit, &DATA.connectome) {
                let _ = error.to_string();
            }
        }
    }
});
