//! The pickle machine: a stack, a memo, and the opcodes that build plain values.
//!
//! Values stand in one list and refer to each other by number, so a value that is used a thousand
//! times costs a thousand numbers. Every opcode takes time in proportion to the bytes it occupies or
//! to the entries it takes off the stack, so the whole is linear in the size of the pickle.

use std::collections::HashMap;
use std::sync::Arc;

use crate::numpy::{Array, NumberType};
use crate::opcode;
use crate::tensor::{ElementType, Layout};
use crate::{Fault, Limits};

mod functions;
mod globals;

use globals::Global;

/// Position of a value in the list.
pub(crate) type Id = u32;

/// A value under construction.
pub(crate) enum Item {
    None,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(Arc<str>),
    Bytes(Arc<Vec<u8>>),
    List(Vec<Id>),
    Tuple(Arc<[Id]>),
    Dictionary(Vec<(Id, Id)>),
    /// A class or function of the allow-list.
    Global(Global),
    Storage(Arc<Storage>),
    Tensor(Arc<TensorPlan>),
    NumberType(NumberType),
    /// An array of NumPy before its state is known.
    EmptyArray,
    Array(Arc<Array>),
}

/// A record of numbers.
pub(crate) struct Storage {
    pub key: Arc<str>,
    pub element: ElementType,
    /// Number of numbers.
    pub count: u64,
}

/// A tensor whose numbers are not read yet.
pub(crate) struct TensorPlan {
    pub storage: Arc<Storage>,
    pub layout: Layout,
}

/// What a pickle amounts to.
pub(crate) struct Items {
    pub items: Vec<Item>,
    pub root: Id,
}

/// Runs a pickle.
pub(crate) fn run(pickle: &[u8], limits: &Limits) -> Result<Items, Fault> {
    let mut machine = Machine {
        pickle,
        at: 0,
        opcode: (0, 0),
        items: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        pushed: 0,
        encoded: 0,
        limits,
    };
    machine.protocol()?;
    loop {
        if machine.step()? {
            let (root, left) = (machine.stack.pop(), machine.stack.len());
            return match root {
                Some(root) if left == 0 && machine.marks.is_empty() => {
                    if machine.at != pickle.len() {
                        return Err(machine.misplaced("bytes follow the end"));
                    }
                    Ok(Items {
                        items: machine.items,
                        root,
                    })
                }
                _ => Err(machine.misplaced("there is not exactly one value at the end")),
            };
        }
    }
}

struct Machine<'a> {
    pickle: &'a [u8],
    /// The next byte.
    at: usize,
    /// The current opcode and where it stands.
    opcode: (u8, usize),
    items: Vec<Item>,
    stack: Vec<Id>,
    /// Heights of the stack at open marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
    /// Values pushed and remembered so far.
    pushed: usize,
    /// Bytes made of texts so far.
    encoded: usize,
    limits: &'a Limits,
}

impl Machine<'_> {
    fn protocol(&mut self) -> Result<(), Fault> {
        match self.pickle {
            [0x80, 2..=5, ..] => {
                self.at = 2;
                Ok(())
            }
            [0x80, other, ..] => Err(Fault::Content(format!(
                "pickle protocol {other} is not read, only 2 to 5"
            ))),
            [first, ..] => Err(Fault::Opcode {
                opcode: opcode::name(*first),
                byte: *first,
                offset: 0,
            }),
            [] => Err(Fault::Content("the pickle is empty".to_owned())),
        }
    }

    fn misplaced(&self, problem: &str) -> Fault {
        let (byte, offset) = self.opcode;
        Fault::Misplaced {
            opcode: opcode::name(byte),
            offset,
            problem: problem.to_owned(),
        }
    }

    fn take(&mut self, count: u64) -> Result<&[u8], Fault> {
        let (byte, offset) = self.opcode;
        let rest = &self.pickle[self.at..];
        let count = usize::try_from(count).ok().filter(|&it| it <= rest.len());
        let count = count.ok_or(Fault::Truncated {
            opcode: opcode::name(byte),
            offset,
        })?;
        self.at += count;
        Ok(&rest[..count])
    }

    /// An unsigned little-endian number of up to eight bytes.
    fn number(&mut self, bytes: u64) -> Result<u64, Fault> {
        let mut wide = [0; 8];
        for (to, &from) in wide.iter_mut().zip(self.take(bytes)?) {
            *to = from;
        }
        Ok(u64::from_le_bytes(wide))
    }

    fn line(&mut self) -> Result<String, Fault> {
        let rest = &self.pickle[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n');
        let length = length.map_or(u64::MAX, |length| length as u64);
        let line = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.at += 1;
        Ok(line)
    }

    fn text(&mut self, bytes: u64) -> Result<(), Fault> {
        let text = std::str::from_utf8(self.take(bytes)?).map(Arc::from);
        match text {
            Ok(text) => self.push(Item::Text(text)),
            Err(_) => Err(self.misplaced("the text is not UTF-8")),
        }
    }

    fn bytes(&mut self, bytes: u64) -> Result<(), Fault> {
        let bytes = Arc::new(self.take(bytes)?.to_vec());
        self.push(Item::Bytes(bytes))
    }

    /// Counts something that takes a constant amount of memory.
    fn count(&mut self) -> Result<(), Fault> {
        self.pushed += 1;
        let limit = self.limits.items.min(Id::MAX as usize);
        if self.pushed > limit {
            return Err(Fault::Limit {
                what: "values",
                limit: limit as u64,
            });
        }
        Ok(())
    }

    fn push(&mut self, item: Item) -> Result<(), Fault> {
        self.count()?;
        let id = self.items.len() as Id;
        self.items.push(item);
        self.stack.push(id);
        Ok(())
    }

    /// The lowest place of the stack that may be taken: that above the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        if self.stack.len() <= self.floor() {
            return Err(self.misplaced("the stack has too few values"));
        }
        self.stack
            .pop()
            .ok_or_else(|| self.misplaced("the stack has too few values"))
    }

    fn top(&self) -> Result<Id, Fault> {
        let top = self
            .stack
            .last()
            .filter(|_| self.stack.len() > self.floor());
        top.copied()
            .ok_or_else(|| self.misplaced("the stack has too few values"))
    }

    /// Everything above the last mark, which is removed.
    fn marked(&mut self) -> Result<Vec<Id>, Fault> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark)),
            None => Err(self.misplaced("no mark is set")),
        }
    }

    fn tuple(&mut self, length: usize) -> Result<(), Fault> {
        let mut members = Vec::with_capacity(length);
        for _ in 0..length {
            members.push(self.pop()?);
        }
        members.reverse();
        self.push(Item::Tuple(members.into()))
    }

    fn remember(&mut self, place: u64) -> Result<(), Fault> {
        self.count()?;
        let top = self.top()?;
        self.memo.insert(place as u32, top);
        Ok(())
    }

    fn recall(&mut self, place: u64) -> Result<(), Fault> {
        self.count()?;
        match self.memo.get(&(place as u32)) {
            Some(&id) => {
                self.stack.push(id);
                Ok(())
            }
            None => Err(self.misplaced("nothing was remembered under this number")),
        }
    }

    fn append(&mut self, members: &[Id]) -> Result<(), Fault> {
        let list = self.top()?;
        match &mut self.items[list as usize] {
            Item::List(list) => {
                list.extend_from_slice(members);
                Ok(())
            }
            _ => Err(self.misplaced("the value appended to is not a list")),
        }
    }

    fn set(&mut self, members: &[Id]) -> Result<(), Fault> {
        if !members.len().is_multiple_of(2) {
            return Err(self.misplaced("a key has no value"));
        }
        let dictionary = self.top()?;
        match &mut self.items[dictionary as usize] {
            Item::Dictionary(entries) => {
                entries.extend(members.chunks_exact(2).map(|pair| (pair[0], pair[1])));
                Ok(())
            }
            _ => Err(self.misplaced("the value set into is not a dictionary")),
        }
    }

    /// A two's-complement number of any length that fits 16 bytes.
    fn long(&mut self, length: u64) -> Result<(), Fault> {
        if length > 16 {
            return Err(self.misplaced("the integer has more than 16 bytes"));
        }
        let bytes = self.take(length)?;
        let negative = bytes.last().is_some_and(|&last| last >= 0x80);
        let mut wide = [if negative { 0xff } else { 0 }; 16];
        wide[..bytes.len()].copy_from_slice(bytes);
        self.push(Item::Integer(i128::from_le_bytes(wide)))
    }

    /// Carries out one opcode; `true` at the end.
    fn step(&mut self) -> Result<bool, Fault> {
        let offset = self.at;
        let Some(&byte) = self.pickle.get(offset) else {
            let (byte, offset) = self.opcode;
            return Err(Fault::Truncated {
                opcode: opcode::name(byte),
                offset,
            });
        };
        self.opcode = (byte, offset);
        self.at += 1;
        match byte {
            b'.' => return Ok(true),
            b'N' => self.push(Item::None)?,
            0x88 => self.push(Item::Bool(true))?,
            0x89 => self.push(Item::Bool(false))?,
            b'K' => self.integer(1)?,
            b'M' => self.integer(2)?,
            b'J' => {
                let number = self.number(4)? as u32 as i32;
                self.push(Item::Integer(number.into()))?;
            }
            0x8a => {
                let length = self.number(1)?;
                self.long(length)?;
            }
            0x8b => {
                let length = self.number(4)?;
                self.long(length)?;
            }
            b'G' => {
                let bits = self.number(8)?.swap_bytes();
                self.push(Item::Float(f64::from_bits(bits)))?;
            }
            0x8c => {
                let length = self.number(1)?;
                self.text(length)?;
            }
            b'X' => {
                let length = self.number(4)?;
                self.text(length)?;
            }
            0x8d => {
                let length = self.number(8)?;
                self.text(length)?;
            }
            b'C' => {
                let length = self.number(1)?;
                self.bytes(length)?;
            }
            b'B' => {
                let length = self.number(4)?;
                self.bytes(length)?;
            }
            0x8e | 0x96 => {
                let length = self.number(8)?;
                self.bytes(length)?;
            }
            b']' => self.push(Item::List(Vec::new()))?,
            b'}' => self.push(Item::Dictionary(Vec::new()))?,
            b')' => self.tuple(0)?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b't' => {
                let members = self.marked()?;
                self.push(Item::Tuple(members.into()))?;
            }
            b'(' => {
                self.count()?;
                self.marks.push(self.stack.len());
            }
            b'a' => {
                let member = self.pop()?;
                self.append(&[member])?;
            }
            b'e' => {
                let members = self.marked()?;
                self.append(&members)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let members = self.marked()?;
                self.set(&members)?;
            }
            b'0' => {
                self.pop()?;
            }
            b'1' => {
                self.marked()?;
            }
            b'2' => {
                self.count()?;
                let top = self.top()?;
                self.stack.push(top);
            }
            b'q' => {
                let place = self.number(1)?;
                self.remember(place)?;
            }
            b'r' => {
                let place = self.number(4)?;
                self.remember(place)?;
            }
            0x94 => self.remember(self.memo.len() as u64)?,
            b'h' => {
                let place = self.number(1)?;
                self.recall(place)?;
            }
            b'j' => {
                let place = self.number(4)?;
                self.recall(place)?;
            }
            // Frames only group reads.
            0x95 => {
                self.number(8)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(&module, &name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (&self.items[module as usize], &self.items[name as usize]) {
                    (Item::Text(module), Item::Text(name)) => {
                        let (module, name) = (Arc::clone(module), Arc::clone(name));
                        self.global(&module, &name)?;
                    }
                    _ => return Err(self.misplaced("module and name are not texts")),
                }
            }
            b'R' => self.reduce()?,
            b'b' => self.build()?,
            b'Q' => self.persistent()?,
            _ => {
                return Err(Fault::Opcode {
                    opcode: opcode::name(byte),
                    byte,
                    offset,
                });
            }
        }
        Ok(false)
    }

    fn integer(&mut self, bytes: u64) -> Result<(), Fault> {
        let number = self.number(bytes)?;
        self.push(Item::Integer(number.into()))
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), Fault> {
        match Global::find(module, name) {
            Some(global) => self.push(Item::Global(global)),
            None => {
                let shown = |text: &str| -> String {
                    let beginning: String = text.chars().take(80).collect();
                    beginning.escape_debug().to_string()
                };
                Err(Fault::Global {
                    module: shown(module),
                    name: shown(name),
                    offset: self.opcode.1,
                })
            }
        }
    }
}
