//! Finds the folder or repository of a name.

use super::alias::Alias;
use super::error::HubError;
use super::repository::{Repository, RepositoryKind, is_id};
use crate::Result;
use std::path::{Path, PathBuf};

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a local folder.
    Folder(PathBuf),
    /// On the hub, possibly in the cache.
    Hub(Repository),
}

/// Finds a model: a folder that exists, else an alias of [`ALIASES`](super::ALIASES), else an id on
/// the hub such as `Qwen/Qwen3-0.6B-Base`.
///
/// # Errors
/// The text is none of these; the error names the nearest alias.
pub fn resolve(text: &str) -> Result<Location> {
    let path = Path::new(text);
    if path.is_dir() {
        return Ok(Location::Folder(path.to_owned()));
    }
    if let Some(alias) = Alias::find(text) {
        return Ok(Location::Hub(alias.repository()));
    }
    if is_id(text) {
        let revision = Repository::NEWEST.to_owned();
        let kind = RepositoryKind::Model;
        return Ok(Location::Hub(Repository { id: text.to_owned(), revision, kind }));
    }
    match text.contains(['/', '\\']) {
        true => Err(HubError::NoFolder { path: path.to_owned() }.into()),
        false => Err(HubError::unknown(text).into()),
    }
}
