//! The parameter table: what is learned, how it is stored, and within which bounds.
//!
//! A learned quantity is optimised in its *stored* form (a logarithm, a logit, ...) and used in its
//! *realised* form (ampere, second, probability). Stored values are kept as `f64`, but rounded to
//! single precision after every change unless the group is declared `precision = "double"`, as in
//! the reference (spec/model.md, section 0).

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How a learned quantity is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The value itself.
    Plain,
    /// The natural logarithm of the value.
    Log,
    /// `ln(p / (1 - p))` of a probability `p`.
    Logit,
    /// The raw value `r` of which `ln(1 + exp(r))` is used.
    Softplus,
}

impl Form {
    /// The realised value of a stored one.
    #[must_use]
    pub fn realise(self, stored: f64) -> f64 {
        match self {
            Self::Plain => stored,
            Self::Log => libm::exp(stored),
            Self::Logit => 1.0 / (1.0 + libm::exp(-stored)),
            Self::Softplus => softplus(stored),
        }
    }

    /// The stored value of a realised one; for softplus the inverse is `ln(exp(v) - 1)`.
    #[must_use]
    pub fn store(self, realised: f64) -> f64 {
        match self {
            Self::Plain => realised,
            Self::Log => libm::log(realised),
            Self::Logit => libm::log(realised / (1.0 - realised)),
            Self::Softplus => libm::log(libm::expm1(realised)),
        }
    }

    /// Derivative of the realised value by the stored one.
    #[must_use]
    pub fn slope(self, stored: f64) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Log => libm::exp(stored),
            Self::Logit => {
                let p = self.realise(stored);
                p * (1.0 - p)
            }
            Self::Softplus => 1.0 / (1.0 + libm::exp(-stored)),
        }
    }
}

/// `ln(1 + exp(x))`, linear above 20 as in the reference.
#[must_use]
pub fn softplus(x: f64) -> f64 {
    if x > 20.0 {
        x
    } else {
        libm::log1p(libm::exp(x))
    }
}

/// Precision in which a stored value is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Rounded to 32 bits after every change.
    #[default]
    Single,
    /// 64 bits.
    Double,
}

impl Precision {
    /// `value` in this precision.
    #[must_use]
    pub fn round(self, value: f64) -> f64 {
        match self {
            Self::Single => f64::from(value as f32),
            Self::Double => value,
        }
    }
}

/// Values that are learned together: one tensor with one learning rate and one pair of bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterGroup {
    /// Name, `OWNER.QUANTITY`, such as `orn_to_pn.strength` or `KC.threshold`.
    pub name: String,
    /// Shape: empty for one value, `[neurons]`, or `[classes, neurons]` for the decoder.
    pub shape: Vec<usize>,
    /// Where the values stand in [`Parameters`].
    pub range: Range<usize>,
    /// How the values are stored.
    pub form: Form,
    /// Unit of the realised value, `"1"` if it has none.
    pub unit: &'static str,
    /// Stored start value (all values of a group start equal; the decoder starts at 0).
    pub start: f64,
    /// Bounds of the realised value.
    pub bounds: Option<(f64, f64)>,
    /// Factor on the optimiser's base learning rate.
    pub learning_rate: f64,
    /// Precision of the stored values.
    pub precision: Precision,
    /// Whether training changes the values.
    pub learned: bool,
}

impl ParameterGroup {
    /// Bounds of the stored value, rounded as stored values are.
    #[must_use]
    pub fn stored_bounds(&self) -> Option<(f64, f64)> {
        self.bounds.map(|(low, high)| {
            let stored = |bound| self.precision.round(self.form.store(bound));
            (stored(low), stored(high))
        })
    }
}

/// All groups of a network, in the order in which their values are laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterTable {
    groups: Vec<ParameterGroup>,
}

impl ParameterTable {
    pub(crate) fn push(&mut self, mut group: ParameterGroup) -> Range<usize> {
        let start = self.len();
        group.range = start..start + group.shape.iter().product::<usize>();
        let range = group.range.clone();
        self.groups.push(group);
        range
    }

    /// The groups, in order.
    #[must_use]
    pub fn groups(&self) -> &[ParameterGroup] {
        &self.groups
    }

    /// The group of that name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&ParameterGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// Number of values in all groups, the decoder's included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.last().map_or(0, |group| group.range.end)
    }

    /// Whether there is no parameter at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Number of values outside the decoder.
    #[must_use]
    pub fn biophysical(&self) -> usize {
        self.groups
            .iter()
            .filter(|group| !group.name.starts_with("decoder."))
            .map(|group| group.range.len())
            .sum()
    }

    /// The start values that the circuit file declares.
    #[must_use]
    pub fn start(&self) -> Parameters {
        let mut values = vec![0.0; self.len()];
        for group in &self.groups {
            values[group.range.clone()].fill(group.precision.round(group.start));
        }
        Parameters { values }
    }
}

/// Stored values of all parameters, laid out by a [`ParameterTable`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// The stored values.
    pub values: Vec<f64>,
}

impl Parameters {
    /// The stored values of a group.
    ///
    /// # Panics
    /// If the table has no such group.
    #[must_use]
    pub fn stored<'a>(&'a self, table: &ParameterTable, name: &str) -> &'a [f64] {
        &self.values[expect_group(table, name).range.clone()]
    }

    /// The realised values of a group.
    ///
    /// # Panics
    /// If the table has no such group.
    #[must_use]
    pub fn realised(&self, table: &ParameterTable, name: &str) -> Vec<f64> {
        let group = expect_group(table, name);
        self.values[group.range.clone()]
            .iter()
            .map(|&value| group.form.realise(value))
            .collect()
    }

    /// Replaces the stored values of a group, rounding them to the group's precision.
    ///
    /// # Panics
    /// If the table has no such group or the number of values differs.
    pub fn set_stored(&mut self, table: &ParameterTable, name: &str, stored: &[f64]) {
        let group = expect_group(table, name);
        assert_eq!(
            stored.len(),
            group.range.len(),
            "wrong number of values for \"{name}\""
        );
        for (value, &new) in self.values[group.range.clone()].iter_mut().zip(stored) {
            *value = group.precision.round(new);
        }
    }
}

fn expect_group<'a>(table: &'a ParameterTable, name: &str) -> &'a ParameterGroup {
    table
        .group(name)
        .unwrap_or_else(|| panic!("no parameter group is named \"{name}\""))
}
