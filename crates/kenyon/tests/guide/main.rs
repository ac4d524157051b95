//! The documentation from outside: commands print what is shown, files look as described, links lead
//! somewhere.
//!
//! The guide runs on the statistical larva and needs nothing; the README's "Five minutes" runs on the
//! data. `trycmd` would do the same for commands, but every new dependency changes `Cargo.lock`, which
//! is part of every run's identity.

mod console;
mod fields;
mod links;
mod markdown;
mod snippets;

use kenyon_testing::Suite;

fn main() {
    let suite = Suite::new("guide");
    let suite = console::add(suite);
    let suite = snippets::add(suite);
    let suite = fields::add(suite);
    links::add(suite).run();
}
