//! Values of parameters that Python sets.

use kenyon_circuit::{ParameterGroup, Parameters};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::arguments::entries;
use crate::errors::wrong;
use crate::values::numbers;

/// A copy of the parameters with other values for some groups, realised or `stored` ones.
pub(crate) fn changed(
    groups: &[ParameterGroup],
    present: &Parameters,
    values: &Bound<'_, PyMapping>,
    stored: bool,
) -> PyResult<Parameters> {
    let mut parameters = present.clone();
    for (name, values) in entries(Some(values))? {
        let name: String = name.extract()?;
        let Some(group) = groups.iter().find(|group| group.name == name) else {
            let names: Vec<&str> = groups.iter().map(|it| it.name.as_str()).collect();
            return Err(wrong(format!(
                "there is no parameter group \"{name}\"; the groups are {}",
                names.join(", ")
            )));
        };
        set(&mut parameters, group, &values, stored)?;
    }
    Ok(parameters)
}

/// Sets the values of a group.
fn set(
    parameters: &mut Parameters,
    group: &ParameterGroup,
    values: &Bound<'_, PyAny>,
    stored: bool,
) -> PyResult<()> {
    let name = &group.name;
    let (shape, values) = numbers(name, values)?;
    let present = &mut parameters.values[group.range.clone()];
    if shape != group.shape && !shape.is_empty() {
        return Err(wrong(format!(
            "{name} has the shape {shape:?}; it must be {:?}",
            group.shape
        )));
    }
    for (index, slot) in present.iter_mut().enumerate() {
        let value = values[index % values.len()];
        let new = if stored {
            value
        } else if value == group.form.realise(*slot) {
            // Storing what was realised would not always give the same bits.
            continue;
        } else {
            group.form.store(value)
        };
        if !new.is_finite() {
            return Err(wrong(format!(
                "{name} cannot be {value}, because it is stored as {}",
                format!("{:?}", group.form).to_lowercase()
            )));
        }
        *slot = group.precision.round(new);
    }
    Ok(())
}
