//! Just enough Markdown: fenced blocks, headings, the text between.

use std::path::{Path, PathBuf};

use kenyon_testing::workspace_root;

/// A fenced block.
pub struct Block {
    /// What stands after the fence: the language, and words for us.
    pub info: Vec<String>,
    /// Its lines.
    pub lines: Vec<String>,
    /// Number of its first line in the file, from 1.
    pub line: usize,
}

impl Block {
    /// Whether the block is of a language.
    pub fn is(&self, language: &str) -> bool {
        self.info.first().is_some_and(|word| word == language)
    }

    /// The word after the language.
    pub fn word(&self) -> Option<&str> {
        self.info.get(1).map(String::as_str)
    }

    /// Its text.
    pub fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }
}

/// The fenced blocks of a text, and its other lines with their numbers.
pub fn parse(text: &str) -> (Vec<Block>, Vec<(usize, String)>) {
    let (mut blocks, mut rest) = (Vec::new(), Vec::new());
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                open = Some(Block {
                    info: info.split_whitespace().map(str::to_owned).collect(),
                    lines: Vec::new(),
                    line: index + 2,
                });
            }
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => rest.push((index + 1, line.to_owned())),
        }
    }
    assert!(open.is_none(), "a fenced block has no end");
    (blocks, rest)
}

/// The folder of the guide's chapters.
pub fn chapters_folder() -> PathBuf {
    workspace_root().join("docs/guide/src")
}

/// The chapters of the guide, sorted.
pub fn chapters() -> Vec<PathBuf> {
    with_extension(&chapters_folder(), "md")
}

/// Files of a folder with an extension, sorted; folders below it are not entered.
pub fn with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// The text of a file.
#[track_caller]
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The name of a file without its ending.
pub fn stem(path: &Path) -> String {
    let stem = path.file_stem().expect("a file has a name");
    stem.to_string_lossy().replace('-', "_")
}
