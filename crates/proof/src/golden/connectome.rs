//! Counts, sign groups, gap junctions and odour templates, as our network derives them.

use kenyon_circuit::Network;
use kenyon_connectome::{Compartment, CompartmentSet, Connectome};

use super::comparison::Comparison;
use super::names::CHEMICAL;
use super::{Deviation, FoundData, GoldenError, Vectors};

/// Pathways that are not chemical: label and name.
const INSTANTANEOUS: [(&str, &str); 5] = [
    ("KKdd", "kc_to_kc_dendrite_dendrite"),
    ("KKda", "kc_to_kc_dendrite_axon"),
    ("KA", "kc_to_apl"),
    ("KAd", "kc_to_apl_dendrite_axon"),
    ("AK", "apl_to_kc"),
];
/// Gap junctions: label, name, and the populations they couple.
const GAP_JUNCTIONS: [(&str, &str, [&str; 2]); 3] = [
    ("LL", "ln_ln", ["LN", "LN"]),
    ("PP", "pn_pn", ["PN", "PN"]),
    ("LP", "eln_pn", ["LN", "PN"]),
];
/// The group that the sign rule makes.
const EXCITATORY: &str = "excitatory LN";

/// Templates follow from integers through one division; the file keeps them in `f32`.
const TEMPLATE: f64 = 1e-7;

/// Compares a network with the stored wiring. `what` names the connectome it was compiled from.
pub(crate) fn verify(
    vectors: &Vectors,
    what: &str,
    connectome: &Connectome,
    network: &Network,
) -> Result<Vec<Deviation>, GoldenError> {
    let mut comparison = Comparison {
        vectors,
        deviations: Vec::new(),
    };
    for (label, name) in CHEMICAL.into_iter().chain(INSTANTANEOUS) {
        pathway(&mut comparison, what, (label, name), connectome, network)?;
    }
    let relay = CompartmentSet::of(&[Compartment::AxonDendrite]);
    let unsplit = matrix(connectome, ["LN", "PN"], relay, |_| true);
    comparison.exact(
        what,
        "count.LP",
        &unsplit,
        &vectors.tensor("count.LP")?.values,
    );
    let columns = connectome
        .population("PN")
        .map_or(1, |range| range.len().max(1));
    let targets = |row: &[f64]| row.iter().filter(|&&count| count > 0.0).count() as f64;
    let fan_out: Vec<f64> = unsplit.chunks(columns).map(targets).collect();
    comparison.exact(
        what,
        "ln.fanout",
        &fan_out,
        &vectors.tensor("ln.fanout")?.values,
    );
    let members = network.group(EXCITATORY).unwrap_or_default();
    let members: Vec<f64> = members
        .iter()
        .map(|&member| f64::from(u8::from(member)))
        .collect();
    comparison.exact(
        what,
        "ln.excitatory",
        &members,
        &vectors.tensor("ln.excitatory")?.values,
    );
    for (label, name, between) in GAP_JUNCTIONS {
        let mask = gap_mask(network, name, between);
        let tensor = format!("gap.{label}");
        comparison.exact(what, &tensor, &mask, &vectors.tensor(&tensor)?.values);
    }
    Ok(comparison.deviations)
}

/// Contacts by source and target.
fn matrix(
    connectome: &Connectome,
    [source, target]: [&str; 2],
    compartments: CompartmentSet,
    chosen: impl Fn(usize) -> bool,
) -> Vec<f64> {
    let size = |name| connectome.population(name).map_or(0, |range| range.len());
    let columns = size(target);
    let mut matrix = vec![0.0; size(source) * columns];
    for edge in connectome.edges(source, target, compartments) {
        if chosen(edge.source as usize) {
            matrix[edge.source as usize * columns + edge.target as usize] =
                f64::from(edge.contacts);
        }
    }
    matrix
}

/// One pathway: the matrix its circuit entry selects, and what the compiled network keeps of it.
fn pathway(
    comparison: &mut Comparison<'_>,
    what: &str,
    (label, name): (&str, &str),
    connectome: &Connectome,
    network: &Network,
) -> Result<(), GoldenError> {
    let tensor = format!("count.{label}");
    let golden = &comparison.vectors.tensor(&tensor)?.values;
    let entries = &network.circuit().pathway;
    let entry = entries.iter().find(|entry| entry.name.get_ref() == name);
    let compiled = network
        .pathways()
        .iter()
        .find(|pathway| pathway.name == name);
    let counts = network
        .pathway_counts()
        .into_iter()
        .find(|counts| counts.name == name);
    let (Some(entry), Some(compiled), Some(counts)) = (entry, compiled, counts) else {
        comparison.exact(what, &tensor, &[], golden);
        return Ok(());
    };
    let codes = entry.compartments.iter();
    let compartments: Vec<Compartment> = codes
        .filter_map(|code| Compartment::from_code(code.get_ref()))
        .collect();
    let group = |reference: &str| network.group(reference).unwrap_or_default();
    let (inside, outside) = (&entry.source_group, &entry.source_outside_group);
    let chosen = |source: usize| {
        let member = |reference: &str| group(reference).get(source) == Some(&true);
        inside.as_ref().is_none_or(|name| member(name.get_ref()))
            && outside.as_ref().is_none_or(|name| !member(name.get_ref()))
    };
    let between = [
        entry.source.get_ref().as_str(),
        entry.target.get_ref().as_str(),
    ];
    let matrix = matrix(
        connectome,
        between,
        CompartmentSet::of(&compartments),
        chosen,
    );
    comparison.exact(what, &tensor, &matrix, golden);

    let columns = network.populations()[compiled.target].range.len().max(1);
    let mut golden_targets: Vec<f64> = golden
        .iter()
        .zip(0..)
        .filter(|&(&count, _)| count > 0.0)
        .map(|(_, index): (_, usize)| (index % columns) as f64)
        .collect();
    golden_targets.sort_by(f64::total_cmp);
    golden_targets.dedup();
    let targets: Vec<f64> = compiled
        .targets()
        .iter()
        .map(|&target| f64::from(target))
        .collect();
    comparison.exact(
        what,
        &format!("{tensor} (targets)"),
        &targets,
        &golden_targets,
    );
    let kept = [
        counts.edges as f64,
        counts.contacts as f64,
        f64::from(counts.largest),
    ];
    let golden = [
        golden.iter().filter(|&&count| count > 0.0).count() as f64,
        golden.iter().sum(),
        golden
            .iter()
            .fold(0.0, |largest: f64, &count| largest.max(count)),
    ];
    let name = format!("{tensor} (edges, contacts, largest)");
    comparison.exact(what, &name, &kept, &golden);
    Ok(())
}

/// The 0/1 mask of a set of gap junctions; symmetric inside one population.
fn gap_mask(network: &Network, name: &str, between: [&str; 2]) -> Vec<f64> {
    let range = |name| network.population(name).map_or(0..0, |p| p.range.clone());
    let [rows, columns] = between.map(range);
    let mut mask = vec![0.0; rows.len() * columns.len()];
    let set = network.gap_junctions().iter().find(|set| set.name == name);
    for &(first, second) in set.map(|set| set.pairs.as_slice()).unwrap_or_default() {
        let (first, second) = (first as usize, second as usize);
        for (row, column) in [(first, second), (second, first)] {
            if rows.contains(&row) && columns.contains(&column) {
                mask[(row - rows.start) * columns.len() + column - columns.start] = 1.0;
            }
        }
    }
    mask
}

/// The stored odour templates by position.
pub(crate) fn templates(vectors: &Vectors) -> Result<Vec<Vec<f64>>, GoldenError> {
    let tensor = vectors.tensor("template.by_position")?;
    match tensor.shape[..] {
        [rows, columns] if rows > 0 && columns > 0 => {
            Ok(tensor.values.chunks(columns).map(<[f64]>::to_vec).collect())
        }
        _ => Err(GoldenError::Shape {
            file: vectors.file.clone(),
            tensor: "template.by_position".to_owned(),
            found: tensor.shape.clone(),
            expected: vec![28, 21],
        }),
    }
}

/// Compares the data set's odour templates with the stored ones.
pub(crate) fn verify_templates(
    vectors: &Vectors,
    found: &FoundData,
) -> Result<Vec<Deviation>, GoldenError> {
    let mut comparison = Comparison {
        vectors,
        deviations: Vec::new(),
    };
    comparison.check(
        "data",
        "template.by_position",
        &found.by_position.concat(),
        TEMPLATE,
    );
    let by_name = found.by_name.as_ref().map(|rows| rows.concat());
    comparison.check(
        "data",
        "template.by_name",
        &by_name.clone().unwrap_or_default(),
        TEMPLATE,
    );
    if let Err(reason) = by_name {
        comparison.explain(reason.clone());
    }
    Ok(comparison.deviations)
}
