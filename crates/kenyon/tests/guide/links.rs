//! Links between files of the repository, includes, and the guide's table of contents.

use std::path::{Path, PathBuf};

use kenyon_testing::{Suite, workspace_root};

use crate::markdown::{chapters, chapters_folder, parse, read, with_extension};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("links_lead_somewhere", links)
        .test("includes_are_there", includes)
        .test("every_chapter_is_in_the_contents", contents)
}

fn pages() -> Vec<PathBuf> {
    let root = workspace_root();
    let folders = [&root, &root.join("docs"), &root.join("benches/results")];
    let files = folders
        .iter()
        .flat_map(|folder| with_extension(folder, "md"));
    files.chain(chapters()).collect()
}

/// Targets of links and pictures outside of code, with the number of their line.
fn targets(page: &Path) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (number, line) in parse(&read(page)).1 {
        // Code within a line is between backticks, so every second part.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for part in prose.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            all.push((number, target.to_owned()));
        }
    }
    all
}

fn links() {
    let mut number = 0;
    for page in pages() {
        for (line, target) in targets(&page) {
            let place = format!("{}, line {line}: {target}", page.display());
            if target.starts_with("http") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let file = if file.is_empty() {
                page.clone()
            } else {
                page.parent().expect("a folder").join(file)
            };
            assert!(file.exists(), "{place}: there is no such file");
            if !heading.is_empty() {
                let found = anchors(&file).iter().any(|anchor| anchor == heading);
                assert!(found, "{place}: there is no such heading");
            }
            number += 1;
        }
    }
    assert!(number > 30, "only {number} links were found");
}

/// Anchors of the headings of a page, as they are made of the words.
fn anchors(page: &Path) -> Vec<String> {
    let kept = |sign: char| sign.is_alphanumeric() || "-_ ".contains(sign);
    let lines = parse(&read(page)).1;
    let headings = lines.iter().filter(|(_, line)| line.starts_with('#'));
    headings
        .map(|(_, line)| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            let text: String = text.chars().filter(|&sign| kept(sign)).collect();
            text.replace(' ', "-")
        })
        .collect()
}

fn includes() {
    let mut number = 0;
    for chapter in chapters() {
        for (line, text) in parse(&read(&chapter)).1 {
            let Some((_, rest)) = text.split_once("{{#include ") else {
                continue;
            };
            let target = rest.split("}}").next().unwrap_or_default();
            let (file, anchor) = target.split_once(':').unwrap_or((target, ""));
            let place = format!("{}, line {line}: {target}", chapter.display());
            let included = read(&chapters_folder().join(file));
            let mark = |kind: &str| included.contains(&format!("{kind}: {anchor} -->"));
            let whole = anchor.is_empty() || mark("ANCHOR") && mark("ANCHOR_END");
            assert!(whole, "{place}: there is no such anchor");
            number += 1;
        }
    }
    assert!(number > 2, "only {number} includes were found");
}

fn contents() {
    let summary = chapters_folder().join("SUMMARY.md");
    let listed: Vec<String> = targets(&summary).into_iter().map(|(_, to)| to).collect();
    for chapter in chapters() {
        let name = chapter.file_name().expect("a name").to_string_lossy();
        let known = name == "SUMMARY.md" || listed.iter().any(|other| *other == name);
        assert!(known, "{name} is not in SUMMARY.md");
    }
}
