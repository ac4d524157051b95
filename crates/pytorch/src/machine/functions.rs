//! What the functions of the allow-list make of their arguments.

use std::sync::Arc;

use super::globals::Global;
use super::{Id, Item, Machine, Storage, TensorPlan};
use crate::Fault;
use crate::numpy::NumberType;
use crate::tensor::{Layout, MOST_DIMENSIONS};

impl Machine<'_> {
    /// REDUCE: a function of the allow-list and its arguments become a value.
    pub(super) fn reduce(&mut self) -> Result<(), Fault> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Item::Global(function) = self.items[function as usize] else {
            return Err(self.misplaced("the value called is no function"));
        };
        let Item::Tuple(arguments) = &self.items[arguments as usize] else {
            return Err(self.misplaced("the arguments are not a tuple"));
        };
        let arguments = Arc::clone(arguments);
        let made = self.call(function, &arguments);
        let made = made.map_err(|problem| self.misplaced(&problem))?;
        self.push(made)
    }

    fn call(&mut self, function: Global, arguments: &[Id]) -> Result<Item, String> {
        match (function, arguments) {
            (Global::OrderedDictionary, []) => Ok(Item::Dictionary(Vec::new())),
            // Further arguments: gradient, hooks, metadata; none of them is content.
            (Global::RebuildTensor, [storage, offset, shape, strides, ..])
                if arguments.len() <= 7 =>
            {
                let Item::Storage(storage) = self.item(*storage) else {
                    return Err("a tensor without a storage".to_owned());
                };
                let layout = Layout {
                    element: storage.element,
                    offset: self.integer_of(*offset)?,
                    shape: self.sizes(*shape)?,
                    strides: self.sizes(*strides)?,
                };
                Ok(Item::Tensor(Arc::new(TensorPlan {
                    storage: Arc::clone(storage),
                    layout,
                })))
            }
            (Global::RebuildParameter, [tensor, _, _]) => match self.item(*tensor) {
                Item::Tensor(plan) => Ok(Item::Tensor(Arc::clone(plan))),
                _ => Err("a parameter that is no tensor".to_owned()),
            },
            (Global::Size, [sizes]) => match self.item(*sizes) {
                Item::Tuple(sizes) => Ok(Item::Tuple(Arc::clone(sizes))),
                _ => Err("a size that is no tuple".to_owned()),
            },
            (Global::Device, [kind]) => Ok(Item::Text(self.text_of(*kind)?)),
            (Global::Device, [kind, index]) => {
                let (kind, index) = (self.text_of(*kind)?, self.integer_of(*index)?);
                if kind.len() > 16 {
                    return Err("a device with a long name".to_owned());
                }
                Ok(Item::Text(format!("{kind}:{index}").into()))
            }
            (Global::NumberType, [code, ..]) if arguments.len() <= 3 => {
                let code = self.text_of(*code)?;
                let shown = || -> String { code.chars().take(20).collect() };
                match NumberType::parse(&code) {
                    Some(number) => Ok(Item::NumberType(number)),
                    None => Err(format!("arrays of numpy type \"{}\" are not read", shown())),
                }
            }
            (Global::Scalar, [number, bytes]) => match (self.item(*number), self.item(*bytes)) {
                (Item::NumberType(number), Item::Bytes(bytes)) => number.scalar(bytes),
                _ => Err("a number without type and bytes".to_owned()),
            },
            (Global::Reconstruct, [class, ..]) if arguments.len() <= 3 => match self.item(*class) {
                Item::Global(Global::ArrayClass) => Ok(Item::EmptyArray),
                _ => Err("something else than an array".to_owned()),
            },
            (Global::FromBuffer, [bytes, number, shape, order]) => {
                let order = self.text_of(*order)?;
                let shape = self.sizes(*shape)?;
                match (self.item(*bytes), self.item(*number)) {
                    (Item::Bytes(bytes), Item::NumberType(number)) => {
                        number.array(shape, &*order == "F", bytes)
                    }
                    _ => Err("an array without bytes and type".to_owned()),
                }
            }
            (Global::Encode, [text, encoding]) => {
                let encoding = self.text_of(*encoding)?;
                if &*encoding != "latin1" {
                    return Err("a text in another encoding than latin1".to_owned());
                }
                let text = self.text_of(*text)?;
                // One text may be encoded again and again: all together stay below the pickle.
                self.encoded += text.len();
                if self.encoded > self.pickle.len() {
                    return Err("more bytes are made of texts than there are texts".to_owned());
                }
                let bytes = text.chars().map(|it| u8::try_from(u32::from(it)).ok());
                let bytes: Option<Vec<u8>> = bytes.collect();
                let bytes = bytes.ok_or("a character that latin1 does not have")?;
                Ok(Item::Bytes(Arc::new(bytes)))
            }
            (Global::Bytes, []) => Ok(Item::Bytes(Arc::default())),
            _ => Err(format!("{function:?} with such arguments")),
        }
    }

    /// BUILD: the state of an array or of a type of number; that of a dictionary are attributes.
    pub(super) fn build(&mut self) -> Result<(), Fault> {
        let (state, target) = (self.pop()?, self.top()?);
        let built = self.built(state, target);
        // A module's `_metadata` (versions of its layers) says nothing about its numbers.
        if let Some(item) = built.map_err(|problem| self.misplaced(&problem))? {
            self.items[target as usize] = item;
        }
        Ok(())
    }

    fn built(&self, state: Id, target: Id) -> Result<Option<Item>, String> {
        match (self.item(target), self.item(state)) {
            (Item::Dictionary(_), Item::Dictionary(_)) => Ok(None),
            (Item::NumberType(number), Item::Tuple(state)) => {
                let order = match state.get(1) {
                    Some(&order) if state.len() >= 8 => self.text_of(order)?,
                    _ => return Err("a numpy type with an unknown state".to_owned()),
                };
                let big_endian = match &*order {
                    "<" | "|" | "=" => false,
                    ">" => true,
                    _ => return Err("a numpy type with an unknown byte order".to_owned()),
                };
                Ok(Some(Item::NumberType(NumberType {
                    element: number.element,
                    big_endian,
                })))
            }
            (Item::EmptyArray, Item::Tuple(state)) => {
                let [_, shape, number, columns, bytes] = state[..] else {
                    return Err("an array with an unknown state".to_owned());
                };
                let shape = self.sizes(shape)?;
                match (self.item(number), self.item(columns), self.item(bytes)) {
                    (Item::NumberType(number), Item::Bool(columns), Item::Bytes(bytes)) => {
                        number.array(shape, *columns, bytes).map(Some)
                    }
                    _ => Err("an array without type and bytes".to_owned()),
                }
            }
            _ => Err("such a value has no state that is read".to_owned()),
        }
    }

    /// BINPERSID: a reference to a record of numbers.
    pub(super) fn persistent(&mut self) -> Result<(), Fault> {
        let reference = self.pop()?;
        let storage = self.storage(reference);
        let storage = storage.map_err(|problem| self.misplaced(&problem))?;
        self.push(Item::Storage(Arc::new(storage)))
    }

    fn storage(&self, reference: Id) -> Result<Storage, String> {
        let Item::Tuple(members) = self.item(reference) else {
            return Err("the reference is not a tuple".to_owned());
        };
        // The place (cpu, cuda:0) does not matter.
        let [kind, class, key, _, count] = members[..] else {
            return Err("the reference does not have five members".to_owned());
        };
        if &*self.text_of(kind)? != "storage" {
            return Err("the reference is not one to a storage".to_owned());
        }
        let Item::Global(Global::Storage(element)) = *self.item(class) else {
            return Err("the class of a storage is not allowed".to_owned());
        };
        let key = self.text_of(key)?;
        if key.is_empty() || key.len() > 20 || !key.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("the name of a storage is not a number".to_owned());
        }
        let count = u64::try_from(self.integer_of(count)?);
        let count = count.map_err(|_| "the size of a storage is impossible".to_owned())?;
        Ok(Storage {
            key,
            element,
            count,
        })
    }

    fn item(&self, id: Id) -> &Item {
        &self.items[id as usize]
    }

    fn integer_of(&self, id: Id) -> Result<i128, String> {
        match self.item(id) {
            Item::Integer(number) => Ok(*number),
            _ => Err("something else where an integer should be".to_owned()),
        }
    }

    fn text_of(&self, id: Id) -> Result<Arc<str>, String> {
        match self.item(id) {
            Item::Text(text) => Ok(Arc::clone(text)),
            _ => Err("something else where a text should be".to_owned()),
        }
    }

    fn sizes(&self, id: Id) -> Result<Vec<i128>, String> {
        match self.item(id) {
            // A long tuple may be used again and again: it is refused before it is copied.
            Item::Tuple(sizes) if sizes.len() <= MOST_DIMENSIONS => {
                sizes.iter().map(|&size| self.integer_of(size)).collect()
            }
            _ => Err("something else where a tuple of sizes should be".to_owned()),
        }
    }
}
