//! Times the loading of the data set: `cargo run --release --example load_time -- FOLDER`.

use std::path::Path;
use std::time::Instant;

use kenyon_connectome::DataSet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = std::env::args().nth(1);
    for _ in 0..5 {
        let start = Instant::now();
        let data = DataSet::find(argument.as_deref().map(Path::new))?;
        let time = start.elapsed().as_secs_f64();
        println!(
            "{time:.3} s, {} edges, {}",
            data.manifest.edges, data.manifest.hash
        );
    }
    Ok(())
}
