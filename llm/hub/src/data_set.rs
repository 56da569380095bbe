//! The files of a data set: those whose names have the prefix of its entry in the registry.

use super::cache::Cache;
use super::download::Snapshot;
use super::error::HubError;
use super::progress::DownloadProgress;
use super::remote::HubClient;
use super::repository::{Repository, is_name};
use super::settings::HubSettings;
use crate::Result;
use std::path::{Path, PathBuf};

/// The folder of a data set in the cache, downloaded first if necessary.
///
/// # Errors
/// As [`download`](super::download()) for models; a repository without such files.
pub fn download_data(
    repository: &Repository,
    prefix: &str,
    settings: &HubSettings,
    progress: &mut dyn DownloadProgress,
) -> Result<PathBuf> {
    let cache = Cache::new(repository, settings);
    if let Some(folder) = cached_data(repository, prefix, settings) {
        return Ok(folder);
    }
    if settings.offline {
        let problem = "is not in the cache, and HF_HUB_OFFLINE forbids the network";
        return Err(HubError::unreachable(repository, settings, problem).into());
    }
    let remote = HubClient::new(repository, settings);
    let (commit, names) = remote.list()?;
    let is_data = |name: &&String| {
        name.starts_with(prefix)
            && name.split('/').all(is_name)
            && [".parquet", ".jsonl", ".json"].iter().any(|end| name.ends_with(end))
    };
    let names: Vec<&String> = names.iter().filter(is_data).collect();
    if names.is_empty() {
        return Err(remote.not_found(&format!("{prefix}*")));
    }
    let mut snapshot = Snapshot { cache, remote, commit, progress };
    names.into_iter().try_for_each(|name| snapshot.need(name))?;
    snapshot.done()
}

/// The folder of a data set, if all of its files are in the cache.
pub fn cached_data(
    repository: &Repository,
    prefix: &str,
    settings: &HubSettings,
) -> Option<PathBuf> {
    let folder = Cache::new(repository, settings).folder();
    has_files(&folder, prefix).then_some(folder)
}

fn has_files(folder: &Path, prefix: &str) -> bool {
    let (inside, start) = prefix.rsplit_once('/').unwrap_or(("", prefix));
    let Ok(entries) = std::fs::read_dir(folder.join(inside)) else { return false };
    let present = entries.flatten().filter(|entry| entry.path().is_file());
    let names = present.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names: Vec<String> = names.filter(|name| name.starts_with(start)).collect();
    let is_whole = |name: &String| {
        let Some((file, parts)) = part(name) else { return true };
        names.iter().filter(|other| part(other) == Some((file, parts))).count() == parts
    };
    !names.is_empty() && names.iter().all(is_whole)
}

/// Splits the name of a part, such as `train-00003-of-00010.parquet`, into the common name and the
/// number of parts.
fn part(name: &str) -> Option<(&str, usize)> {
    let (start, end) = name.rsplit_once("-of-")?;
    let parts = end.split('.').next()?.parse().ok()?;
    Some((start.rsplit_once('-')?.0, parts))
}
