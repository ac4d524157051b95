//! Circuit files.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use kenyon_circuit::Circuit as Compiled;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::arguments::entries;
use crate::errors::{CircuitError, circuit as problem};
use crate::values::toml_value;

/// Largest circuit file, bytes.
const LARGEST: u64 = 16 << 20;

/// Which neurons of a connectome are simulated, and with what physiology.
///
/// Made by `Circuit.larva()`, `Circuit.read(path)` or `Circuit.from_toml(text)`; never changed: `edit` gives
/// a new one.
///
/// >>> circuit = kenyon.Circuit.larva()
/// >>> circuit.name
/// 'larval olfactory pathway'
#[pyclass(frozen, module = "kenyon", eq)]
pub(crate) struct Circuit {
    pub circuit: Compiled,
}

impl PartialEq for Circuit {
    fn eq(&self, other: &Self) -> bool {
        self.circuit.hash() == other.circuit.hash()
    }
}

impl Circuit {
    /// The circuit that was given, or the larva's.
    pub(crate) fn or_larva(given: Option<PyRef<'_, Self>>) -> Compiled {
        given.map_or_else(Compiled::larva, |it| it.circuit.clone())
    }
}

#[pymethods]
impl Circuit {
    /// The larval olfactory pathway, with the start values of the publication.
    #[staticmethod]
    fn larva() -> Self {
        Self {
            circuit: Compiled::larva(),
        }
    }

    /// Reads a circuit file (TOML). Raises `CircuitError` that names file, line and what is wrong.
    ///
    /// >>> circuit = kenyon.Circuit.read("circuits/larva.toml")  # doctest: +SKIP
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        let shown = path.display();
        let unreadable = |cause: String| {
            CircuitError::new_err(format!("cannot read the circuit file {shown}: {cause}"))
        };
        let mut text = String::new();
        File::open(&path)
            .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
            .map_err(|cause| unreadable(cause.to_string()))?;
        if text.len() as u64 > LARGEST {
            return Err(unreadable(format!("it is larger than {LARGEST} bytes")));
        }
        let circuit = Compiled::parse(&text).map_err(|cause| {
            CircuitError::new_err(format!("the circuit file {shown} cannot be used: {cause}"))
        })?;
        Ok(Self { circuit })
    }

    /// A circuit from the text of its file.
    ///
    /// >>> kenyon.Circuit.from_toml(circuit.to_toml()) == circuit
    /// True
    #[staticmethod]
    fn from_toml(text: &str) -> PyResult<Self> {
        Ok(Self {
            circuit: Compiled::parse(text).map_err(problem)?,
        })
    }

    /// A copy with parts removed and values set, in this order. Paths are dotted, and an element of a list
    /// goes by its name.
    ///
    /// >>> longer = circuit.edit(set={"time.steps": 60, "pathway.orn_to_pn.strength_A.start": 2e-10})
    /// >>> uncoupled = circuit.edit(remove=["gap_junction.ln_ln"])
    #[pyo3(signature = (set=None, remove=None))]
    fn edit(
        &self,
        set: Option<&Bound<'_, PyMapping>>,
        remove: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let mut values = Vec::new();
        for (path, value) in entries(set)? {
            let path: String = path.extract()?;
            let value = toml_value(&path, &value)?;
            values.push((path, value));
        }
        let circuit = self.circuit.edited(&values, &remove.unwrap_or_default());
        Ok(Self {
            circuit: circuit.map_err(problem)?,
        })
    }

    /// The text of the circuit file; comments are lost by an edit.
    fn to_toml(&self) -> &str {
        self.circuit.text()
    }

    /// What the circuit is, for people.
    #[getter]
    fn name(&self) -> &str {
        &self.circuit.name
    }

    /// SHA-256 of what the circuit says (not of its comments), hexadecimal.
    #[getter]
    fn hash(&self) -> String {
        self.circuit.hash()
    }

    fn __hash__(&self) -> u64 {
        let hash = self.circuit.hash();
        // Sixteen hexadecimal digits always fit.
        u64::from_str_radix(&hash[..16], 16).unwrap_or_default()
    }

    fn __repr__(&self) -> String {
        let hash = self.circuit.hash();
        format!(
            "<kenyon.Circuit: {}; content {}>",
            self.circuit.name,
            &hash[..12]
        )
    }
}
