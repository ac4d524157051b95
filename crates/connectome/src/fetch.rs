//! Downloading the public files of a data set.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use crate::descriptor::FileDescriptor;
use crate::install::{Installed, Staging};
use crate::list::files;
use crate::{DataError, DataSet, Descriptor};

/// More than any file of a data set has.
const LARGEST_DOWNLOAD: u64 = 256 << 20;

/// How to download.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Address of a mirror: files are taken from `BASE/FILE_NAME` instead of their public addresses.
    pub base_address: Option<String>,
    /// Longest time for one file.
    pub timeout: Duration,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            base_address: None,
            timeout: Duration::from_secs(120),
        }
    }
}

/// Downloads what `destination` lacks, checks everything and puts it into place. `progress` is called
/// with the address of each file before it is downloaded. Nothing is downloaded if the folder holds a
/// complete data set.
///
/// # Errors
/// [`DataError::Download`] if a file cannot be had, or the first fault found in the files. Nothing is
/// changed then.
pub fn fetch(
    descriptor: &Descriptor,
    destination: &Path,
    options: &FetchOptions,
    mut progress: impl FnMut(&str),
) -> Result<Installed, DataError> {
    let mut staging = Staging::new(descriptor, destination)?;
    let complete = DataSet::load_with(destination, descriptor)
        .is_ok_and(|data| data.panel.rates_by_name.is_ok());
    if complete {
        return staging.install();
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(options.timeout))
        .user_agent(concat!("kenyon/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    for listed in files(descriptor) {
        let file = &listed.file;
        let Some(address) = address_of(file, options).filter(|_| !staging.has(&file.path)) else {
            continue;
        };
        progress(&address);
        let bytes = download(&agent, &address)?;
        staging.add(&file.path, &bytes)?;
    }
    staging.install()
}

/// Where a file is downloaded from, if there is such a place.
fn address_of(file: &FileDescriptor, options: &FetchOptions) -> Option<String> {
    let public = file.address.as_ref()?;
    Some(match &options.base_address {
        None => public.clone(),
        Some(base) => {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            format!("{}/{name}", base.trim_end_matches('/'))
        }
    })
}

fn download(agent: &ureq::Agent, address: &str) -> Result<Vec<u8>, DataError> {
    let failed = |reason: String| DataError::Download {
        address: address.to_owned(),
        reason,
    };
    let response = agent
        .get(address)
        .call()
        .map_err(|error| failed(error.to_string()))?;
    let stated: Option<u64> = response
        .headers()
        .get("content-length")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    let mut bytes = Vec::new();
    response
        .into_body()
        .into_reader()
        .take(LARGEST_DOWNLOAD)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(error.to_string()))?;
    // A connection that breaks early must not pass for a short file.
    match stated {
        Some(stated) if stated != bytes.len() as u64 => {
            Err(failed(format!("{} of {stated} bytes arrived", bytes.len())))
        }
        _ => Ok(bytes),
    }
}
