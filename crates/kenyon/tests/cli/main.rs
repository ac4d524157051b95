//! The command line from outside: help, exit codes, messages, crashes, determinism.
//!
//! Everything runs on the statistical larva, so nothing needs data.

mod bad_data;
mod bad_input;
mod courses;
mod crash;
mod determinism;
mod help;
mod labelled_courses;
mod neutral;
mod own_tasks;
#[path = "../../../pytorch/tests/published/files.rs"]
mod published_files;
mod pytorch;
mod recordings;
mod report;
mod results;
mod screen;
mod study;
mod study_crash;
mod study_input;
mod support;
#[path = "../../../pytorch/tests/published/writer.rs"]
mod writer;

use kenyon_testing::Suite;

fn main() {
    let suite = Suite::new("cli");
    let suite = help::add(suite);
    let suite = results::add(suite);
    let suite = recordings::add(suite);
    let suite = courses::add(suite);
    let suite = labelled_courses::add(suite);
    let suite = report::add(suite);
    let suite = screen::add(suite);
    let suite = bad_input::add(suite);
    let suite = own_tasks::add(suite);
    let suite = bad_data::add(suite);
    let suite = neutral::add(suite);
    let suite = pytorch::add(suite);
    let suite = determinism::add(suite);
    let suite = study::add(suite);
    let suite = study_input::add(suite);
    let suite = study_crash::add(suite);
    crash::add(suite).run();
}
