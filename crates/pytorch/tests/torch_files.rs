//! Files that PyTorch wrote, value by value.

use std::path::PathBuf;

use kenyon_pytorch::{Fault, Tensor, Value, read};
use serde_json::{Value as Json, json};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/files")
        .join(name)
}

/// The value in the form of the JSON files.
fn described(value: &Value) -> Json {
    let all = |members: &[Value]| -> Vec<Json> { members.iter().map(described).collect() };
    match value {
        Value::None => json!({ "none": "" }),
        Value::Bool(value) => json!({ "bool": value.to_string() }),
        Value::Integer(value) => json!({ "int": value.to_string() }),
        Value::Float(value) => json!({ "float": value.to_string() }),
        Value::Text(value) => json!({ "str": value.to_string() }),
        Value::Bytes(value) => json!({ "bytes": value.to_vec() }),
        Value::List(members) => json!({ "list": all(members) }),
        Value::Tuple(members) => json!({ "tuple": all(members) }),
        Value::Dictionary(dictionary) => {
            let entries = dictionary.entries().iter();
            let entries: Vec<Json> = entries
                .map(|(key, value)| json!([key.to_string(), described(value)]))
                .collect();
            json!({ "dict": entries })
        }
        Value::Tensor(tensor) => json!({
            "tensor": tensor.element().name(),
            "shape": tensor.shape(),
            "values": tensor.to_f64().iter().map(f64::to_string).collect::<Vec<_>>(),
        }),
    }
}

/// Numbers in one spelling: Python writes `1e-07` and `nan`, Rust `0.0000001` and `NaN`.
fn normalised(json: &Json) -> Json {
    match json {
        Json::Object(fields) => {
            let field = |(name, value): (&String, &Json)| {
                let value = match (name.as_str(), value) {
                    ("str", text) => text.clone(),
                    (_, Json::String(text)) => match text.parse::<f64>() {
                        // Integers beyond 2^53 stay texts.
                        Ok(_) if text.parse::<i128>().is_ok() && name == "int" => json!(text),
                        Ok(number) => json!(number.to_bits().to_string()),
                        Err(_) => json!(text),
                    },
                    ("values", Json::Array(values)) => values
                        .iter()
                        .map(|it| {
                            let text = it.as_str().expect("values are texts");
                            let number: f64 = text.parse().expect("values are numbers");
                            json!(number.to_bits().to_string())
                        })
                        .collect(),
                    (_, other) => normalised(other),
                };
                (name.clone(), value)
            };
            Json::Object(fields.iter().map(field).collect())
        }
        Json::Array(members) => members.iter().map(normalised).collect(),
        other => other.clone(),
    }
}

fn check(kind: &str, version: &str, protocols: &[u32]) {
    let text = std::fs::read_to_string(file(&format!("{kind}-{version}.json"))).expect("readable");
    let expected = normalised(&serde_json::from_str(&text).expect("JSON"));
    for protocol in protocols {
        let name = format!("{kind}-{version}-protocol{protocol}.pt");
        let found = read(&file(&name)).unwrap_or_else(|error| panic!("{error}"));
        let found = normalised(&described(&found));
        let (Some(ours), Some(theirs)) = (found["dict"].as_array(), expected["dict"].as_array())
        else {
            panic!("{name} is no dictionary");
        };
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert_eq!(ours, theirs, "{name}");
        }
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn tensors_of_all_types_and_layouts() {
    check("numbers", "2.15", &[2, 3, 4, 5]);
    check("numbers", "1.13", &[2]);
}

#[test]
fn containers_numbers_texts_and_numpy() {
    check("containers", "2.15", &[2, 3, 4, 5]);
    check("containers", "1.13", &[2]);
}

#[test]
fn networks_and_optimisers() {
    check("training", "2.15", &[2, 3, 4, 5]);
    check("training", "1.13", &[2]);
}

fn tensor<'a>(value: &'a Value, path: &str) -> &'a Tensor {
    let found = value.get(path).unwrap_or_else(|| panic!("no {path}"));
    found
        .as_tensor()
        .unwrap_or_else(|| panic!("{path} is a {}", found.kind()))
}

#[test]
fn paths_lead_through_keys_with_dots() {
    let training = read(&file("training-2.15-protocol2.pt")).expect("readable");
    assert_eq!(
        tensor(&training, "model_state_dict.0.weight").shape(),
        [4, 3]
    );
    let steps = tensor(&training, "optimizer_state_dict.state.0.step");
    assert_eq!((steps.shape(), steps.to_f64()), (&[][..], vec![2.0]));
    let rate = training.get("optimizer_state_dict.param_groups.0.lr");
    assert_eq!(rate, Some(&Value::Float(0.01)));
    assert_eq!(training.get("history.accuracy.1"), Some(&Value::None));
    for missing in ["model_state_dict.0", "history.loss.2", "", "epoch.x"] {
        let found = training.get(missing);
        assert_eq!(found.is_some(), missing.is_empty(), "{missing}");
    }
}

#[test]
fn a_whole_storage_is_not_copied() {
    let numbers = read(&file("numbers-2.15-protocol2.pt")).expect("readable");
    let address = |path| tensor(&numbers, path).bytes().as_ptr();
    assert_eq!(address("float64"), address("same tensor"));
    assert_ne!(address("float64"), address("same storage"));
}

#[test]
fn other_formats_are_named() {
    let fault = |name| read(&file(name)).expect_err("refused").fault;
    assert!(matches!(fault("legacy.pt"), Fault::Legacy));
    assert!(matches!(fault("torchscript.pt"), Fault::TorchScript));
    assert!(matches!(fault("README.md"), Fault::Archive(_)));
    assert!(matches!(fault("not there"), Fault::Read(_)));
}
