//! What the given files are, by their columns.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::columns::{
    COMPARTMENT, CONTACT_TRANSMITTER, ID, IdColumn, LEFT, Layout, REGION, RIGHT, find, find_id,
    simple,
};
use super::error::ImportError;
use super::record::{IgnoredFile, ReadFile};
use super::{ImportOptions, named_column};
use crate::archive::hash_of;
use crate::stream::{Input, parse_id};
use crate::{Compartment, DataError};

/// Larger archives are refused: they are held in memory.
const LARGEST_ARCHIVE: u64 = 1 << 30;

/// Most members of an archive, or files of a folder.
const MOST_FILES: usize = 10_000;

/// Endings of files in folders and archives that are looked at.
const ENDINGS: [&str; 4] = ["csv", "tsv", "txt", "gz"];

/// The tables to import, by what they are.
#[derive(Debug)]
pub(crate) struct Sources {
    pub neurons: Vec<NeuronSource>,
    pub contacts: Vec<ContactSource>,
    pub layout: Layout,
    pub files: Vec<ReadFile>,
    pub ignored: Vec<IgnoredFile>,
}

/// A table of neurons.
#[derive(Debug)]
pub(crate) struct NeuronSource {
    pub input: Input,
    pub rows: NeuronRows,
}

/// How rows name their neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NeuronRows {
    /// One neuron per row.
    Single(IdColumn),
    /// A left and a right neuron per row.
    Pair(usize, usize),
}

/// A table of contacts.
#[derive(Debug)]
pub(crate) struct ContactSource {
    pub input: Input,
    pub kind: ContactKind,
}

#[derive(Debug)]
pub(crate) enum ContactKind {
    List(ListColumns),
    /// A dense matrix of one compartment, or of all of them (`None`) if the name says so.
    Matrix(Option<Compartment>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ListColumns {
    pub source: IdColumn,
    pub target: IdColumn,
    /// Without it, each row is one contact.
    pub count: Option<usize>,
    pub compartment: Option<usize>,
    pub transmitter: Option<usize>,
    /// Part of the brain that a row is about.
    pub region: Option<usize>,
}

/// A table that may be of use.
struct Found {
    input: Input,
    read: ReadFile,
    /// Whether it was named itself, not found in a folder or an archive.
    named: bool,
}

enum Kind {
    Neurons(NeuronRows),
    Contacts(Layout, ContactKind),
    Neither(String),
}

/// Files, folders and archives as a list of tables, with what was left out.
fn expand(paths: &[PathBuf]) -> Result<(Vec<Found>, Vec<IgnoredFile>), ImportError> {
    let mut tables = Vec::new();
    let mut ignored = Vec::new();
    for path in paths {
        let unreadable = |cause| DataError::Unreadable {
            path: path.clone(),
            cause,
        };
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
                .map_err(unreadable)?
                .take(MOST_FILES)
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()
                .map_err(unreadable)?;
            entries.sort();
            for entry in entries.iter().filter(|entry| entry.is_file()) {
                add_file(entry, true, &mut tables, &mut ignored)?;
            }
        } else {
            add_file(path, false, &mut tables, &mut ignored)?;
        }
    }
    Ok((tables, ignored))
}

fn add_file(
    path: &Path,
    found: bool,
    tables: &mut Vec<Found>,
    ignored: &mut Vec<IgnoredFile>,
) -> Result<(), ImportError> {
    let unreadable = |cause| DataError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let mut head = [0; 4];
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let read = file.read(&mut head).map_err(unreadable)?;
    if head[..read] == *b"PK\x03\x04" {
        if size > LARGEST_ARCHIVE {
            return Err(DataError::NotImportable {
                path: path.to_owned(),
                reason: "the archive is too large; unpack it and name its files".to_owned(),
            }
            .into());
        }
        let bytes: Arc<[u8]> = std::fs::read(path).map_err(unreadable)?.into();
        return add_archive(&path.display().to_string(), &bytes, tables, ignored);
    }
    let name = path.display().to_string();
    if found && !has_ending(&name) {
        ignored.push(IgnoredFile {
            file: name,
            reason: "it is no table by its ending".to_owned(),
        });
        return Ok(());
    }
    let input = Input::file(path);
    let read = ReadFile {
        file: file_name(&name).to_owned(),
        sha256: input.sha256()?,
    };
    tables.push(Found {
        input,
        read,
        named: !found,
    });
    Ok(())
}

/// The tables of a zip archive.
fn add_archive(
    name: &str,
    bytes: &Arc<[u8]>,
    tables: &mut Vec<Found>,
    ignored: &mut Vec<IgnoredFile>,
) -> Result<(), ImportError> {
    let not_an_archive = |reason: String| DataError::NotAnArchive {
        file: name.to_owned(),
        reason,
    };
    let mut zip = zip::ZipArchive::new(Cursor::new(&bytes[..]))
        .map_err(|error| not_an_archive(error.to_string()))?;
    if zip.len() > MOST_FILES {
        return Err(not_an_archive("it has too many members".to_owned()).into());
    }
    let hash = hash_of(bytes);
    for index in 0..zip.len() {
        let member = zip
            .by_index(index)
            .map_err(|error| not_an_archive(error.to_string()))?;
        if !member.is_file() {
            continue;
        }
        let inner = member
            .name()
            .map(|name| name.to_string())
            .map_err(|error| not_an_archive(error.to_string()))?;
        let shown = format!("{inner} in {}", file_name(name));
        let fork = inner
            .split('/')
            .any(|part| part == "__MACOSX" || part.starts_with("._"));
        if fork || !has_ending(&inner) {
            let reason = if fork {
                "it is a resource fork"
            } else {
                "it is no table by its ending"
            };
            ignored.push(IgnoredFile {
                file: shown,
                reason: reason.to_owned(),
            });
            continue;
        }
        let read = ReadFile {
            file: shown.clone(),
            sha256: hash.clone(),
        };
        tables.push(Found {
            input: Input::member(shown, Arc::clone(bytes), index),
            read,
            named: false,
        });
    }
    Ok(())
}

fn has_ending(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

fn file_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

impl Sources {
    /// Looks at the columns of all tables below the given paths.
    pub fn find(paths: &[PathBuf], options: &ImportOptions) -> Result<Self, ImportError> {
        let (tables, ignored) = expand(paths)?;
        Self::classify(tables, ignored, options)
    }

    /// The same for tables that are given as inputs.
    pub fn of_inputs(inputs: Vec<Input>, options: &ImportOptions) -> Result<Self, ImportError> {
        let tables = inputs
            .into_iter()
            .map(|input| {
                let read = ReadFile {
                    file: input.name().to_owned(),
                    sha256: input.sha256()?,
                };
                Ok(Found {
                    input,
                    read,
                    named: true,
                })
            })
            .collect::<Result<_, ImportError>>()?;
        Self::classify(tables, Vec::new(), options)
    }

    fn classify(
        tables: Vec<Found>,
        mut ignored: Vec<IgnoredFile>,
        options: &ImportOptions,
    ) -> Result<Self, ImportError> {
        let mut neurons = Vec::new();
        let mut contacts: Vec<ContactSource> = Vec::new();
        let mut first: Option<(String, Layout)> = None;
        let mut files = Vec::new();
        let mut seen = Vec::new();
        let mut lists = Vec::new();
        for Found { input, read, named } in tables {
            let header = input.header(&options.limits)?;
            let shown: String = header.join(", ").chars().take(200).collect();
            seen.push(format!("  {}: {shown}", input.name()));
            match kind(&input, &header, options)? {
                Kind::Neurons(rows) => {
                    files.push(read);
                    neurons.push(NeuronSource { input, rows });
                }
                Kind::Contacts(layout, kind) => {
                    match &first {
                        Some((other, other_layout)) if *other_layout != layout => {
                            return Err(ImportError::MixedLayouts {
                                first: other.clone(),
                                first_layout: other_layout.name(),
                                second: input.name().to_owned(),
                                second_layout: layout.name(),
                            });
                        }
                        Some(_) => {}
                        None => first = Some((input.name().to_owned(), layout)),
                    }
                    if let ContactKind::List(columns) = &kind {
                        lists.push((input.name().to_owned(), named, columns.region.is_some()));
                    }
                    files.push(read);
                    contacts.push(ContactSource { input, kind });
                }
                Kind::Neither(reason) => ignored.push(IgnoredFile {
                    file: read.file,
                    reason,
                }),
            }
        }
        check_lists(&lists)?;
        let Some((_, layout)) = first else {
            let layouts: &[Layout] = options
                .layout
                .as_ref()
                .map_or(&Layout::LISTS, std::slice::from_ref);
            let expected: Vec<String> = layouts
                .iter()
                .map(|layout| match layout.contact_columns() {
                    [[source, ..], [target, ..], [count, ..]] => {
                        format!("{source}, {target}, {count} ({})", layout.name())
                    }
                    _ => "identities of neurons (matrix)".to_owned(),
                })
                .collect();
            return Err(ImportError::NoContacts {
                expected: expected.join(" or "),
                seen: seen.join("\n"),
            });
        };
        // Tables of pairs say the order of neurons; others add what they know.
        neurons.sort_by_key(|source: &NeuronSource| matches!(source.rows, NeuronRows::Single(_)));
        Ok(Self {
            neurons,
            contacts,
            layout,
            files,
            ignored,
        })
    }
}

/// Several lists are added up only if that is clearly meant: exports come as folders in which the same
/// contacts stand several times (by region and in total, with and without a threshold).
fn check_lists(lists: &[(String, bool, bool)]) -> Result<(), ImportError> {
    let reason = if lists.len() < 2 {
        return Ok(());
    } else if lists.iter().any(|(_, named, _)| !named) {
        "If they are parts of one, name each of them to have them added up; otherwise name one"
    } else if lists.iter().any(|(_, _, region)| *region != lists[0].2) {
        "Some are by region and some are totals, so contacts would count twice; name one kind"
    } else {
        return Ok(());
    };
    let files: Vec<&str> = lists.iter().map(|(name, ..)| name.as_str()).collect();
    Err(ImportError::SeveralTables {
        files: files.join(", "),
        reason,
    })
}

fn kind(input: &Input, header: &[String], options: &ImportOptions) -> Result<Kind, ImportError> {
    let wanted = |layout: Layout| options.layout.is_none_or(|only| only == layout);
    // Columns that options name decide for a list of pairs.
    if (options.source_column.is_some() || options.target_column.is_some())
        && let Some(columns) = list_columns(input, header, Layout::Edges, options)?
    {
        return Ok(Kind::Contacts(Layout::Edges, ContactKind::List(columns)));
    }
    for layout in Layout::LISTS.into_iter().filter(|&layout| wanted(layout)) {
        if let Some(columns) = list_columns(input, header, layout, options)? {
            return Ok(Kind::Contacts(layout, ContactKind::List(columns)));
        }
    }
    if let (Some(left), Some(right)) = (find(header, LEFT), find(header, RIGHT)) {
        return Ok(Kind::Neurons(NeuronRows::Pair(left, right)));
    }
    let ids: Vec<&str> = match &options.id_column {
        Some(column) => vec![column.as_str()],
        None => ID.to_vec(),
    };
    let id = match &options.id_column {
        Some(column) => named_column(header, column).map(|place| IdColumn { place, prefix: 0 }),
        None => find_id(header, &ids),
    };
    if let Some(id) = id {
        return Ok(Kind::Neurons(NeuronRows::Single(id)));
    }
    let identities = |cells: &[String]| {
        !cells.is_empty() && cells.iter().all(|cell| parse_id(cell.as_bytes()).is_some())
    };
    if wanted(Layout::Matrix) && identities(&header[1..]) {
        let compartment = matrix_compartment(input.name(), options.compartment);
        return Ok(Kind::Contacts(
            Layout::Matrix,
            ContactKind::Matrix(compartment),
        ));
    }
    let shown: String = header.join(", ").chars().take(200).collect();
    Ok(Kind::Neither(format!(
        "its columns name neither neurons nor contacts: {shown}"
    )))
}

/// The columns of a list of pairs, if the header is one of this layout.
fn list_columns(
    input: &Input,
    header: &[String],
    layout: Layout,
    options: &ImportOptions,
) -> Result<Option<ListColumns>, ImportError> {
    let [sources, targets, counts] = layout.contact_columns();
    let id = |option: &Option<String>, names: &[&str]| match option {
        Some(column) => named_column(header, column).map(|place| IdColumn { place, prefix: 0 }),
        None => find_id(header, names),
    };
    let (Some(source), Some(target)) = (
        id(&options.source_column, sources),
        id(&options.target_column, targets),
    ) else {
        return Ok(None);
    };
    let named = |option: &Option<String>, names: &[&str], purpose: &str| match option {
        None => Ok(find(header, names)),
        Some(column) => match named_column(header, column) {
            Some(place) => Ok(Some(place)),
            None => Err(ImportError::NoColumn {
                column: column.clone(),
                purpose: format!("{purpose} in {}", input.name()),
                found: header.join(", "),
            }),
        },
    };
    let count = if options.rows_are_contacts {
        None
    } else {
        let place = named(&options.count_column, counts, "the number of contacts")?;
        Some(place.ok_or_else(|| ImportError::NoColumn {
            column: counts.first().copied().unwrap_or_default().to_owned(),
            purpose: format!(
                "the number of contacts in {} (--count-column, or --rows-are-contacts)",
                input.name()
            ),
            found: header.join(", "),
        })?)
    };
    Ok(Some(ListColumns {
        source,
        target,
        count,
        compartment: named(&options.compartment_column, COMPARTMENT, "compartments")?,
        transmitter: find(header, CONTACT_TRANSMITTER),
        region: find(header, REGION),
    }))
}

/// The compartment that the name of a matrix begins with; `None` for all of them together.
fn matrix_compartment(name: &str, usual: Compartment) -> Option<Compartment> {
    let member = name.split(" in ").next().unwrap_or(name);
    let stem = simple(file_name(member));
    if stem.starts_with("all") {
        return None;
    }
    let code = stem.split(['_', '-', '.']).next().unwrap_or_default();
    Some(Compartment::from_code(code).unwrap_or(usual))
}
