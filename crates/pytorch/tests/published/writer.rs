//! Files as `torch.save` writes them, for tests on machines without PyTorch.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A tensor to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    pub element: &'static str,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Entry {
    pub fn new(element: &'static str, shape: &[usize], values: Vec<f64>) -> Self {
        assert_eq!(values.len(), shape.iter().product::<usize>());
        Self {
            element,
            shape: shape.to_vec(),
            values,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let number = |&value: &f64| match self.element {
            "float32" => (value as f32).to_le_bytes().to_vec(),
            "float64" => value.to_le_bytes().to_vec(),
            _ => (value as i64).to_le_bytes().to_vec(),
        };
        self.values.iter().flat_map(number).collect()
    }

    fn class(&self) -> &'static str {
        match self.element {
            "float32" => "FloatStorage",
            "float64" => "DoubleStorage",
            _ => "LongStorage",
        }
    }
}

/// A file of one tensor.
pub fn single(entry: &Entry) -> Vec<u8> {
    let mut pickle = Pickle::default();
    pickle.tensor(entry);
    pickle.finish()
}

/// A file of a state dictionary.
pub fn state(entries: &[(String, Entry)]) -> Vec<u8> {
    let mut pickle = Pickle::default();
    pickle
        .body
        .extend_from_slice(b"ccollections\nOrderedDict\n)R(");
    for (key, entry) in entries {
        pickle.text(key);
        pickle.tensor(entry);
    }
    pickle.body.push(b'u');
    pickle.finish()
}

#[derive(Default)]
struct Pickle {
    body: Vec<u8>,
    storages: Vec<Vec<u8>>,
}

impl Pickle {
    fn text(&mut self, text: &str) {
        self.body.push(b'X');
        self.body
            .extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.body.extend_from_slice(text.as_bytes());
    }

    fn integer(&mut self, number: usize) {
        self.body.push(b'J');
        self.body.extend_from_slice(&(number as i32).to_le_bytes());
    }

    fn tuple(&mut self, numbers: &[usize]) {
        self.body.push(b'(');
        for &number in numbers {
            self.integer(number);
        }
        self.body.push(b't');
    }

    fn tensor(&mut self, entry: &Entry) {
        let rebuild = b"ctorch._utils\n_rebuild_tensor_v2\n((";
        self.body.extend_from_slice(rebuild);
        self.text("storage");
        let class = format!("ctorch\n{}\n", entry.class());
        self.body.extend_from_slice(class.as_bytes());
        self.text(&self.storages.len().to_string());
        self.text("cpu");
        self.integer(entry.values.len());
        self.body.extend_from_slice(b"tQK\x00");
        self.tuple(&entry.shape);
        let strides: Vec<usize> = (0..entry.shape.len())
            .map(|dimension| entry.shape[dimension + 1..].iter().product())
            .collect();
        self.tuple(&strides);
        self.body
            .extend_from_slice(b"\x89ccollections\nOrderedDict\n)RtR");
        self.storages.push(entry.bytes());
    }

    fn finish(self) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let mut member = |name: String, bytes: &[u8]| {
            writer.start_file(name, options).expect("a new member");
            writer.write_all(bytes).expect("written");
        };
        let pickle = [&[0x80, 2], &self.body[..], b"."].concat();
        member("archive/data.pkl".to_owned(), &pickle);
        for (number, bytes) in self.storages.iter().enumerate() {
            member(format!("archive/data/{number}"), bytes);
        }
        writer.finish().expect("finished").into_inner()
    }
}
