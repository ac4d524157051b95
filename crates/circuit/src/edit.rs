//! Edits of a circuit file by dotted path; an element of a list is addressed by its `name`.

use toml::Value;

use crate::file::CircuitError;

/// Sets the value at `path`: replaces it, or adds it to a table or list that exists.
pub(crate) fn set(root: &mut Value, path: &str, value: Value) -> Result<(), CircuitError> {
    let (parent, last) = parent(root, path)?;
    match parent {
        Value::Table(table) => {
            table.insert(last.to_owned(), value);
        }
        Value::Array(list) => match position(list, last) {
            Some(index) => list[index] = value,
            // A new element must carry the name that later edits address it by.
            None if name(&value) == Some(last) => list.push(value),
            None => return Err(unknown(path)),
        },
        _ => return Err(unknown(path)),
    }
    Ok(())
}

/// Removes what is at `path`.
pub(crate) fn remove(root: &mut Value, path: &str) -> Result<(), CircuitError> {
    let (parent, last) = parent(root, path)?;
    let found = match parent {
        Value::Table(table) => table.remove(last).is_some(),
        Value::Array(list) => position(list, last)
            .map(|index| list.remove(index))
            .is_some(),
        _ => false,
    };
    if found { Ok(()) } else { Err(unknown(path)) }
}

/// The table or list that holds the last part of the path, and that part.
fn parent<'v, 'p>(
    root: &'v mut Value,
    path: &'p str,
) -> Result<(&'v mut Value, &'p str), CircuitError> {
    let (parents, last) = match path.rsplit_once('.') {
        Some((parents, last)) => (Some(parents), last),
        None => (None, path),
    };
    let mut place = root;
    for key in parents.into_iter().flat_map(|parents| parents.split('.')) {
        place = match place {
            Value::Table(table) => table.get_mut(key),
            Value::Array(list) => position(list, key).and_then(|index| list.get_mut(index)),
            _ => None,
        }
        .ok_or_else(|| unknown(path))?;
    }
    Ok((place, last))
}

fn position(list: &[Value], wanted: &str) -> Option<usize> {
    list.iter().position(|entry| name(entry) == Some(wanted))
}

fn name(entry: &Value) -> Option<&str> {
    entry.get("name").and_then(Value::as_str)
}

fn unknown(path: &str) -> CircuitError {
    CircuitError::Edit {
        path: path.to_owned(),
    }
}
