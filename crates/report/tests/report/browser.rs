//! The page in a browser, from a `file:` address, with its interactions.

use std::path::{Path, PathBuf};
use std::process::Command;

use kenyon_report::{Formats, write};
use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::fixture::specimen;

/// Runs before everything else of the page and keeps what goes wrong.
const WATCH: &str = r#"<script>
window.wrong = [];
addEventListener("error", (event) => wrong.push("error: " + event.message));
addEventListener("securitypolicyviolation", (event) => wrong.push("request: " + event.blockedURI));
console.error = (...words) => wrong.push("console: " + words.join(" "));
</script>"#;

/// Uses the page as a reader would and leaves what it found in the title.
const USE: &str = r#"<script>
addEventListener("load", async () => {
  const check = (name, holds) => { if (!holds) wrong.push(name); };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const table = document.getElementById("comparison-table");
  const numbers = (column) => [...table.tBodies[0].rows].filter((row) => !row.hidden)
    .map((row) => parseFloat(row.cells[column].textContent.replace(/−/g, "-"))).filter((it) => !Number.isNaN(it));
  const ordered = (values, sign) => values.every((value, index) => index === 0 || sign * values[index - 1] <= sign * value);
  const heading = table.querySelectorAll("thead button")[4];
  heading.click();
  check("sorting upwards", ordered(numbers(4), 1) && numbers(4).length > 20);
  heading.click();
  check("sorting downwards", ordered(numbers(4), -1));
  const filter = document.querySelector("[data-filter=comparison-table]");
  filter.value = "no apl decorrelation";
  filter.dispatchEvent(new Event("input"));
  const shown = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  check("filtering", shown.length > 0 && shown.length < table.tBodies[0].rows.length
    && shown.every((row) => /apl/i.test(row.textContent)));
  check("counting", document.querySelector("[data-count=comparison-table]").textContent.startsWith(shown.length + " of"));
  for (const figure of document.querySelectorAll("figure")) {
    const box = figure.querySelector("svg").getBoundingClientRect();
    check("figure " + figure.id + " is not visible", box.width > 200 && box.height > 60);
    check("figure " + figure.id + " is cut", box.right <= document.documentElement.clientWidth + 1);
    check("figure " + figure.id + " has no words", figure.querySelector("svg title") && figure.querySelector("figcaption").textContent.length > 40);
  }
  const mark = document.querySelector("figure [data-value]");
  mark.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: 50, clientY: 50 }));
  const tip = document.getElementById("tip");
  check("hovering", !tip.hidden && tip.textContent === mark.querySelector("title").textContent.trim());
  const choice = document.getElementById("trial-choice");
  const before = document.getElementById("trial-summary").textContent;
  choice.selectedIndex = (choice.selectedIndex + 1) % choice.options.length;
  choice.dispatchEvent(new Event("change"));
  check("choosing a trial", document.getElementById("trial-summary").textContent !== before);
  const time = document.getElementById("trial-time");
  time.value = 0;
  document.getElementById("trial-play").click();
  await wait(700);
  check("playing", Number(time.value) > 2);
  document.getElementById("trial-play").click();
  const stopped = time.value;
  await wait(300);
  check("pausing", time.value === stopped);
  await document.fonts.ready;
  check("the page's own typeface", [...document.fonts].some((face) => face.family === "Arimo" && face.status === "loaded"));
  const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
  check("identifiers are not unique: " + ids.filter((it, index) => ids.indexOf(it) !== index), new Set(ids).size === ids.length);
  for (const input of document.querySelectorAll("input, select")) check("an input without label", input.closest("label"));
  check("requests", performance.getEntriesByType("resource").every((it) => it.name.startsWith("data:")));
  document.title = "checked: " + (wrong.length ? wrong.join("; ") : "all well");
});
</script>"#;

pub fn add(suite: Suite) -> Suite {
    let browser = browser();
    let path = browser.clone().unwrap_or_default();
    let other = path.clone();
    suite
        .test_if(
            browser.is_some(),
            "Chromium",
            "the_page_works_in_a_browser",
            move || {
                interactions(&path);
            },
        )
        .test_if(
            browser.is_some(),
            "Chromium",
            "the_page_can_be_printed",
            move || print(&other),
        )
}

/// Chromium, wherever systems put it.
fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

/// Runs the browser without its own traffic, and returns what it printed.
fn run(browser: &Path, folder: &Path, page: &Path, arguments: &[&str]) -> String {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--virtual-time-budget=20000",
            "--window-size=1200,900",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn interactions(browser: &Path) {
    let folder = TempDir::new().expect("a temporary folder");
    let written = write(&specimen().results, folder.path(), Formats::PageOnly).expect("a page");
    let page = std::fs::read_to_string(&written.page).expect("the page");
    let watched = page
        .replacen("<head>", &format!("<head>{WATCH}"), 1)
        .replacen("</body>", &format!("{USE}</body>"), 1);
    std::fs::write(&written.page, watched).expect("the page");
    let seen = run(browser, folder.path(), &written.page, &["--dump-dom"]);
    let title = seen
        .split("<title>")
        .nth(1)
        .and_then(|rest| rest.split("</title>").next());
    assert_eq!(title, Some("checked: all well"));
}

fn print(browser: &Path) {
    let folder = TempDir::new().expect("a temporary folder");
    let written = write(&specimen().results, folder.path(), Formats::PageOnly).expect("a page");
    let target = folder.path().join("print.pdf");
    let argument = format!("--print-to-pdf={}", target.display());
    run(
        browser,
        folder.path(),
        &written.page,
        &[&argument, "--no-pdf-header-footer"],
    );
    let printed = std::fs::read(target).expect("a PDF");
    assert_eq!(&printed[..5], b"%PDF-");
    assert!(printed.len() > 50_000, "{} bytes", printed.len());
}
