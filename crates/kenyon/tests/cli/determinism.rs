//! One digest, whatever the number of threads and the instruction set.

use kenyon_circuit::InstructionSet;
use kenyon_testing::Suite;
use tempfile::TempDir;

use crate::support::{KENYON, LARVA, isolated, outcome};

pub fn add(suite: Suite) -> Suite {
    suite.test("one_digest_for_all_threads_and_instruction_sets", || {
        let reference = digest("1", InstructionSet::best());
        assert_eq!(digest("2", InstructionSet::best()), reference, "2 threads");
        for level in InstructionSet::available() {
            assert_eq!(digest("1", level), reference, "{}", level.name());
        }
    })
}

fn digest(threads: &str, level: InstructionSet) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let mut command = isolated(KENYON, folder.path());
    command
        .env("KENYON_ISA", level.name())
        .args(LARVA)
        .args(["--threads", threads, "--json"]);
    command.args([
        "train",
        "--teacher-epochs",
        "1",
        "--epochs",
        "1",
        "--out",
        "run",
    ]);
    let run = outcome(&mut command).succeeded();
    run.json()["digest"].as_str().expect("a digest").to_owned()
}
