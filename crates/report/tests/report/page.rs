//! The page stands alone.

use kenyon_report::{Formats, Results, write};
use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::fixture::specimen;

/// The largest page that is worth mailing.
const LARGEST: usize = 10_000_000;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("the_page_needs_nothing_else", alone)
        .test("files_are_written_and_old_ones_removed", files)
}

fn page() -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let written = write(&specimen().results, folder.path(), Formats::PageOnly).expect("a page");
    std::fs::read_to_string(written.page).expect("the page")
}

fn alone() {
    let page = page();
    assert!(page.len() < LARGEST, "{} bytes", page.len());
    // What is embedded, such as the typeface, is not outside.
    let page = page.replace("url(data:", "");
    for outside in ["src=\"http", "href=\"http", "url(", "@import", "src=\"//"] {
        assert!(!page.contains(outside), "the page asks for {outside}");
    }
    // The policy would stop a browser that were asked all the same.
    assert!(page.contains("default-src 'none'"));
    for section in [
        "comparison",
        "trial",
        "publication",
        "figures",
        "quantities",
        "methods",
        "provenance",
    ] {
        assert!(
            page.contains(&format!("<section id=\"{section}\"")),
            "{section}"
        );
    }
    for shown in [
        "Statistical larva",
        "Quick mode",
        &specimen().results.summary.digest,
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    let judgement = specimen()
        .results
        .summary
        .judgement
        .as_ref()
        .expect("a comparison");
    let rows = page.matches("class=\"verdict-cell\"").count();
    assert_eq!(rows, judgement.rows.len());
}

fn files() {
    let folder = TempDir::new().expect("a temporary folder");
    let figures = folder.path().join("figures");
    std::fs::create_dir_all(&figures).expect("a folder");
    for file in ["no_figure_any_more.png", "notes.txt"] {
        std::fs::write(figures.join(file), "old").expect("a file");
    }
    let results = Results::read(specimen().folder()).expect("the results");
    let written = write(&results, folder.path(), Formats::All).expect("a report");
    for name in &written.names {
        for ending in ["svg", "pdf", "png"] {
            let file = figures.join(format!("{name}.{ending}"));
            assert!(
                file.metadata().is_ok_and(|it| it.len() > 500),
                "{}",
                file.display()
            );
        }
    }
    assert!(!figures.join("no_figure_any_more.png").exists());
    assert!(
        figures.join("notes.txt").exists(),
        "what is no picture is not ours"
    );
}
