//! Which populations play which part in the teacher, and what can be wrong with that.

use kenyon_connectome::{Compartment, CompartmentSet};

/// Which populations play which part, as the circuit file's `[teacher]` table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeacherRoles {
    /// Driven by the receptor channels (larva: ORN).
    pub input: String,
    /// Inhibits the relay (LN).
    pub inhibitory: String,
    /// Between input and coding (PN).
    pub relay: String,
    /// Read by the decoder (KC).
    pub coding: String,
    /// Inhibits the coding population it is driven by (APL).
    pub feedback: String,
    /// Contacts that count, for all six pathways (axo-dendritic).
    pub compartments: CompartmentSet,
    /// How often the feedback loop is iterated (3).
    pub feedback_iterations: usize,
}

impl TeacherRoles {
    /// The roles that a circuit file declares.
    ///
    /// # Errors
    /// If a kind of contact is unknown.
    pub fn new(table: &kenyon_circuit::Teacher) -> Result<Self, TeacherError> {
        let kind = |code: &String| {
            Compartment::from_code(code)
                .ok_or_else(|| TeacherError::UnknownCompartment { code: code.clone() })
        };
        let kinds: Vec<Compartment> = table
            .compartments
            .iter()
            .map(kind)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            input: table.input.clone(),
            inhibitory: table.inhibitory.clone(),
            relay: table.relay.clone(),
            coding: table.coding.clone(),
            feedback: table.feedback.clone(),
            compartments: CompartmentSet::of(&kinds),
            feedback_iterations: table.feedback_iterations,
        })
    }
}

/// Why there is no teacher for a connectome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeacherError {
    /// A role names a population that the connectome lacks.
    #[error(
        "the teacher's {role} population \"{population}\" is not in the connectome; \
         correct the [teacher] table of the circuit file"
    )]
    UnknownPopulation {
        /// The role.
        role: &'static str,
        /// The population named.
        population: String,
    },
    /// One population plays two parts.
    #[error(
        "population \"{population}\" plays two parts in the teacher; \
         name five different populations in the [teacher] table of the circuit file"
    )]
    SharedPopulation {
        /// The population named twice.
        population: String,
    },
    /// The channels cannot be shared out evenly.
    #[error(
        "{neurons} neurons of \"{population}\" cannot be shared out evenly among {channels} receptor channels"
    )]
    UnevenChannels {
        /// The input population.
        population: String,
        /// Its size.
        neurons: usize,
        /// The number of channels.
        channels: usize,
    },
    /// A pathway without which nothing reaches the decoder has no contacts.
    #[error(
        "there is no contact from \"{source_population}\" to \"{target_population}\" in the chosen \
         compartments, so nothing would reach the teacher's decoder"
    )]
    NoContacts {
        /// Presynaptic population.
        source_population: String,
        /// Postsynaptic population.
        target_population: String,
    },
    /// A kind of contact that does not exist.
    #[error(
        "\"{code}\" in the [teacher] table of the circuit file is no kind of contact; \
         there are aa, ad, da and dd"
    )]
    UnknownCompartment {
        /// What the file says.
        code: String,
    },
    /// There is nothing to tell apart.
    #[error("a teacher needs at least two classes, not {classes}")]
    TooFewClasses {
        /// The number of classes.
        classes: usize,
    },
}
