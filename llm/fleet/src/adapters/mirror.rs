//! The folder that adapters are pulled into, where only complete ones appear.

use super::index::{ListedAdapter, is_name};
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::{sync_folder, temporary_folder};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Marks a folder as a mirror and names its source; its lock keeps a second puller out.
const MARKER: &str = ".pulled-from";
/// Prefix of incomplete folders, after a dot.
const PARTIAL: &str = "partial-";

/// A local copy of the trainer's folder.
pub(super) struct Mirror {
    folder: PathBuf,
    /// Holds the lock.
    _marker: File,
}

impl Mirror {
    /// Opens a folder, or creates it; removes what an earlier puller left incomplete.
    ///
    /// # Errors
    /// A folder that is not empty and not a mirror, since its contents would be removed; one that
    /// another puller holds.
    pub(super) fn open(folder: &Path, from: &str) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let path = folder.join(MARKER);
        if !path.exists() && !entries(folder)?.is_empty() {
            let problem = "is not empty, and was not made by pull-adapters, which removes what the \
                           trainer does not serve; give a new folder";
            return Err(Error::malformed(folder, "the folder", problem));
        }
        let marker =
            File::options().create(true).read(true).write(true).truncate(false).open(&path);
        let mut marker = marker.map_err(Error::file(&path))?;
        match marker.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let problem = "another process pulls into it; give each process its own folder";
                return Err(Error::malformed(folder, "the folder", problem));
            }
            Err(TryLockError::Error(error)) => return Err(Error::file(&path)(error)),
        }
        sign(&mut marker, from).map_err(Error::file(&path))?;
        clear(folder)?;
        Ok(Self { folder: folder.to_owned(), _marker: marker })
    }

    /// Names of the adapters in the mirror.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let mut names = entries(&self.folder)?;
        names.retain(|name| is_name(name) && self.has(name));
        Ok(names)
    }

    /// Whether an adapter of this name is in the mirror.
    pub(super) fn has(&self, name: &str) -> bool {
        self.folder.join(name).is_dir()
    }

    /// Whether an adapter is in the mirror with exactly the files of the index, by length and hash.
    pub(super) fn holds(&self, adapter: &ListedAdapter) -> Result<bool> {
        let folder = self.folder.join(&adapter.name);
        if !folder.is_dir() || entries(&folder)?.len() != adapter.files.len() {
            return Ok(false);
        }
        for file in &adapter.files {
            let path = folder.join(&file.name);
            let same =
                path.metadata().is_ok_and(|found| found.is_file() && found.len() == file.bytes);
            if !same || rs_grpo_files::sha256(&path)? != file.sha256 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A folder for an incomplete adapter, removed on drop.
    pub(super) fn partial(&self, name: &str) -> Result<TempDir> {
        Ok(temporary_folder(&self.folder, &format!("{PARTIAL}{name}"))?)
    }

    /// Moves a complete folder, whose files are synced, to its name; an earlier one is removed first.
    pub(super) fn place(&self, partial: TempDir, name: &str) -> Result<()> {
        let from = partial.path();
        sync_folder(from)?;
        if self.folder.join(name).exists() {
            self.remove(name)?;
        }
        std::fs::rename(from, self.folder.join(name)).map_err(Error::file(from))?;
        // It was renamed, so there is nothing to remove on drop.
        let _ = partial.keep();
        Ok(sync_folder(&self.folder)?)
    }

    /// Removes an adapter; its name disappears before its first file does.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        let aside = temporary_folder(&self.folder, &format!("{PARTIAL}{name}"))?;
        let path = self.folder.join(name);
        std::fs::rename(&path, aside.path().join(name)).map_err(Error::file(&path))?;
        aside.close().map_err(Error::file(&path))
    }
}

/// Removes what an earlier puller left incomplete.
fn clear(folder: &Path) -> Result<()> {
    let unfinished =
        |name: &&String| name.strip_prefix('.').is_some_and(|name| name.starts_with(PARTIAL));
    for name in entries(folder)?.iter().filter(unfinished) {
        let path = folder.join(name);
        std::fs::remove_dir_all(&path).map_err(Error::file(&path))?;
    }
    Ok(())
}

/// Writes the source into the marker, for people.
fn sign(marker: &mut File, from: &str) -> std::io::Result<()> {
    let mut text = String::new();
    marker.read_to_string(&mut text)?;
    if text.trim_end() == from {
        return Ok(());
    }
    marker.seek(SeekFrom::Start(0))?;
    marker.set_len(0)?;
    writeln!(marker, "{from}")
}

/// Names in a folder except the marker, sorted; one that is not Unicode becomes a name that no adapter
/// can have.
fn entries(folder: &Path) -> Result<Vec<String>> {
    let mut names = vec![];
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let name = entry.map_err(Error::file(folder))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.retain(|name| name != MARKER);
    names.sort();
    Ok(names)
}
