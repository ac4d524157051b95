//! Import of other people's tables.

mod supplement;

use kenyon_testing::Suite;

fn main() {
    supplement::add(Suite::new("import")).run();
}
