//! Running a program so that nothing of the caller reaches it.

use std::path::Path;
use std::process::{Command, Stdio};

/// A command in an environment of its own: no settings of the caller, no network, no cache.
pub fn isolated(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let variables = [
        "KENYON_DATA",
        "KENYON_ISA",
        "RUST_BACKTRACE",
        "NO_PROXY",
        "no_proxy",
    ];
    for variable in variables {
        command.env_remove(variable);
    }
    // Nobody listens there, so a download fails at once.
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(variable, "http://127.0.0.1:9");
    }
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("COLUMNS", "100")
        .stdin(Stdio::null());
    command
}
