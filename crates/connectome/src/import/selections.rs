//! Selections: populations by name and expression, from a file or from the command line.

use serde::Deserialize;

use super::error::ImportError;
use super::expression::Expression;

/// A population and which neurons belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Name of the population.
    pub name: String,
    /// Which rows of the table of neurons.
    pub expression: Expression,
    /// How many neurons must come out, if that is known.
    pub neurons: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    population: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    r#where: String,
    neurons: Option<usize>,
}

impl Selection {
    /// Reads `NAME = EXPRESSION`.
    ///
    /// # Errors
    /// [`ImportError::PopulationName`] without a name, [`ImportError::Expression`] with the place.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        let (name, expression) = match text.split_once('=') {
            Some((name, expression)) if !expression.starts_with('=') => (name.trim(), expression),
            _ => ("", text),
        };
        if name.is_empty() {
            return Err(ImportError::PopulationName {
                name: text.chars().take(200).collect(),
                problem: "is not of the form NAME = EXPRESSION",
            });
        }
        Self::new(name, expression.trim(), None)
    }

    /// A selection; `neurons` is the number that must come out.
    ///
    /// # Errors
    /// [`ImportError::Expression`] with the place.
    pub fn new(name: &str, expression: &str, neurons: Option<usize>) -> Result<Self, ImportError> {
        let expression =
            Expression::parse(expression).map_err(|fault| ImportError::Expression {
                place: format!("population {name}"),
                fault,
            })?;
        Ok(Self {
            name: name.to_owned(),
            expression,
            neurons,
        })
    }

    /// Reads a file of selections:
    ///
    /// ```toml
    /// schema = 1
    ///
    /// [[population]]
    /// name = "MBON"
    /// where = 'celltype == "MBON"'
    /// neurons = 48                  # optional: what must come out
    /// ```
    ///
    /// # Errors
    /// [`ImportError::Selections`] with the place and the reason, [`ImportError::Expression`].
    pub fn from_toml(text: &str, file: &str) -> Result<Vec<Self>, ImportError> {
        let fault = |reason: String| ImportError::Selections {
            file: file.to_owned(),
            reason,
        };
        let read: File = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        if read.schema != 1 {
            return Err(fault(format!(
                "schema is {}, but this program reads 1",
                read.schema
            )));
        }
        read.population
            .iter()
            .map(|entry| Self::new(&entry.name, &entry.r#where, entry.neurons))
            .collect()
    }
}
