//! Hashes the sources of the crates that compute, so that a run's identity changes with the code.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn main() {
    let crates = Path::new("..");
    let training = ["connectome", "circuit", "learning"];
    export("KENYON_TRAINING_CODE", crates, &training);
    export("KENYON_MONITOR_CODE", crates, &["analysis"]);
    // Which measurements are made, and how figures are put together, is decided in this crate.
    export("KENYON_ANALYSIS_CODE", crates, &["analysis", "study"]);
}

/// Sets `name` to the hash of the sources of `members`.
fn export(name: &str, crates: &Path, members: &[&str]) {
    let mut hash = Sha256::new();
    let lock = crates.join("../Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    hash.update(locked(
        &std::fs::read_to_string(lock).unwrap_or_default(),
        members,
    ));
    for member in members {
        let folder = crates.join(member).join("src");
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        collect(&folder, &mut files);
        files.sort();
        for file in files {
            hash.update(
                file.strip_prefix(crates)
                    .unwrap_or(&file)
                    .to_string_lossy()
                    .as_bytes(),
            );
            hash.update(std::fs::read(&file).unwrap_or_default());
        }
    }
    let digest: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("cargo::rustc-env={name}={digest}");
}

/// What Cargo.lock says of all that `members` depend on: a library that only draws changes no result.
fn locked(lock: &str, members: &[&str]) -> String {
    let packages: Vec<&str> = lock.split("[[package]]").skip(1).collect();
    // Names stand in quotes: that of the package first, those of its dependencies in a list.
    let quoted = |text: &str| -> Vec<String> {
        let parts = text.split('"').skip(1).step_by(2);
        parts
            .map(|part| part.split(' ').next().unwrap_or_default().to_owned())
            .collect()
    };
    let mut wanted: Vec<String> = members
        .iter()
        .map(|member| format!("kenyon-{member}"))
        .collect();
    let mut next = 0;
    while let Some(name) = wanted.get(next).cloned() {
        next += 1;
        for package in packages
            .iter()
            .filter(|it| quoted(it).first() == Some(&name))
        {
            let (_, dependencies) = package.split_once("dependencies = [").unwrap_or_default();
            for dependency in quoted(dependencies) {
                if !wanted.contains(&dependency) {
                    wanted.push(dependency);
                }
            }
        }
    }
    let used = packages.into_iter();
    let used = used.filter(|package| {
        quoted(package)
            .first()
            .is_some_and(|name| wanted.contains(name))
    });
    used.collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
