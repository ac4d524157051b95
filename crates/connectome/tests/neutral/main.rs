//! The neutral format: round trips, and one test per fault.

mod faults;
mod random;
mod round_trips;

use kenyon_testing::Suite;

fn main() {
    let suite = round_trips::add(Suite::new("neutral"));
    random::add(faults::add(suite)).run();
}
