//! One test per fault of a neutral data set; each message names file and row.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use kenyon_connectome::neutral::read_with;
use kenyon_connectome::{DataError, DataSet, Input, Limits, Side, hash_of};
use kenyon_testing::Suite;

/// A small data set in memory, to be damaged.
#[derive(Clone)]
struct Files {
    descriptor: String,
    files: BTreeMap<&'static str, Vec<u8>>,
    limits: Limits,
}

const NEURONS: &str = "id,population,side,name\n1,KC,left,\"a, b\"\n2,KC,right,\n3,MBON,,m\n";
const CONTACTS: &str = "source,target,compartment,contacts\n1,3,ad,4\n1,3,aa,1\n2,3,ad,5\n";
const ODOURS: &str = "odour,Or1,Or2\nsfr,1,2.5\nbanana,30,0\n";

fn good() -> Files {
    let descriptor = r#"
        schema = 1
        name = "tiny"
        [neurons]
        file = "n.csv"
        count = 3
        [contacts]
        file = "c.csv"
        edges = 2
        contacts = 10
        [responses]
        file = "o.csv"
        clip_low = 0
        clip_high = 100
    "#;
    let files = [("n.csv", NEURONS), ("c.csv", CONTACTS), ("o.csv", ODOURS)];
    Files {
        descriptor: descriptor.to_owned(),
        files: files
            .map(|(name, text)| (name, text.as_bytes().to_vec()))
            .into(),
        limits: Limits::default(),
    }
}

impl Files {
    fn with(mut self, file: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(file, content.into());
        self
    }

    fn descriptor(mut self, from: &str, to: &str) -> Self {
        assert!(self.descriptor.contains(from), "{from}");
        self.descriptor = self.descriptor.replace(from, to);
        self
    }

    fn read(&self) -> Result<DataSet, DataError> {
        read_with(
            &self.descriptor,
            &self.limits,
            &|name| match self.files.get(name) {
                Some(bytes) => Ok(Input::bytes(name, bytes.clone())),
                None => Err(DataError::FileMissing {
                    folder: "memory".into(),
                    path: name.to_owned(),
                    hint: "it is not there".to_owned(),
                }),
            },
        )
    }

    /// The message must hold all of `parts`.
    #[track_caller]
    fn fails(&self, parts: &[&str]) {
        match self.read() {
            Ok(_) => panic!("accepted, but should fail with {parts:?}"),
            Err(error) => {
                let message = error.to_string();
                for part in parts {
                    assert!(message.contains(part), "\"{part}\" is not in: {message}");
                }
            }
        }
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

type Fault = (&'static str, fn());

/// Names and bodies; each body is one fault.
const FAULTS: &[Fault] = &[
    ("missing_column", || {
        good()
            .with("n.csv", "id,name\n1,x\n")
            .fails(&["n.csv", "no column \"population\""]);
        good()
            .with("c.csv", "source,target\n1,3\n")
            .fails(&["c.csv", "no column \"contacts\""]);
    }),
    ("unknown_column", || {
        good()
            .with("n.csv", "id,population,glomerlus\n1,KC,x\n")
            .fails(&["n.csv, row 1", "glomerlus", "glomerulus"]);
    }),
    ("column_twice", || {
        good()
            .with("n.csv", "id,population,id\n1,KC,2\n")
            .fails(&["two columns \"id\""]);
    }),
    ("unknown_neuron", || {
        good()
            .with("c.csv", "source,target,contacts\n1,3,1\n1,4,2\n")
            .fails(&["c.csv, row 3", "neuron 4 is unknown"]);
    }),
    ("neuron_twice", || {
        good()
            .with("n.csv", "id,population\n1,KC\n1,KC\n")
            .fails(&["n.csv, row 3", "neuron 1 is listed a second time"]);
    }),
    ("contacts_twice", || {
        good()
            .with(
                "c.csv",
                "source,target,compartment,contacts\n1,3,ad,4\n2,3,ad,1\n1,3,ad,1\n",
            )
            .fails(&["c.csv, row 4", "ad contacts from neuron 1 to neuron 3"]);
    }),
    ("counts_that_are_none", || {
        for count in [
            "-1",
            "NaN",
            "inf",
            "0.5",
            "",
            "x",
            "0",
            "4294967296",
            "1e3",
            "1000001",
        ] {
            good()
                .with("c.csv", format!("source,target,contacts\n1,3,{count}\n"))
                .fails(&["c.csv, row 2", "\"contacts\"", &format!("\"{count}\"")]);
        }
    }),
    ("unknown_compartment", || {
        good()
            .with("c.csv", "source,target,compartment,contacts\n1,3,xy,4\n")
            .fails(&["row 2", "xy", "aa, ad, da or dd"]);
    }),
    ("truncated_gzip", || {
        let packed = gzip(CONTACTS.as_bytes());
        for length in [
            1,
            5,
            12,
            packed.len() / 2,
            packed.len() - 9,
            packed.len() - 1,
        ] {
            good().with("c.csv", &packed[..length]).fails(&["c.csv"]);
        }
        good()
            .with("c.csv", &packed[..packed.len() - 1])
            .fails(&["truncated or damaged"]);
    }),
    ("damaged_gzip", || {
        let mut packed = gzip(CONTACTS.as_bytes());
        let place = packed.len() - 6;
        packed[place] ^= 0xff;
        good()
            .with("c.csv", packed)
            .fails(&["c.csv cannot be read", "damaged"]);
    }),
    ("gzip_bomb", || {
        let rows = "1,3,1\n".repeat(2_000_000);
        let packed = gzip(rows.as_bytes());
        let mut files = good().with("c.csv", packed);
        files.limits.unpacked_bytes = 1 << 20;
        files.limits.ratio = 100;
        files.fails(&["c.csv", "row"]);
        let spread: String = (1..200_000).map(|id| format!("{id},KC\n")).collect();
        let bomb = gzip(format!("id,population\n{}", spread).as_bytes());
        let mut files = good().with("n.csv", bomb);
        files.limits.unpacked_bytes = 1 << 20;
        files.limits.ratio = 2;
        files.fails(&["n.csv cannot be read", "unpacks to more than 2 times"]);
    }),
    ("endless_row", || {
        let packed = gzip(&vec![b'0'; 3 << 20]);
        let mut files = good().with("c.csv", packed);
        files.limits.record_bytes = 1 << 20;
        files.fails(&["c.csv cannot be read", "one row is longer"]);
        // A quotation mark that never closes makes one cell of all that follows.
        let open = format!("source,target,contacts\n\"{}", "1,2,3\n".repeat(500_000));
        let mut files = good().with("c.csv", open);
        files.limits.record_bytes = 1 << 20;
        files.fails(&["c.csv cannot be read", "quotation mark"]);
    }),
    ("too_many_neurons", || {
        let mut files = good();
        files.limits.neurons = 2;
        files.fails(&["n.csv, row 4", "too many neurons"]);
    }),
    ("wrong_hash", || {
        let wrong = hash_of(b"something else");
        good()
            .descriptor(
                "file = \"n.csv\"",
                &format!("file = \"n.csv\"\nsha256 = \"{wrong}\""),
            )
            .fails(&["n.csv has SHA-256", &wrong]);
    }),
    ("wrong_counts", || {
        good()
            .descriptor("count = 3", "count = 4")
            .fails(&["n.csv holds 3 neurons", "says 4"]);
        good()
            .descriptor("edges = 2", "edges = 3")
            .fails(&["c.csv holds 2 edges", "says 3"]);
        good()
            .descriptor("contacts = 10", "contacts = 9")
            .fails(&["c.csv holds 10 contacts", "says 9"]);
    }),
    ("scattered_population", || {
        good()
            .with("n.csv", "id,population\n1,KC\n3,MBON\n2,KC\n")
            .fails(&["n.csv, row 4", "population \"KC\""]);
    }),
    ("bad_utf8", || {
        good()
            .with("n.csv", b"id,population\n1,K\xff\n".as_slice())
            .fails(&["n.csv, row 2", "UTF-8"]);
        good()
            .with("n.csv", b"id,popul\xffation\n1,KC\n".as_slice())
            .fails(&["n.csv, row 1"]);
    }),
    ("empty_files", || {
        for file in ["n.csv", "c.csv", "o.csv"] {
            good().with(file, "").fails(&[file, "row 1", "no header"]);
            good().with(file, "\n\n").fails(&[file, "row 1"]);
        }
        good()
            .with("n.csv", "id,population\n")
            .fails(&["n.csv, row 1", "no neuron"]);
        good()
            .with("o.csv", "odour,Or1\n")
            .fails(&["o.csv", "no odour"]);
    }),
    ("rows_of_other_length", || {
        good()
            .with("c.csv", "source,target,contacts\n1,3\n")
            .fails(&["c.csv, row 2", "2 cells"]);
    }),
    ("identities_that_are_none", || {
        for id in ["-1", "x", "", "18446744073709551616", "0x10"] {
            good()
                .with("n.csv", format!("id,population\n{id},KC\n"))
                .fails(&["n.csv, row 2", "identity"]);
        }
        for id in ["1.0", "7.2057594e17"] {
            good()
                .with("n.csv", format!("id,population\n{id},KC\n"))
                .fails(&["n.csv, row 2", "floating-point", "export it again"]);
        }
    }),
    ("bad_side_and_partner", || {
        good()
            .with("n.csv", "id,population,side\n1,KC,up\n")
            .fails(&["row 2", "\"up\""]);
        good()
            .with("n.csv", "id,population,partner\n1,KC,y\n")
            .fails(&["row 2", "\"y\""]);
    }),
    ("population_without_name", || {
        good()
            .with("n.csv", "id,population\n1,\n")
            .fails(&["row 2", "name of a population"]);
    }),
    ("descriptor", || {
        for (from, to, parts) in [
            ("schema = 1", "schema = 2", ["schema is 2", "reads 1"]),
            ("name = \"tiny\"", "", ["connectome.toml", "name"]),
            (
                "name = \"tiny\"",
                "name = \"\"",
                ["connectome.toml", "empty"],
            ),
            ("[neurons]", "[neuron]", ["connectome.toml", "neuron"]),
            ("\"n.csv\"", "\"../n.csv\"", ["../n.csv", "in the folder"]),
            (
                "\"n.csv\"",
                "\"/etc/passwd\"",
                ["/etc/passwd", "in the folder"],
            ),
            (
                "edges = 2",
                "compartment = \"zz\"",
                ["zz", "aa, ad, da or dd"],
            ),
            ("clip_high = 100", "clip_high = 0", ["clip_low", "below"]),
            ("clip_high = 100", "clip_high = nan", ["clip_low", "finite"]),
            ("schema = 1", "schema = = 1", ["connectome.toml", "line"]),
        ] {
            good().descriptor(from, to).fails(&parts);
        }
    }),
    ("missing_file", || {
        good()
            .descriptor("\"c.csv\"", "\"d.csv\"")
            .fails(&["d.csv is missing"]);
    }),
    ("odours", || {
        good()
            .with("o.csv", "smell,Or1\nx,1\n")
            .fails(&["o.csv, row 1", "odour"]);
        good()
            .with("o.csv", "odour\nx\n")
            .fails(&["o.csv, row 1", "no receptor"]);
        good()
            .with("o.csv", "odour,A,A\nx,1,2\n")
            .fails(&["two columns \"A\""]);
        good()
            .with("o.csv", "odour,A\nx,1\nx,2\n")
            .fails(&["o.csv, row 3", "second time"]);
        good()
            .with("o.csv", "odour,A\nx,nan\n")
            .fails(&["o.csv, row 2", "finite rate"]);
        good()
            .with("o.csv", "odour,A\n,1\n")
            .fails(&["o.csv, row 2", "name of an odour"]);
        let by_name = "clip_low = 0\nby_name_file = \"p.csv\"";
        good()
            .descriptor("clip_low = 0", by_name)
            .with("p.csv", "odour,x\nbanana,1\nsfr,2\n")
            .fails(&["o.csv and p.csv disagree", "same order"]);
    }),
];

pub fn add(mut suite: Suite) -> Suite {
    for &(name, body) in FAULTS {
        suite = suite.test(name, body);
    }
    suite
        .test("usual_variants_are_read", || {
            let plain = good().read().expect("it reads");
            let same = |files: Files, what: &str| {
                let data = files
                    .read()
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(data.manifest.hash, plain.manifest.hash, "{what}");
            };
            let crlf = NEURONS.replace('\n', "\r\n");
            same(good().with("n.csv", crlf), "CRLF");
            same(good().with("n.csv", format!("\u{feff}{NEURONS}")), "BOM");
            for (separator, name) in [(";", "semicolons"), ("\t", "tabs")] {
                let contacts = CONTACTS.replace(',', separator);
                same(good().with("c.csv", contacts), name);
                let header = NEURONS
                    .replace(',', separator)
                    .replace(&format!("a{separator} b"), "a, b");
                same(good().with("n.csv", header), name);
            }
            same(good().with("n.csv", gzip(NEURONS.as_bytes())), "gzip");
            let (first, second) = CONTACTS.split_at(30);
            let mut members = gzip(first.as_bytes());
            members.extend(gzip(second.as_bytes()));
            same(good().with("c.csv", members), "gzip of several members");
            same(
                good().with("n.csv", NEURONS.trim_end()),
                "no end of line at the end",
            );
            let quoted = NEURONS.replace("1,KC", "\"1\",\"KC\"");
            same(good().with("n.csv", quoted), "quoted");
        })
        .test("values_are_what_is_written", || {
            let huge = u64::MAX;
            let neurons =
                format!("id,population,side,name\n{huge},\"K\"\"C\",L,\"x\ny\"\n0,KD,,\n");
            let contacts = format!("source,target,contacts\n{huge},0,7.0\n0,0,1\n");
            let files = good()
                .with("n.csv", neurons)
                .with("c.csv", contacts)
                .descriptor("count = 3", "count = 2")
                .descriptor("contacts = 10", "contacts = 8");
            let data = files.read().unwrap_or_else(|error| panic!("{error}"));
            let neuron = &data.connectome.neurons()[0];
            assert_eq!((neuron.id, neuron.population.as_str()), (huge, "K\"C"));
            assert_eq!((neuron.side, neuron.name.as_str()), (Side::Left, "x\ny"));
            assert_eq!(data.connectome.contacts()[0].counts, [0, 7, 0, 0]);
            assert_eq!(data.panel.rates[0], [1.0, 2.5]);
        })
}
