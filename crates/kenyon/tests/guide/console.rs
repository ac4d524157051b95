//! Commands and what they print.
//!
//! A block that begins with three backticks and `console` is run, line by line (`$ command`) through
//! `sh`, in a temporary folder that all blocks of a file share. Standard output must be what stands
//! below; a line `...` stands for any lines, `[..]` for any text within a line, and nothing at all for
//! output that is not shown. Progress and warnings (standard error) are not compared. A block
//! `toml NAME.toml` or `csv NAME.csv` is written to that file first. `console untested` is left out and counted;
//! `console data` is run where the published data are. The folder has the circuits of the repository as
//! `circuits`, and the data, if they are there, as `data`.

#[path = "../common/isolated.rs"]
mod environment;

use std::path::{Path, PathBuf};

use kenyon_testing::{Suite, workspace_root};
use tempfile::TempDir;

use crate::markdown::{Block, chapters, parse, read, stem};
use environment::isolated;

/// The section of the README that is run.
const FIVE_MINUTES: &str = "## Five minutes\n";

pub fn add(mut suite: Suite) -> Suite {
    for chapter in chapters() {
        if commands_of(&parse(&read(&chapter)).0).next().is_none() {
            continue;
        }
        let blocks = parse(&read(&chapter)).0;
        let needs_data = |block: &Block| block.is("console") && block.word() == Some("data");
        let name = format!("commands_of_{}", stem(&chapter));
        suite = if blocks.iter().any(needs_data) {
            suite.test_with_shared(&name, "data", move |data| {
                run_blocks(&parse(&read(&chapter)).0, Some(data));
            })
        } else {
            suite.test(&name, move || run_blocks(&parse(&read(&chapter)).0, None))
        };
    }
    suite
        .test_with_shared("commands_of_the_readme", "data", |data| {
            run_blocks(&five_minutes(), Some(data));
        })
        .test("patterns_match_what_they_should", patterns)
}

/// The blocks of the README's section, up to the next one.
fn five_minutes() -> Vec<Block> {
    let text = read(&workspace_root().join("README.md"));
    let (_, after) = text.split_once(FIVE_MINUTES).expect("the section is there");
    let section = after
        .split_once("\n## ")
        .map_or(after, |(section, _)| section);
    parse(section).0
}

fn tested(block: &Block) -> bool {
    block.is("console") && block.word() != Some("untested")
}

fn commands_of(blocks: &[Block]) -> impl Iterator<Item = &String> {
    let blocks = blocks.iter().filter(|block| tested(block));
    blocks.flat_map(|block| block.lines.iter().filter(|line| line.starts_with("$ ")))
}

fn run_blocks(blocks: &[Block], data: Option<PathBuf>) {
    assert!(commands_of(blocks).next().is_some(), "there is no command");
    let folder = TempDir::new().expect("a temporary folder");
    std::os::unix::fs::symlink(
        workspace_root().join("circuits"),
        folder.path().join("circuits"),
    )
    .expect("a link to the circuits");
    if let Some(data) = &data {
        let data = std::fs::canonicalize(data).expect("the data");
        std::os::unix::fs::symlink(data, folder.path().join("data")).expect("a link to the data");
    }
    for block in blocks {
        match block.word() {
            Some(file) if names_a_file(block, file) => {
                std::fs::write(folder.path().join(file), block.text()).expect("a file");
            }
            Some("untested") if block.is("console") => {
                let commands = block.lines.iter().filter(|line| line.starts_with("$ "));
                eprintln!("not run: {} commands marked untested", commands.count());
            }
            _ if tested(block) => run_block(block, folder.path(), data.as_deref()),
            _ => {}
        }
    }
}

/// Whether a block is a file that commands read: `toml NAME.toml` or `csv NAME.csv`.
fn names_a_file(block: &Block, file: &str) -> bool {
    let is = |kind: &str| block.is(kind) && file.ends_with(&format!(".{kind}"));
    (is("toml") || is("csv")) && !file.contains('/')
}

fn run_block(block: &Block, folder: &Path, data: Option<&Path>) {
    let mut lines = block.lines.iter().peekable();
    let mut place = block.line;
    while let Some(line) = lines.next() {
        let command = line
            .strip_prefix("$ ")
            .unwrap_or_else(|| panic!("line {place}: output without a command: {line}"));
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            expected.push(line.as_str());
        }
        let output = shell(command, folder, data);
        let printed: Vec<&str> = output.lines().map(str::trim_end).collect();
        assert!(
            expected.is_empty() || matches(&expected, &printed),
            "line {place}: `{command}` should print\n{}\nbut prints\n{output}",
            expected.join("\n")
        );
        place += 1 + expected.len();
    }
}

/// Standard output of a command line that must succeed.
fn shell(line: &str, folder: &Path, data: Option<&Path>) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_kenyon"));
    let mut path = binary.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = isolated("sh", folder);
    command.args(["-c", line]).env("PATH", path);
    if let Some(data) = data {
        command.env("KENYON_DATA", data);
    }
    let output = command.output().expect("a shell");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{line}` failed: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether lines are as expected; `...` stands for any number of lines.
fn matches(expected: &[&str], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => (0..=printed.len()).any(|skip| matches(rest, &printed[skip..])),
        Some((first, rest)) => printed
            .split_first()
            .is_some_and(|(line, others)| matches_line(first, line) && matches(rest, others)),
    }
}

/// Whether a line is as expected; `[..]` stands for any text.
fn matches_line(expected: &str, line: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected.trim_end() == line,
        Some((before, after)) => line.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|&skip| rest.is_char_boundary(skip))
                .any(|skip| matches_line(after, &rest[skip..]))
        }),
    }
}

fn patterns() {
    assert!(matches(&["a", "...", "c"], &["a", "b", "b", "c"]));
    assert!(matches(&["a", "...", "c"], &["a", "c"]));
    assert!(!matches(&["a", "...", "c"], &["a", "b"]));
    assert!(!matches(&["a"], &["a", "b"]));
    assert!(matches_line("took [..] s, [..]", "took 1.5 s, ± 2"));
    assert!(!matches_line("took [..] s", "took 1.5 ms"));
    let (blocks, rest) =
        parse("one\n```console\n$ a\nb\n```\ntwo\n```console untested\n$ c\n```\n");
    assert_eq!(commands_of(&blocks).count(), 1);
    assert_eq!((blocks[0].line, rest[1].0), (3, 6));
}
