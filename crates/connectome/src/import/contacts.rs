//! The tables of contacts: streamed, filtered, and added up for the selected pairs only.

use std::collections::HashMap;
use std::io::BufReader;

use super::error::ImportError;
use super::expression::is_list;
use super::neurons::NeuronTable;
use super::record::ContactCounts;
use super::sources::{ContactKind, ContactSource, ListColumns};
use super::{Duplicates, ImportOptions, named_column};
use crate::matrix::read_matrix;
use crate::stream::{LARGEST_COUNT, TableStream, delimiter};
use crate::{Compartment, Contact, DataError, Neuron};

/// Most different transmitters; a column with more is something else.
const MOST_TRANSMITTERS: usize = 1000;

/// The contacts of selected pairs, and what became of the others.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pairs: HashMap<(u32, u32), [u32; 4]>,
    pub counts: ContactCounts,
    votes: HashMap<(u32, u16), u64>,
    transmitters: Vec<String>,
}

/// What a neuron is to the selection.
#[derive(Clone, Copy)]
enum Place {
    Selected(u32),
    Listed,
}

impl Gathered {
    /// Reads all tables.
    pub fn read(
        sources: &[ContactSource],
        neurons: &[Neuron],
        table: &NeuronTable,
        options: &ImportOptions,
    ) -> Result<Self, ImportError> {
        let mut gathered = Self::default();
        // By row of the table: one look-up per identity, and fifty million rows make many.
        let mut places = vec![Place::Listed; table.len()];
        for (place, neuron) in neurons.iter().enumerate() {
            if let Some(row) = table.row_of(neuron.id) {
                places[row as usize] = Place::Selected(place as u32);
            }
        }
        let place = |id: u64| table.row_of(id).map(|row| places[row as usize]);
        let matrices: Vec<(&ContactSource, Option<Compartment>)> = sources
            .iter()
            .filter_map(|source| match source.kind {
                ContactKind::Matrix(compartment) => Some((source, compartment)),
                ContactKind::List(_) => None,
            })
            .collect();
        gathered.read_matrices(&matrices, neurons, options)?;
        for source in sources {
            let ContactKind::List(columns) = &source.kind else {
                continue;
            };
            source.input.table(&options.limits, |stream| {
                gathered.read_list(stream, columns, &place, neurons, options)
            })?;
        }
        Ok(gathered)
    }

    fn read_list(
        &mut self,
        stream: &mut TableStream,
        columns: &ListColumns,
        place: &impl Fn(u64) -> Option<Place>,
        neurons: &[Neuron],
        options: &ImportOptions,
    ) -> Result<(), ImportError> {
        let filter = match &options.contact_filter {
            None => None,
            Some(filter) => {
                let find = |name: &str| {
                    let place = named_column(&stream.header, name)?;
                    Some((place, is_list(name)))
                };
                let bound = filter.bind(&find, &stream.header);
                Some(bound.map_err(|fault| ImportError::Expression {
                    place: format!("--contact-filter on {}", stream.file),
                    fault,
                })?)
            }
        };
        let mut numbers: HashMap<Vec<u8>, u16> = HashMap::new();
        while stream.advance()? {
            let source = columns.source.full(stream.id(columns.source.place)?);
            let target = columns.target.full(stream.id(columns.target.place)?);
            let count = match columns.count {
                Some(column) => stream.count(column)?,
                None => 1,
            };
            let compartment = match columns.compartment {
                None => options.compartment,
                Some(column) => {
                    let code = stream.text(column)?.trim().to_ascii_lowercase();
                    Compartment::from_code(&code)
                        .ok_or_else(|| stream.bad_value(column, "aa, ad, da or dd"))?
                }
            };
            self.counts.read.add(count);
            if let Some(filter) = &filter {
                // Text that is no text is an error, whether the condition needs it or not.
                for column in 0..stream.header.len() {
                    stream.text(column)?;
                }
                let cell = |column: usize| stream.text(column).unwrap_or_default();
                if !filter.holds(&cell) {
                    self.counts.dropped_by_filter.add(count);
                    continue;
                }
            }
            if count == 0 {
                self.counts.dropped_without_contact.add(count);
                continue;
            }
            let (Some(from), Some(to)) = (place(source), place(target)) else {
                self.counts.dropped_unlisted_neuron.add(count);
                continue;
            };
            if let (Place::Selected(from), Some(column)) = (from, columns.transmitter) {
                let number = match numbers.get(stream.cell(column)) {
                    Some(&number) => number,
                    None => {
                        let number = self.transmitter(stream, column)?;
                        numbers.insert(stream.cell(column).to_vec(), number);
                        number
                    }
                };
                *self.votes.entry((from, number)).or_default() += u64::from(count);
            }
            let (Place::Selected(from), Place::Selected(to)) = (from, to) else {
                self.counts.dropped_not_selected.add(count);
                continue;
            };
            self.counts.used.add(count);
            let fresh = self.add((from, to), compartment, count, neurons)?;
            if !fresh && options.duplicates == Duplicates::Refuse {
                return Err(ImportError::Duplicate {
                    file: stream.file.clone(),
                    row: stream.row(),
                    from: source,
                    to: target,
                });
            }
        }
        Ok(())
    }

    /// Adds contacts to a pair; `false` if it had some in this compartment.
    fn add(
        &mut self,
        pair: (u32, u32),
        compartment: Compartment,
        count: u32,
        neurons: &[Neuron],
    ) -> Result<bool, ImportError> {
        let slot = &mut self.pairs.entry(pair).or_default()[compartment as usize];
        let fresh = *slot == 0;
        // Neither summand is above the largest count, so the sum cannot overflow.
        *slot += count;
        if *slot > LARGEST_COUNT {
            return Err(ImportError::TooManyContacts {
                from: neurons[pair.0 as usize].id,
                to: neurons[pair.1 as usize].id,
                largest: LARGEST_COUNT,
            });
        }
        self.counts.merged_rows += u64::from(!fresh);
        Ok(fresh)
    }

    fn transmitter(&mut self, stream: &TableStream, column: usize) -> Result<u16, DataError> {
        let name = stream.text(column)?.trim();
        if let Some(number) = self.transmitters.iter().position(|other| other == name) {
            return Ok(number as u16);
        }
        if self.transmitters.len() >= MOST_TRANSMITTERS {
            return Err(stream.bad_value(column, "one of a few transmitters"));
        }
        self.transmitters.push(name.to_owned());
        Ok(self.transmitters.len() as u16 - 1)
    }

    fn read_matrices(
        &mut self,
        matrices: &[(&ContactSource, Option<Compartment>)],
        neurons: &[Neuron],
        options: &ImportOptions,
    ) -> Result<(), ImportError> {
        if options.contact_filter.is_some() && !matrices.is_empty() {
            return Err(ImportError::Matrices {
                reason: "a condition on rows of contacts needs lists of pairs, not matrices"
                    .to_owned(),
            });
        }
        let split = matrices
            .iter()
            .any(|(_, compartment)| compartment.is_some());
        let complete = Compartment::ALL.iter().all(|kind| {
            matrices
                .iter()
                .any(|(_, compartment)| *compartment == Some(*kind))
        });
        let mut totals: Option<HashMap<(u32, u32), u32>> = None;
        for (source, compartment) in matrices {
            let read = source.input.read(&options.limits, |unpacked| {
                let watch = unpacked.watch();
                let mut reader = BufReader::with_capacity(1 << 17, unpacked);
                read_matrix(
                    &mut CommaLines::new(&mut reader),
                    source.input.name(),
                    neurons,
                    None,
                    &|| {
                        watch.record();
                    },
                )
            })?;
            let cells = read.cells;
            // A matrix of all compartments beside the four says the same again: it is compared, not added.
            if compartment.is_none() && split {
                if !complete {
                    return Err(ImportError::Matrices {
                        reason: format!(
                            "{} holds the contacts of all compartments, but only some matrices of single compartments are there; leave out one or the other",
                            source.input.name()
                        ),
                    });
                }
                totals = Some(
                    cells
                        .iter()
                        .map(|cell| ((cell.source, cell.target), cell.count))
                        .collect(),
                );
                continue;
            }
            self.counts.read.rows += read.other_cells;
            self.counts.read.contacts += read.other_contacts;
            self.counts.dropped_not_selected.rows += read.other_cells;
            self.counts.dropped_not_selected.contacts += read.other_contacts;
            for cell in cells {
                self.counts.read.add(cell.count);
                self.counts.used.add(cell.count);
                let kind = compartment.unwrap_or(options.compartment);
                let pair = (cell.source, cell.target);
                let fresh = self.add(pair, kind, cell.count, neurons)?;
                if !fresh && options.duplicates == Duplicates::Refuse {
                    return Err(ImportError::Matrices {
                        reason: format!(
                            "{} and an earlier matrix both hold {} contacts from neuron {} to neuron {}; --duplicates sum adds them up",
                            source.input.name(),
                            kind.code(),
                            neurons[pair.0 as usize].id,
                            neurons[pair.1 as usize].id
                        ),
                    });
                }
            }
        }
        if let Some(totals) = totals {
            self.compare(&totals, neurons)?;
        }
        Ok(())
    }

    /// Compares sums over compartments with the matrix of all of them.
    fn compare(
        &self,
        totals: &HashMap<(u32, u32), u32>,
        neurons: &[Neuron],
    ) -> Result<(), ImportError> {
        let total = |pair| totals.get(&pair).copied().unwrap_or(0);
        let parts = |pair| {
            self.pairs
                .get(&pair)
                .map_or(0, |counts: &[u32; 4]| counts.iter().sum())
        };
        // The lowest pair is reported, so that the message does not depend on hash order.
        let mismatch = (self.pairs.keys().chain(totals.keys()))
            .filter(|&&pair| total(pair) != parts(pair))
            .min();
        match mismatch {
            None => Ok(()),
            Some(&pair) => Err(DataError::SumMismatch {
                from: neurons[pair.0 as usize].id,
                to: neurons[pair.1 as usize].id,
                parts: parts(pair),
                all: total(pair),
            }
            .into()),
        }
    }

    /// The transmitter of each neuron by the contacts it makes: the most frequent one, of equals the
    /// first by name. Empty for neurons without a vote.
    pub fn voted(&self, neurons: usize) -> Vec<String> {
        let mut best: Vec<Option<(u64, &str)>> = vec![None; neurons];
        for (&(neuron, number), &votes) in &self.votes {
            let name = self.transmitters[number as usize].as_str();
            let slot = &mut best[neuron as usize];
            let better =
                slot.is_none_or(|(most, other)| votes > most || (votes == most && name < other));
            if better && !name.is_empty() {
                *slot = Some((votes, name));
            }
        }
        best.into_iter()
            .map(|best| best.map_or_else(String::new, |(_, name)| name.to_owned()))
            .collect()
    }

    /// The contacts of pairs that have enough of them.
    pub fn finish(&mut self, minimum: u32) -> Vec<Contact> {
        let mut kept = Vec::with_capacity(self.pairs.len());
        for ((source, target), counts) in std::mem::take(&mut self.pairs) {
            let sum: u32 = counts.iter().sum();
            if sum < minimum {
                self.counts.below_minimum.add(sum);
            } else {
                self.counts.kept_edges += 1;
                self.counts.kept_contacts += u64::from(sum);
                kept.push(Contact {
                    source,
                    target,
                    counts,
                });
            }
        }
        kept
    }
}

/// A matrix of any separator as lines of comma-separated numbers.
struct CommaLines<'a, R> {
    inner: &'a mut R,
    buffer: Vec<u8>,
    used: usize,
    delimiter: Option<u8>,
}

impl<'a, R: std::io::BufRead> CommaLines<'a, R> {
    const fn new(inner: &'a mut R) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            used: 0,
            delimiter: None,
        }
    }
}

impl<R: std::io::BufRead> std::io::Read for CommaLines<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let from = std::io::BufRead::fill_buf(self)?;
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        std::io::BufRead::consume(self, count);
        Ok(count)
    }
}

impl<R: std::io::BufRead> std::io::BufRead for CommaLines<'_, R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.used == self.buffer.len() {
            let next = self.inner.fill_buf()?;
            // The first piece holds enough of the header to tell its separator.
            let delimiter = *self.delimiter.get_or_insert_with(|| delimiter(next));
            self.buffer.clear();
            // Numbers need no quotation marks.
            let plain = next.iter().filter(|&&byte| byte != b'"');
            self.buffer
                .extend(plain.map(|&byte| if byte == delimiter { b',' } else { byte }));
            self.used = 0;
            let read = next.len();
            self.inner.consume(read);
            if self.buffer.is_empty() && read > 0 {
                return self.fill_buf();
            }
        }
        Ok(&self.buffer[self.used..])
    }

    fn consume(&mut self, count: usize) {
        self.used += count;
    }
}
