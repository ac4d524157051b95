//! The neutral format: round trips, and one test per fault.

mod round_trips;

use kenyon_testing::Suite;

fn main() {
    round_trips::add(Suite::new("neutral")).run();
}
