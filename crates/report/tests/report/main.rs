//! The report of a small study on the statistical larva, from outside: its numbers, its pictures, its
//! page in a browser.

mod browser;
mod fixture;
mod numbers;
mod page;
mod pictures;
mod teaching;
mod trouble;

use kenyon_testing::Suite;

fn main() {
    let suite = Suite::new("report");
    let suite = numbers::add(suite);
    let suite = pictures::add(suite);
    let suite = page::add(suite);
    let suite = browser::add(suite);
    let suite = teaching::add(suite);
    trouble::add(suite).run();
}
