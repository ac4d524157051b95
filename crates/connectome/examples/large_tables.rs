//! Writes tables shaped like the exports of FlyWire Codex or neuPrint, of full size and with random contacts,
//! to measure an import: `cargo run --release --example large_tables -- flywire FOLDER [NEURONS] [ROWS]`,
//! then `... -- import FOLDER OUT`, which is `kenyon data import` with the larval populations by class.
//!
//! The same arguments make the same bytes. 368 of the neurons carry the names and numbers of the larval
//! populations, so that the larva's circuit can be simulated on a selection.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use kenyon_connectome::import::{ImportOptions, Populations, Selection, import_tables};

/// Classes of the neurons at the end of the table, with their numbers; all others are "central".
const CLASSES: [(&str, u64); 5] = [
    ("ORN", 42),
    ("LN", 108),
    ("PN", 72),
    ("KC", 144),
    ("APL", 2),
];

const NEUROPILS: [&str; 6] = ["MB_ML_L", "MB_CA_L", "AL_L", "AL_R", "LO_R", "FB"];
const TRANSMITTERS: [&str; 4] = ["ACH", "GABA", "GLUT", "DA"];

/// A generator of numbers: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn class(neuron: u64, neurons: u64) -> &'static str {
    let mut first = neurons;
    for (name, count) in CLASSES.iter().rev() {
        first -= count;
        if neuron >= first {
            return name;
        }
    }
    "central"
}

/// A neuron of the whole table, or in one of eight cases of the classes at its end.
fn draw(random: &mut Random, neurons: u64) -> u64 {
    let named: u64 = CLASSES.iter().map(|(_, count)| count).sum();
    if random.below(8) == 0 {
        neurons - 1 - random.below(named)
    } else {
        random.below(neurons)
    }
}

fn flywire(folder: &Path, neurons: u64, rows: u64) -> io::Result<()> {
    let id = |neuron: u64| 720_575_940_600_000_000 + 7 * neuron;
    let packed = |name: &str| -> io::Result<_> {
        let file = BufWriter::with_capacity(1 << 20, File::create(folder.join(name))?);
        Ok(GzEncoder::new(file, Compression::fast()))
    };
    let mut table = packed("classification.csv.gz")?;
    writeln!(
        table,
        "root_id,flow,super_class,class,sub_class,hemilineage,side,nerve"
    )?;
    for neuron in 0..neurons {
        let side = if neuron % 2 == 0 { "left" } else { "right" };
        let class = class(neuron, neurons);
        writeln!(table, "{},intrinsic,central,{class},,,{side},", id(neuron))?;
    }
    table.finish()?.flush()?;
    let mut table = packed("connections.csv.gz")?;
    writeln!(table, "pre_root_id,post_root_id,neuropil,syn_count,nt_type")?;
    let mut random = Random(1);
    for _ in 0..rows {
        let (source, target) = (draw(&mut random, neurons), draw(&mut random, neurons));
        let neuropil = NEUROPILS[random.below(6) as usize];
        let transmitter = TRANSMITTERS[(source % 4) as usize];
        let count = 1 + random.below(12);
        let (source, target) = (id(source), id(target));
        writeln!(table, "{source},{target},{neuropil},{count},{transmitter}")?;
    }
    table.finish()?.flush()
}

fn neuprint(folder: &Path, neurons: u64, rows: u64) -> io::Result<()> {
    let id = |neuron: u64| 200_000_000 + 31 * neuron;
    let plain = |name: &str| -> io::Result<_> {
        Ok(BufWriter::with_capacity(
            1 << 20,
            File::create(folder.join(name))?,
        ))
    };
    let mut table = plain("traced-neurons.csv")?;
    writeln!(table, "bodyId,type,instance")?;
    for neuron in 0..neurons {
        let class = class(neuron, neurons);
        writeln!(table, "{},{class},{class}_R", id(neuron))?;
    }
    table.flush()?;
    let mut table = plain("traced-total-connections.csv")?;
    writeln!(table, "bodyId_pre,bodyId_post,weight")?;
    let mut random = Random(2);
    for _ in 0..rows {
        let (source, target) = (draw(&mut random, neurons), draw(&mut random, neurons));
        let weight = 1 + random.below(12);
        writeln!(table, "{},{},{weight}", id(source), id(target))?;
    }
    table.flush()
}

/// Selects the larval populations, of class (FlyWire) or type (neuPrint).
fn import(folder: &Path, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let flywire = folder.join("classification.csv.gz").is_file();
    let column = if flywire { "class" } else { "type" };
    let selections = CLASSES
        .iter()
        .map(|(name, count)| {
            let expression = format!("{column} == \"{name}\"");
            Selection::new(name, &expression, Some(*count as usize))
        })
        .collect::<Result<_, _>>()?;
    let options = ImportOptions {
        populations: Populations::Expressions(selections),
        minimum_contacts: 5,
        ..ImportOptions::default()
    };
    let started = Instant::now();
    let imported = import_tables(&[folder.to_owned()], &options)?;
    let read = started.elapsed();
    imported.write(&options.labels, out)?;
    println!(
        "read {read:.1?}, with writing and reading again {:.1?}",
        started.elapsed()
    );
    println!("{}", serde_json::to_string_pretty(&imported.record)?);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [layout, folder, sizes @ ..] = arguments.as_slice() else {
        return Err("usage: large_tables flywire|neuprint FOLDER [NEURONS] [ROWS]".into());
    };
    let folder = Path::new(folder);
    if layout == "import" {
        let out = sizes
            .first()
            .ok_or("usage: large_tables import FOLDER OUT")?;
        return import(folder, Path::new(out));
    }
    let neurons = sizes.first().map_or(Ok(139_000), |text| text.parse())?;
    let rows = sizes.get(1).map_or(Ok(50_000_000), |text| text.parse())?;
    if neurons < 368 {
        return Err("at least 368 neurons are needed".into());
    }
    std::fs::create_dir_all(folder)?;
    match layout.as_str() {
        "flywire" => flywire(folder, neurons, rows)?,
        "neuprint" => neuprint(folder, neurons, rows)?,
        other => return Err(format!("there is no layout \"{other}\"").into()),
    }
    Ok(())
}
