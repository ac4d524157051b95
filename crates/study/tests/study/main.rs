//! Whole studies on the statistical larva: that they end in the same bytes however they are carried
//! out, that what is damaged is noticed, and that their numbers are what they are called.
#![allow(missing_docs, clippy::unwrap_used)]

mod ablations;
mod common;
mod damage;
mod files;
mod pieces;
mod publication;
mod recordings;
mod repeat;
mod sharing;
mod statistics;

use kenyon_testing::Suite;

fn main() {
    let suite = Suite::new("study");
    let suite = files::add(suite);
    let suite = repeat::add(suite);
    let suite = pieces::add(suite);
    let suite = damage::add(suite);
    let suite = sharing::add(suite);
    let suite = statistics::add(suite);
    let suite = publication::add(suite);
    let suite = recordings::add(suite);
    ablations::add(suite).run();
}
