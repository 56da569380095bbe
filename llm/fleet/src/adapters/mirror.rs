//! The folder that adapters are pulled into, where only whole ones appear.

use super::index::{ListedAdapter, is_name};
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::{sync_folder, temporary_folder};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The file that says that a folder is such a mirror, and from where; its lock keeps a second puller
/// out.
const MARKER: &str = ".pulled-from";
/// Begins the names of folders that are not whole, after a dot.
const PARTIAL: &str = "partial-";

/// A folder in which everything is a copy.
pub(super) struct Mirror {
    folder: PathBuf,
    /// Holds the lock.
    _marker: File,
}

impl Mirror {
    /// Opens a folder, which is made if it is not there; what an earlier puller left unfinished is
    /// removed.
    ///
    /// # Errors
    /// A folder with anything in it that no puller made, since it would be removed; another puller.
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
                let problem = "another process pulls into it; give each its own folder";
                return Err(Error::malformed(folder, "the folder", problem));
            }
            Err(TryLockError::Error(error)) => return Err(Error::file(&path)(error)),
        }
        sign(&mut marker, from).map_err(Error::file(&path))?;
        clear(folder)?;
        Ok(Self { folder: folder.to_owned(), _marker: marker })
    }

    /// Names of the adapters that are here.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let mut names = entries(&self.folder)?;
        names.retain(|name| is_name(name) && self.has(name));
        Ok(names)
    }

    /// Whether there is a folder of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.folder.join(name).is_dir()
    }

    /// Whether an adapter is here, with exactly the files that it should have.
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

    /// A folder for what is not whole yet; it is removed when it is dropped.
    pub(super) fn partial(&self, name: &str) -> Result<TempDir> {
        Ok(temporary_folder(&self.folder, &format!("{PARTIAL}{name}"))?)
    }

    /// Puts a folder whose files are on the disk in its place; what had its name is gone before.
    pub(super) fn place(&self, partial: TempDir, name: &str) -> Result<()> {
        let from = partial.path();
        sync_folder(from)?;
        if self.folder.join(name).exists() {
            self.remove(name)?;
        }
        std::fs::rename(from, self.folder.join(name)).map_err(Error::file(from))?;
        // It is no longer where it would be removed from.
        let _ = partial.keep();
        Ok(sync_folder(&self.folder)?)
    }

    /// Removes an adapter, whose name disappears before its first file does.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        let aside = temporary_folder(&self.folder, &format!("{PARTIAL}{name}"))?;
        let path = self.folder.join(name);
        std::fs::rename(&path, aside.path().join(name)).map_err(Error::file(&path))?;
        aside.close().map_err(Error::file(&path))
    }
}

/// Removes what an earlier puller left unfinished.
fn clear(folder: &Path) -> Result<()> {
    let unfinished =
        |name: &&String| name.strip_prefix('.').is_some_and(|name| name.starts_with(PARTIAL));
    for name in entries(folder)?.iter().filter(unfinished) {
        let path = folder.join(name);
        std::fs::remove_dir_all(&path).map_err(Error::file(&path))?;
    }
    Ok(())
}

/// Writes where the copies come from, for people.
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

/// Names in a folder but for the marker; those that are not Unicode come out as something that is no
/// adapter's.
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
