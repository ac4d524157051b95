//! The content of a file as plain values.

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::Arc;

use crate::archive::Archive;
use crate::machine::{Id, Item, Items, Storage, TensorPlan};
use crate::tensor::{Tensor, swap};
use crate::{Fault, Limits};

/// Deeper values would overflow the stack of whoever walks through them.
const DEEPEST: usize = 500;

/// What stands in a file. Values that stand at several places are shared.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// A text; also types of number (`torch.float32`) and devices (`cuda:0`).
    Text(Arc<str>),
    /// Bytes.
    Bytes(Arc<Vec<u8>>),
    /// A list.
    List(Arc<[Value]>),
    /// A tuple; also a `torch.Size`.
    Tuple(Arc<[Value]>),
    /// A dictionary, in its order.
    Dictionary(Arc<Dictionary>),
    /// A tensor, a parameter or an array of NumPy.
    Tensor(Arc<Tensor>),
}

/// A key of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A text.
    Text(Arc<str>),
    /// An integer.
    Integer(i128),
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Integer(number) => write!(formatter, "{number}"),
        }
    }
}

/// Values by key, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dictionary {
    entries: Vec<(Key, Value)>,
    places: HashMap<Key, usize>,
}

impl Dictionary {
    /// Keys and values in order.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Value)] {
        &self.entries
    }

    /// The value of a text key, dots and all.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let place = self.places.get(&Key::Text(key.into()))?;
        self.entries.get(*place).map(|(_, value)| value)
    }

    /// As in Python a key that is set again keeps its place and takes the new value.
    fn set(&mut self, key: Key, value: Value) {
        match self.places.get(&key) {
            Some(&place) => self.entries[place].1 = value,
            None => {
                self.places.insert(key.clone(), self.entries.len());
                self.entries.push((key, value));
            }
        }
    }
}

impl Value {
    /// The value at a path such as `optimizer.state.0.step`: keys and positions joined by dots. Keys
    /// may hold dots themselves (`fc.weight`); the longest key that leads on is taken.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Self> {
        if path.is_empty() {
            return Some(self);
        }
        let ends = path
            .char_indices()
            .rev()
            .filter(|&(_, it)| it == '.')
            .map(|(at, _)| at);
        std::iter::once(path.len()).chain(ends).find_map(|end| {
            let rest = path.get(end + 1..).unwrap_or_default();
            self.member(&path[..end])?.get(rest)
        })
    }

    fn member(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dictionary(dictionary) => dictionary.get(key).or_else(|| {
                let place = dictionary.places.get(&Key::Integer(key.parse().ok()?))?;
                dictionary.entries.get(*place).map(|(_, value)| value)
            }),
            Self::List(members) | Self::Tuple(members) => members.get(key.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The tensor, if the value is one.
    #[must_use]
    pub fn as_tensor(&self) -> Option<&Tensor> {
        match self {
            Self::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// The dictionary, if the value is one.
    #[must_use]
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    /// What kind of value it is, in Python's words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Integer(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dictionary(_) => "dict",
            Self::Tensor(_) => "tensor",
        }
    }
}

/// Turns the result of a pickle into values, reading the numbers of the tensors that are part of it.
pub(crate) fn assemble<R: Read + Seek>(
    items: &Items,
    archive: &mut Archive<R>,
    limits: &Limits,
) -> Result<Value, Fault> {
    let mut assembly = Assembly {
        items: &items.items,
        done: HashMap::new(),
        storages: HashMap::new(),
        archive,
        limits,
    };
    Ok(assembly.value(items.root, 0)?.value)
}

/// A finished value with its size.
#[derive(Clone)]
struct Finished {
    value: Value,
    /// Levels of containers below it.
    height: usize,
    /// Values in it, those that are shared counted at every place.
    expanded: u64,
}

/// A storage and its bytes.
type StoredBytes = (Arc<Storage>, Arc<Vec<u8>>);

struct Assembly<'a, R> {
    items: &'a [Item],
    /// `None` while a container is being filled.
    done: HashMap<Id, Option<Finished>>,
    storages: HashMap<Arc<str>, StoredBytes>,
    archive: &'a mut Archive<R>,
    limits: &'a Limits,
}

impl<R: Read + Seek> Assembly<'_, R> {
    fn value(&mut self, id: Id, depth: usize) -> Result<Finished, Fault> {
        let most = self.limits.depth.min(DEEPEST);
        let too_deep = Fault::Limit {
            what: "levels of nesting",
            limit: most as u64,
        };
        if depth > most {
            return Err(too_deep);
        }
        match self.done.get(&id) {
            Some(Some(finished)) if depth + finished.height > most => {
                return Err(too_deep);
            }
            Some(Some(finished)) => return Ok(finished.clone()),
            Some(None) => {
                let problem = "a container holds itself";
                return Err(Fault::Content(problem.to_owned()));
            }
            None => {}
        }
        self.done.insert(id, None);
        let mut finished = Finished {
            value: Value::None,
            height: 0,
            expanded: 1,
        };
        let items = self.items;
        finished.value = match &items[id as usize] {
            Item::None => Value::None,
            Item::Bool(value) => Value::Bool(*value),
            Item::Integer(value) => Value::Integer(*value),
            Item::Float(value) => Value::Float(*value),
            Item::Text(value) => Value::Text(Arc::clone(value)),
            Item::Bytes(value) => Value::Bytes(Arc::clone(value)),
            Item::List(members) => Value::List(self.members(members, depth, &mut finished)?),
            Item::Tuple(members) => Value::Tuple(self.members(members, depth, &mut finished)?),
            Item::Dictionary(entries) => {
                let mut dictionary = Dictionary::default();
                for &(key, value) in entries {
                    let key = match &items[key as usize] {
                        Item::Text(text) => Key::Text(Arc::clone(text)),
                        Item::Integer(number) => Key::Integer(*number),
                        _ => {
                            let problem = "a key of a dictionary is neither a text nor an integer";
                            return Err(Fault::Content(problem.to_owned()));
                        }
                    };
                    dictionary.set(key, self.inner(value, depth, &mut finished)?);
                }
                Value::Dictionary(Arc::new(dictionary))
            }
            Item::Tensor(plan) => Value::Tensor(Arc::new(self.tensor(plan)?)),
            Item::Array(array) => {
                self.archive.spend(array.len())?;
                Value::Tensor(Arc::new(array.tensor()?))
            }
            Item::Global(global) => match global.element() {
                Some(element) => Value::Text(format!("torch.{}", element.name()).into()),
                None => return Err(Fault::Content("a function is not a value".to_owned())),
            },
            Item::Storage(_) | Item::NumberType(_) | Item::EmptyArray => {
                let problem = "a storage or a type of number stands where a value should";
                return Err(Fault::Content(problem.to_owned()));
            }
        };
        self.done.insert(id, Some(finished.clone()));
        Ok(finished)
    }

    fn members(
        &mut self,
        members: &[Id],
        depth: usize,
        whole: &mut Finished,
    ) -> Result<Arc<[Value]>, Fault> {
        members
            .iter()
            .map(|&member| self.inner(member, depth, whole))
            .collect()
    }

    /// A member of a container, whose sizes are added to those of the whole.
    fn inner(&mut self, id: Id, depth: usize, whole: &mut Finished) -> Result<Value, Fault> {
        let member = self.value(id, depth + 1)?;
        whole.height = whole.height.max(member.height + 1);
        whole.expanded = whole.expanded.saturating_add(member.expanded);
        if whole.expanded > self.limits.expanded_items {
            return Err(Fault::Limit {
                what: "values, those that are shared counted at every place",
                limit: self.limits.expanded_items,
            });
        }
        Ok(member.value)
    }

    fn tensor(&mut self, plan: &TensorPlan) -> Result<Tensor, Fault> {
        let checked = plan.layout.check(plan.storage.count)?;
        let bytes = self.storage(&plan.storage)?;
        if checked.is_whole((bytes.len() / plan.storage.element.size()) as u64) {
            return Ok(checked.share(&bytes));
        }
        self.archive.spend(checked.bytes())?;
        Ok(checked.gather(&bytes, false))
    }

    /// The bytes of a storage, little endian.
    fn storage(&mut self, wanted: &Arc<Storage>) -> Result<Arc<Vec<u8>>, Fault> {
        if let Some((known, bytes)) = self.storages.get(&wanted.key) {
            if (known.element, known.count) != (wanted.element, wanted.count) {
                return Err(Fault::Record {
                    record: format!("data/{}", wanted.key),
                    problem: "is used with two types or sizes".to_owned(),
                });
            }
            return Ok(Arc::clone(bytes));
        }
        let size = wanted.element.size();
        let needed = wanted.count.checked_mul(size as u64);
        let mut bytes = self
            .archive
            .storage(&wanted.key, needed.unwrap_or(u64::MAX))?;
        // Whole numbers, and not more of them than the file says.
        bytes.truncate(needed.map_or(0, |needed| needed as usize));
        if self.archive.big_endian {
            swap(&mut bytes, size);
        }
        let bytes = Arc::new(bytes);
        let entry = (Arc::clone(wanted), Arc::clone(&bytes));
        self.storages.insert(Arc::clone(&wanted.key), entry);
        Ok(bytes)
    }
}
