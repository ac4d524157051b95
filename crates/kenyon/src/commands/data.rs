//! `kenyon data`: find, check, download, import, export or sample connectome data.

mod export;
mod import;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kenyon_connectome::fetch::{FetchOptions, fetch};
use kenyon_connectome::lookup::{cache_folder, find_folder};
use kenyon_connectome::sample::sample;
use kenyon_connectome::{Descriptor, Installed, import as install, list, verify};
use kenyon_pytorch::published::find_data_folder;
use serde_json::json;

use crate::data::{describe, warn_if_statistical};
use crate::ending::Ending;
use crate::output::Output;
use crate::table::{Table, thousands};

/// Arguments of `kenyon data`.
#[derive(Debug, Args)]
#[command(after_help = "Example: kenyon data list")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

/// What to do with data.
#[derive(Debug, Subcommand)]
enum Action {
    /// Show the data set, its files, and where it was looked for
    #[command(after_help = "Example: kenyon data list --json")]
    List,
    /// Compare the data with every expectation: hashes, counts, rules
    #[command(after_help = "Example: kenyon data verify --data ../shared/data")]
    Verify,
    /// Download the data into --data or the cache folder
    #[command(after_help = "Example: kenyon data fetch --data data")]
    Fetch {
        /// Take all files from this address instead of the public ones
        #[arg(long, value_name = "ADDRESS")]
        mirror: Option<String>,
    },
    /// Import tables of other connectomes into a folder (--out), or the published files into --data
    #[command(
        long_about = import::ABOUT,
        after_help = "Example: kenyon data import codex/ --population-column class --min-contacts 5 --out adult"
    )]
    Import(Box<import::Arguments>),
    /// Write the data into a folder of plain tables, the neutral format
    #[command(after_help = "Example: kenyon data export --out larva")]
    Export(export::Arguments),
    /// Draw an individual from summary statistics and describe it
    #[command(after_help = "Example: kenyon data sample --seed 7 --scale 2")]
    Sample {
        /// Seed: one seed, one individual
        #[arg(long, default_value_t = 42)]
        seed: u64,
        /// Factor on the number of neurons of every population
        #[arg(long, default_value_t = 1)]
        scale: u32,
    },
}

/// Runs `kenyon data`.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<Ending> {
    let descriptor = Descriptor::winding2023();
    let folder = output.shared.data.as_deref();
    match arguments.action {
        Action::List => show_list(folder, &descriptor, output),
        Action::Verify => {
            if let Some(folder) = find_data_folder(output.shared.data.as_deref()) {
                bail!(
                    "{} holds tensors of the published model, for which no hashes are known; \
                     `kenyon inspect` compares their counts with the published ones",
                    folder.display()
                );
            }
            show_checks(&find_folder(folder, &descriptor)?, &descriptor, output)
        }
        Action::Fetch { mirror } => {
            let destination = destination(folder, &descriptor)?;
            let options = FetchOptions {
                base_address: mirror,
                ..FetchOptions::default()
            };
            let step = |step: &str| output.progress(step);
            show_installed(&fetch(&descriptor, &destination, &options, step)?, output)
        }
        Action::Import(arguments) => match &arguments.out {
            Some(out) => import::run(&arguments, out, output),
            None => {
                let path = arguments.only_path()?;
                let destination = destination(folder, &descriptor)?;
                let installed = install(path, &destination, &descriptor)
                    .with_context(|| format!("cannot import {}", path.display()))?;
                show_installed(&installed, output)
            }
        },
        Action::Export(arguments) => export::run(&arguments, output),
        Action::Sample { seed, scale } => show_sample(seed, scale, output),
    }
}

fn destination(folder: Option<&Path>, descriptor: &Descriptor) -> anyhow::Result<PathBuf> {
    match folder {
        Some(folder) => Ok(folder.to_owned()),
        None => Ok(cache_folder(descriptor)?),
    }
}

fn show_list(
    folder: Option<&Path>,
    descriptor: &Descriptor,
    output: &Output,
) -> anyhow::Result<Ending> {
    let listing = list(folder, descriptor);
    output.line(format_args!("{}: {}", listing.name, listing.title));
    for citation in &listing.citations {
        output.line(format_args!("  {citation}"));
    }
    output.line("\nlooked for in this order:");
    let mut table = Table::new(&["place", "folder", "outcome"]);
    for candidate in &listing.candidates {
        let path = candidate
            .folder
            .as_ref()
            .map(|path| path.display().to_string());
        table.row([
            candidate.origin.clone(),
            path.unwrap_or_default(),
            candidate.outcome.clone(),
        ]);
    }
    output.line(table);
    output.line("\nfiles:");
    let mut table = Table::new(&["file", "needed", "public address"]);
    for listed in &listing.files {
        let needed = if listed.required { "yes" } else { "optional" };
        let address = listed.file.address.clone().unwrap_or_default();
        table.row([listed.file.path.clone(), needed.to_owned(), address]);
    }
    output.line(table);
    output.json(&listing)?;
    Ok(Ending::Done)
}

fn show_checks(folder: &Path, descriptor: &Descriptor, output: &Output) -> anyhow::Result<Ending> {
    let checks = verify(folder, descriptor);
    let mut table = Table::new(&["", "check", "found", "expected"]);
    for check in &checks {
        let mark = if check.ok { "ok" } else { "BAD" };
        let shorten = |text: &str| {
            let hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if hash {
                format!("{}...", &text[..12])
            } else {
                text.to_owned()
            }
        };
        table.row([
            mark.to_owned(),
            check.name.clone(),
            shorten(&check.actual),
            shorten(&check.expected),
        ]);
    }
    let failed = checks.iter().filter(|check| !check.ok).count();
    output.line(format_args!("{}", folder.display()));
    output.line(table);
    output.line(format_args!("{} checks, {failed} failed", checks.len()));
    output.json(&json!({ "folder": folder, "checks": checks, "failed": failed }))?;
    Ok(Ending::of_failures(failed))
}

fn show_installed(installed: &Installed, output: &Output) -> anyhow::Result<Ending> {
    output.line(format_args!("{}", installed.folder.display()));
    let mut table = Table::new(&["file", "SHA-256", ""]);
    for file in &installed.files {
        let note = if file.new { "new" } else { "was there" };
        let hash = file.sha256.get(..12).unwrap_or(&file.sha256);
        table.row([file.path.clone(), format!("{hash}..."), note.to_owned()]);
    }
    output.line(table);
    match &installed.missing {
        Some(missing) => output.warning(format_args!("the data set is not complete: {missing}")),
        None => output.line("the data set is complete"),
    }
    output.json(installed)?;
    Ok(Ending::Done)
}

fn show_sample(seed: u64, scale: u32, output: &Output) -> anyhow::Result<Ending> {
    let data = sample(seed, scale)?;
    warn_if_statistical(output, &data);
    output.line(describe(&data));
    let mut table = Table::new(&["population", ">neurons"]);
    for population in &data.manifest.populations {
        table.row([population.name.clone(), thousands(population.neurons)]);
    }
    output.line(table);
    let contacts = data.manifest.contacts;
    output.line(format_args!(
        "{} edges, {contacts} contacts",
        thousands(data.manifest.edges)
    ));
    output.json(&data.manifest)?;
    Ok(Ending::Done)
}
