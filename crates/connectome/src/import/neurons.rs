//! The tables of neurons, joined, and the selection of populations.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::columns::{Field, IdColumn, NO_PAIR, find, simple};
use super::error::ImportError;
use super::expression::{Expression, is_list};
use super::record::{NeuronCounts, SelectedPopulation};
use super::sources::{ContactKind, ContactSource, NeuronRows, NeuronSource};
use super::{ImportOptions, Populations, named_column};
use crate::neutral::parse_side;
use crate::stream::TableStream;
use crate::{DataError, Neuron, Side};

/// Number of the pseudo-column that holds the identity.
const ID: usize = usize::MAX;

/// Names of the pseudo-column.
const ID_NAMES: [&str; 5] = ["id", "root_id", "bodyid", "skid", "neuron_id"];

/// All neurons of the tables, in the order of their first row.
#[derive(Debug, Default)]
pub(crate) struct NeuronTable {
    /// Names of the columns.
    pub columns: Vec<String>,
    rows: Vec<Row>,
    index: HashMap<u64, u32>,
    /// Columns that were renamed.
    pub renamed: Vec<String>,
    /// Simple names of the columns, and the number with which a search for another name like it begins:
    /// a table may have very many columns of one name.
    names: HashMap<String, u32>,
}

#[derive(Debug)]
struct Row {
    id: u64,
    id_text: String,
    partner: Option<u64>,
    cells: Cells,
}

/// The cells of a row in one piece of text.
#[derive(Clone, Debug, Default)]
struct Cells {
    text: String,
    ends: Vec<u32>,
}

impl Cells {
    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len() as u32);
    }

    fn get(&self, column: usize) -> &str {
        let Some(&end) = self.ends.get(column) else {
            return "";
        };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..end as usize]
    }

    fn fill(&mut self, columns: usize) {
        while self.ends.len() < columns {
            self.ends.push(self.text.len() as u32);
        }
    }
}

impl NeuronTable {
    /// Reads and joins tables of neurons. Without any, neurons are those that the contacts name.
    pub fn read(
        sources: &[NeuronSource],
        contacts: &[ContactSource],
        options: &ImportOptions,
    ) -> Result<Self, ImportError> {
        let mut table = Self::default();
        for source in sources {
            source.input.table(&options.limits, |stream| {
                table.join(source, stream, options)
            })?;
        }
        if sources.is_empty() {
            for source in contacts {
                table.collect(source, options)?;
            }
        }
        Ok(table)
    }

    /// Number of neurons.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// The row of a neuron, if it is listed.
    pub fn row_of(&self, id: u64) -> Option<u32> {
        self.index.get(&id).copied()
    }

    fn add(&mut self, id: u64) -> usize {
        let next = self.rows.len();
        let place = *self.index.entry(id).or_insert(next as u32) as usize;
        if place == next {
            self.rows.push(Row {
                id,
                id_text: id.to_string(),
                partner: None,
                cells: Cells::default(),
            });
        }
        place
    }

    fn join(
        &mut self,
        source: &NeuronSource,
        stream: &mut TableStream,
        options: &ImportOptions,
    ) -> Result<(), DataError> {
        let first = self.columns.len();
        let skipped = |place: usize| match source.rows {
            NeuronRows::Single(id) => place == id.place,
            NeuronRows::Pair(left, right) => place == left || place == right,
        };
        let kept: Vec<usize> = (0..stream.header.len())
            .filter(|&place| !skipped(place))
            .collect();
        for &place in &kept {
            self.add_column(&stream.header[place].clone(), stream);
        }
        if matches!(source.rows, NeuronRows::Pair(..)) {
            self.add_column("side", stream);
        }
        let listed_before = self.rows.len();
        let mut seen: HashSet<u64> = HashSet::new();
        while stream.advance()? {
            let too_large = self.rows.len() >= options.limits.neurons
                || self.rows.len().saturating_mul(self.columns.len()) > options.limits.neuron_cells
                || stream.bytes() > options.limits.neuron_table_bytes;
            if too_large {
                return Err(DataError::MalformedTable {
                    file: stream.file.clone(),
                    row: stream.row(),
                    reason: "the table is too large to be one of neurons".to_owned(),
                });
            }
            for (id, side, partner) in ids_of(source.rows, stream)?.into_iter().flatten() {
                if !seen.insert(id) {
                    return Err(DataError::DuplicateNeuron {
                        file: stream.file.clone(),
                        place: format!("row {}", stream.row()),
                        id,
                    });
                }
                let place = self.add(id);
                let row = &mut self.rows[place];
                row.cells.fill(first);
                for &column in &kept {
                    row.cells.push(stream.text(column)?);
                }
                if let Some(side) = side {
                    row.cells.push(side);
                }
                row.partner = row.partner.or(partner);
                if row.cells.text.len() as u64 > options.limits.neuron_table_bytes {
                    return Err(stream.bad_value(0, "a neuron with a moderate amount of text"));
                }
            }
        }
        if self.rows.len() == listed_before && listed_before == 0 {
            return Err(DataError::MalformedTable {
                file: stream.file.clone(),
                row: 1,
                reason: "there is no neuron below the header".to_owned(),
            });
        }
        Ok(())
    }

    fn add_column(&mut self, name: &str, stream: &TableStream) {
        let key = simple(name);
        let mut unique = name.to_owned();
        if let Some(&next) = self.names.get(&key) {
            let mut number = next;
            while self.names.contains_key(&simple(&unique)) {
                unique = format!("{name}_{number}");
                number += 1;
            }
            self.names.insert(key, number);
            if !name.is_empty() {
                self.renamed
                    .push(format!("{name} of {} is {unique}", stream.file));
            }
        }
        self.names.insert(simple(&unique), 2);
        self.columns.push(unique);
    }

    /// Adds the neurons that a table of contacts names.
    fn collect(
        &mut self,
        source: &ContactSource,
        options: &ImportOptions,
    ) -> Result<(), ImportError> {
        let limits = &options.limits;
        source.input.table(limits, |stream| {
            let columns = match &source.kind {
                ContactKind::Matrix(_) => {
                    for column in &stream.header[1..] {
                        if let Some(id) = crate::stream::parse_id(column.as_bytes()) {
                            self.add(id);
                        }
                    }
                    return Ok(());
                }
                ContactKind::List(columns) => columns,
            };
            while stream.advance()? {
                for id in [columns.source, columns.target] {
                    let id = id.full(stream.id(id.place)?);
                    self.add(id);
                    if self.rows.len() > limits.neurons {
                        return Err(DataError::MalformedTable {
                            file: stream.file.clone(),
                            row: stream.row(),
                            reason: "there are too many neurons".to_owned(),
                        });
                    }
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    fn cell(&self, row: usize, column: usize) -> &str {
        let row = &self.rows[row];
        if column == ID {
            &row.id_text
        } else {
            row.cells.get(column)
        }
    }

    /// The number of a column and whether it holds a list.
    fn column(&self, name: &str) -> Option<(usize, bool)> {
        let exact = self.columns.iter().position(|column| column == name);
        let place = exact
            .or_else(|| named_column(&self.columns, name))
            .or_else(|| {
                // The annotations of the larval connectome go by either name.
                (simple(name) == "annotation")
                    .then(|| find(&self.columns, &["additional_annotations", "annotations"]))
                    .flatten()
            });
        match place {
            Some(place) => Some((place, is_list(&self.columns[place]))),
            None if ID_NAMES.contains(&simple(name).as_str()) => Some((ID, false)),
            None => None,
        }
    }

    /// The selected neurons in model order, and how they were selected.
    pub fn select(
        &self,
        options: &ImportOptions,
        counts: &mut NeuronCounts,
    ) -> Result<(Vec<Neuron>, Vec<SelectedPopulation>), ImportError> {
        let members = match &options.populations {
            Populations::None => {
                return Err(ImportError::NoPopulation {
                    columns: self.shown_columns().join(", "),
                });
            }
            Populations::Expressions(_) => self.by_expression(options)?,
            Populations::Column(column) => self.by_column(column)?,
        };
        let mut populations = Vec::new();
        let mut taken: HashMap<usize, usize> = HashMap::new();
        let mut neurons = Vec::new();
        for (number, (population, rows)) in members.iter().enumerate() {
            for &row in rows {
                if let Some(other) = taken.insert(row, number) {
                    return Err(ImportError::TwoPopulations {
                        id: self.rows[row].id,
                        first: members[other].0.name.clone(),
                        second: population.name.clone(),
                    });
                }
            }
        }
        let fields = self.fields(options)?;
        for (population, rows) in members {
            for row in rows {
                neurons.push(self.neuron(row, &population.name, &fields, counts));
            }
            populations.push(population);
        }
        Ok((neurons, populations))
    }

    fn shown_columns(&self) -> Vec<String> {
        std::iter::once("id".to_owned())
            .chain(self.columns.iter().cloned())
            .collect()
    }

    fn by_expression(
        &self,
        options: &ImportOptions,
    ) -> Result<Vec<(SelectedPopulation, Vec<usize>)>, ImportError> {
        let Populations::Expressions(selections) = &options.populations else {
            return Ok(Vec::new());
        };
        let mut members: Vec<(SelectedPopulation, Vec<usize>)> = Vec::new();
        for selection in selections {
            let name = &selection.name;
            let twice = members
                .iter()
                .any(|(population, _)| population.name == *name);
            if name.is_empty() || twice {
                let problem = if twice {
                    "is given twice"
                } else {
                    "has an empty name"
                };
                return Err(ImportError::PopulationName {
                    name: name.clone(),
                    problem,
                });
            }
            let bound = self.bind(&selection.expression, &format!("population {name}"))?;
            let rows: Vec<usize> = (0..self.rows.len())
                .filter(|&row| bound.holds(&|column| self.cell(row, column)))
                .collect();
            let expression = selection.expression.text().to_owned();
            match selection.neurons {
                Some(expected) if expected != rows.len() => {
                    return Err(ImportError::PopulationSize {
                        name: name.clone(),
                        expression,
                        expected,
                        actual: rows.len(),
                    });
                }
                _ if rows.is_empty() => {
                    return Err(ImportError::EmptyPopulation {
                        name: name.clone(),
                        expression,
                    });
                }
                _ => {}
            }
            let population = SelectedPopulation {
                name: name.clone(),
                selection: expression,
                neurons: rows.len() as u64,
            };
            members.push((population, rows));
        }
        Ok(members)
    }

    fn bind(
        &self,
        expression: &Expression,
        place: &str,
    ) -> Result<super::expression::Bound, ImportError> {
        expression
            .bind(&|name| self.column(name), &self.shown_columns())
            .map_err(|fault| ImportError::Expression {
                place: place.to_owned(),
                fault,
            })
    }

    /// One population per value of a column, in the order in which values appear; neurons without a value
    /// belong to none.
    fn by_column(
        &self,
        column: &str,
    ) -> Result<Vec<(SelectedPopulation, Vec<usize>)>, ImportError> {
        let Some((place, _)) = self.column(column) else {
            return Err(ImportError::NoColumn {
                column: column.to_owned(),
                purpose: "the populations".to_owned(),
                found: self.shown_columns().join(", "),
            });
        };
        let mut members: Vec<(SelectedPopulation, Vec<usize>)> = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for row in 0..self.rows.len() {
            let value = self.cell(row, place).trim();
            if value.is_empty() {
                continue;
            }
            let number = *numbers.entry(value).or_insert_with(|| {
                members.push((
                    SelectedPopulation {
                        name: value.to_owned(),
                        selection: format!("{column} is \"{value}\""),
                        neurons: 0,
                    },
                    Vec::new(),
                ));
                members.len() - 1
            });
            members[number].0.neurons += 1;
            members[number].1.push(row);
        }
        if members.is_empty() {
            return Err(ImportError::EmptyPopulation {
                name: column.to_owned(),
                expression: format!("any value of the column {column}"),
            });
        }
        Ok(members)
    }

    /// The columns that fill the fields of neurons.
    pub fn fields(&self, options: &ImportOptions) -> Result<BTreeMap<Field, usize>, ImportError> {
        let mut fields = BTreeMap::new();
        for field in Field::ALL {
            let place = match options.fields.get(&field) {
                Some(column) => {
                    Some(self.column(column).map(|(place, _)| place).ok_or_else(|| {
                        ImportError::NoColumn {
                            column: column.clone(),
                            purpose: format!("the field {}", field.name()),
                            found: self.shown_columns().join(", "),
                        }
                    })?)
                }
                None => find(&self.columns, field.columns()),
            };
            if let Some(place) = place {
                fields.insert(field, place);
            }
        }
        Ok(fields)
    }

    fn neuron(
        &self,
        row: usize,
        population: &str,
        fields: &BTreeMap<Field, usize>,
        counts: &mut NeuronCounts,
    ) -> Neuron {
        let cell = |field: Field| {
            fields
                .get(&field)
                .map_or("", |&column| self.cell(row, column))
        };
        let text = |field: Field| cell(field).to_owned();
        let partner = cell(Field::Partner).trim();
        let stated: Option<u64> = partner.parse().ok();
        counts.partners_not_understood += u64::from(stated.is_none() && !partner.is_empty());
        let side = parse_side(cell(Field::Side));
        counts.sides_not_understood += u64::from(side.is_none());
        Neuron {
            id: self.rows[row].id,
            population: population.to_owned(),
            side: side.unwrap_or(Side::Unknown),
            class: text(Field::Class),
            name: text(Field::Name),
            glomerulus: text(Field::Glomerulus),
            transmitter: text(Field::Transmitter),
            partner: stated.or(self.rows[row].partner),
        }
    }
}

/// A neuron of a row: identity, side and partner as far as a table of pairs says them.
type Named = (u64, Option<&'static str>, Option<u64>);

fn ids_of(rows: NeuronRows, stream: &TableStream) -> Result<[Option<Named>; 2], DataError> {
    match rows {
        NeuronRows::Single(column) => {
            let IdColumn { place, .. } = column;
            Ok([Some((column.full(stream.id(place)?), None, None)), None])
        }
        NeuronRows::Pair(left, right) => {
            let id = |column: usize| -> Result<Option<u64>, DataError> {
                let text = stream.text(column)?.trim().to_ascii_lowercase();
                if NO_PAIR.contains(&text.as_str()) {
                    return Ok(None);
                }
                stream.id(column).map(Some)
            };
            let (left, right) = (id(left)?, id(right)?);
            Ok([
                left.map(|id| (id, Some("left"), right)),
                right.map(|id| (id, Some("right"), left)),
            ])
        }
    }
}
