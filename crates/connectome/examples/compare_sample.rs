//! Prints the counts of drawn individuals beside those of the real data:
//! `cargo run --release -p kenyon-connectome --example compare_sample -- [SEEDS [SCALE]]`.

use std::time::Instant;

use kenyon_connectome::descriptor::Descriptor;
use kenyon_connectome::{
    Compartment, CompartmentSet, DataSet, ReceptorMapping, fan_out_split, gap_pairs, sample,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let scale: u32 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let descriptor = Descriptor::winding2023();
    let mut rows: Vec<(String, f64, Vec<f64>)> = Vec::new();
    let mut columns = Vec::new();
    for seed in 0..seeds {
        let start = Instant::now();
        let data = sample::sample(seed, scale)?;
        eprintln!("seed {seed}: {:.3} s", start.elapsed().as_secs_f64());
        columns.push(figures(&descriptor, &data)?);
    }
    let real = DataSet::find(None)
        .ok()
        .map(|data| figures(&descriptor, &data))
        .transpose()?;
    for (place, (name, expected, _)) in columns[0].iter().enumerate() {
        let drawn = columns.iter().map(|column| column[place].2).collect();
        let expected = real.as_ref().map_or(*expected, |real| real[place].2);
        rows.push((name.clone(), expected, drawn));
    }
    for (name, expected, drawn) in rows {
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64 / f64::from(scale);
        let low = drawn.iter().copied().fold(f64::INFINITY, f64::min);
        let high = drawn.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        println!("{name:42} real {expected:9.3}  drawn/scale {mean:9.3}  ({low:.3} to {high:.3})");
    }
    Ok(())
}

type Figure = (String, f64, f64);

fn figures(
    descriptor: &Descriptor,
    data: &DataSet,
) -> Result<Vec<Figure>, Box<dyn std::error::Error>> {
    let set = |codes: &[String]| {
        let members: Vec<Compartment> = codes
            .iter()
            .filter_map(|code| Compartment::from_code(code))
            .collect();
        CompartmentSet::of(&members)
    };
    let rule = &descriptor.split;
    let compartments = set(&rule.compartments);
    let connectome = &data.connectome;
    let split = fan_out_split(
        connectome,
        &rule.source,
        &rule.target,
        compartments,
        rule.quantile,
    );
    let mut figures = Vec::new();
    for row in &descriptor.pathways {
        let edges: Vec<_> = connectome
            .edges(&row.source, &row.target, set(&row.compartments))
            .into_iter()
            .filter(|edge| {
                row.group
                    .is_none_or(|group| split.contains(group, edge.source))
            })
            .collect();
        let contacts: u32 = edges.iter().map(|edge| edge.contacts).sum();
        figures.push((
            format!("{} edges", row.name),
            row.edges as f64,
            edges.len() as f64,
        ));
        figures.push((
            format!("{} contacts", row.name),
            row.contacts as f64,
            f64::from(contacts),
        ));
    }
    for rule in &descriptor.gaps {
        let pairs = gap_pairs(connectome, rule, &split).len();
        figures.push((
            format!("gap {}", rule.name),
            rule.pairs as f64,
            pairs as f64,
        ));
    }
    let (excitatory, inhibitory) = split.counts();
    figures.push((
        "excitatory".to_owned(),
        rule.excitatory as f64,
        excitatory as f64,
    ));
    figures.push((
        "inhibitory".to_owned(),
        rule.inhibitory as f64,
        inhibitory as f64,
    ));
    let templates = data.panel.templates(ReceptorMapping::ByPosition)?;
    let length = |row: &[f64]| row.iter().map(|value| value * value).sum::<f64>().sqrt();
    let mut cosines = Vec::new();
    for (index, first) in templates.iter().enumerate().skip(1) {
        for second in &templates[index + 1..] {
            let dot: f64 = first.iter().zip(second).map(|(a, b)| a * b).sum();
            cosines.push(dot / length(first) / length(second));
        }
    }
    let count = cosines.len() as f64;
    let mean = cosines.iter().sum::<f64>() / count;
    let variance = cosines
        .iter()
        .map(|cosine| (cosine - mean).powi(2))
        .sum::<f64>()
        / count;
    let sum: f64 = templates[1..].iter().flatten().sum::<f64>() / 27.0;
    figures.push(("template cosine mean".to_owned(), 0.0, mean));
    figures.push(("template cosine deviation".to_owned(), 0.0, variance.sqrt()));
    figures.push(("template sum mean".to_owned(), 0.0, sum));
    Ok(figures)
}
