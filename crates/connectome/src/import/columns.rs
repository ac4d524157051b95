//! The layouts that are known by the names of their columns.

use serde::{Deserialize, Serialize};

/// How a table of contacts is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Exports of FlyWire Codex: one row per pair of neurons and neuropil.
    Flywire,
    /// Exports of neuPrint, such as the hemibrain: one row per pair of neurons.
    Neuprint,
    /// Dense matrices as CATMAID writes them, such as the supplement of Winding et al.
    Matrix,
    /// Any list of pairs.
    Edges,
}

impl Layout {
    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flywire => "flywire",
            Self::Neuprint => "neuprint",
            Self::Matrix => "matrix",
            Self::Edges => "edges",
        }
    }

    /// Names of the columns of presynaptic and postsynaptic identities and of the number of contacts.
    pub(crate) const fn contact_columns(self) -> [&'static [&'static str]; 3] {
        match self {
            Self::Flywire => [
                &["pre_root_id", "pre_pt_root_id", "pre_pt_supervoxel_root_id"],
                &[
                    "post_root_id",
                    "post_pt_root_id",
                    "post_pt_supervoxel_root_id",
                ],
                &["syn_count", "n_syn", "weight", "count"],
            ],
            Self::Neuprint => [
                &[
                    "bodyid_pre",
                    "body_pre",
                    "body_id_pre",
                    ":start_id(body-id)",
                    ":start_id",
                ],
                &[
                    "bodyid_post",
                    "body_post",
                    "body_id_post",
                    ":end_id(body-id)",
                    ":end_id",
                ],
                &["weight", "weight:int", "syn_count", "weighthp"],
            ],
            Self::Edges => [
                &[
                    "source",
                    "source_id",
                    "pre",
                    "pre_id",
                    "presynaptic",
                    "presynaptic_id",
                    "from",
                    "pre_skid",
                    "skeleton_id_pre",
                    "upstream",
                ],
                &[
                    "target",
                    "target_id",
                    "post",
                    "post_id",
                    "postsynaptic",
                    "postsynaptic_id",
                    "to",
                    "post_skid",
                    "skeleton_id_post",
                    "downstream",
                ],
                &[
                    "contacts",
                    "weight",
                    "syn_count",
                    "synapses",
                    "synapse_count",
                    "count",
                    "n_syn",
                    "n_synapses",
                    "n",
                ],
            ],
            Self::Matrix => [&[], &[], &[]],
        }
    }

    /// Layouts of pair lists, in the order in which they are tried.
    pub(crate) const LISTS: [Self; 3] = [Self::Flywire, Self::Neuprint, Self::Edges];
}

/// Names of the column that identifies a neuron.
pub(crate) const ID: &[&str] = &[
    "root_id",
    "pt_root_id",
    "bodyid",
    "body_id",
    ":id(body-id)",
    "skid",
    "skeleton_id",
    "neuron_id",
    "id",
];

/// Names of the columns of a table of pairs of neurons.
pub(crate) const LEFT: &[&str] = &["left_id", "left_skid"];
/// The right one.
pub(crate) const RIGHT: &[&str] = &["right_id", "right_skid"];

/// Names of the column of the transmitter that a row of contacts is predicted to have.
pub(crate) const CONTACT_TRANSMITTER: &[&str] =
    &["nt_type", "neurotransmitter", "transmitter", "top_nt"];

/// Names of the column of the part of the brain.
pub(crate) const REGION: &[&str] = &["neuropil", "roi"];

/// Names of the column of the compartments of a contact.
pub(crate) const COMPARTMENT: &[&str] = &["compartment", "compartments"];

/// What stands where one side of a pair does not exist.
pub(crate) const NO_PAIR: [&str; 3] = ["no pair", "", "na"];

/// A property of a neuron in the neutral format that is taken from a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// Side of the body.
    Side,
    /// Class inside the population.
    Class,
    /// Name.
    Name,
    /// Glomerulus or receptor type.
    Glomerulus,
    /// Transmitter.
    Transmitter,
    /// Identity of the left/right homologue.
    Partner,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 6] = [
        Self::Side,
        Self::Class,
        Self::Name,
        Self::Glomerulus,
        Self::Transmitter,
        Self::Partner,
    ];

    /// The name on the command line and in the neutral table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Side => "side",
            Self::Class => "class",
            Self::Name => "name",
            Self::Glomerulus => "glomerulus",
            Self::Transmitter => "transmitter",
            Self::Partner => "partner",
        }
    }

    /// Columns from which the field is filled if no option says otherwise; the first that exists.
    pub(crate) const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Side => &["side", "hemisphere", "somaside", "soma_side"],
            Self::Class => &[
                "cell_type",
                "primary_type",
                "type",
                "cell_class",
                "sub_class",
                "class",
            ],
            Self::Name => &["name", "instance"],
            Self::Glomerulus => &["glomerulus"],
            Self::Transmitter => &[
                "transmitter",
                "neurotransmitter",
                "nt_type",
                "top_nt",
                "predicted_nt",
                "predictednt",
                "consensusnt",
                "consensus_nt",
                "conf_nt",
            ],
            Self::Partner => &["partner", "partner_id", "partner_skid"],
        }
    }
}

/// A name without what differs between exports: capitals and outer spaces.
pub(crate) fn simple(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

/// A column of identities: its place, and what must be added to its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdColumn {
    pub place: usize,
    /// Codex writes `pre_root_id_720575940` above columns whose numbers lack these leading digits.
    pub prefix: u64,
}

/// Numbers of identities behind a prefix: nine digits.
const BEHIND_PREFIX: u64 = 1_000_000_000;

impl IdColumn {
    /// The full identity.
    pub const fn full(self, id: u64) -> u64 {
        if self.prefix > 0 && id < BEHIND_PREFIX {
            // A prefix is short enough for this, see `find_id`.
            self.prefix * BEHIND_PREFIX + id
        } else {
            id
        }
    }
}

/// The place of the first of `names` in a header.
pub(crate) fn find(header: &[String], names: &[&str]) -> Option<usize> {
    names
        .iter()
        .find_map(|name| header.iter().position(|column| simple(column) == *name))
}

/// The place of a column of identities: one of `names`, or such a name with a prefix of digits behind it.
pub(crate) fn find_id(header: &[String], names: &[&str]) -> Option<IdColumn> {
    if let Some(place) = find(header, names) {
        return Some(IdColumn { place, prefix: 0 });
    }
    names.iter().find_map(|name| {
        header.iter().enumerate().find_map(|(place, column)| {
            let column = simple(column);
            let digits = column.strip_prefix(name)?.strip_prefix('_')?;
            let prefix: u64 = digits.parse().ok()?;
            (prefix < u64::MAX / BEHIND_PREFIX).then_some(IdColumn { place, prefix })
        })
    })
}
