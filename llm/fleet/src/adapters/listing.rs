//! The index of a folder of adapters.

use super::index::{AdapterFile, ListedAdapter, NEEDED, is_name};
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::sha256;
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A folder of adapters, and the hashes of files that are known already.
pub(super) struct Listing {
    folder: PathBuf,
    /// By adapter and file.
    known: BTreeMap<(String, String), (Stamp, AdapterFile)>,
}

/// Tells a file from a later one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    fn new(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { bytes: metadata.len(), changed: metadata.modified().ok(), inode }
    }
}

impl Listing {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), known: BTreeMap::new() }
    }

    /// The adapters in the folder now; each file is hashed once.
    pub(super) fn index(&mut self) -> Result<Vec<ListedAdapter>> {
        let mut adapters = vec![];
        for name in names(&self.folder)? {
            match self.adapter(&name) {
                Ok(adapter) => adapters.extend(adapter),
                // It was removed meanwhile.
                Err(Error::Input(rs_grpo_files::Error::File { source, .. }))
                    if source.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let present = |adapter: &str| adapters.iter().any(|present| present.name == adapter);
        self.known.retain(|(adapter, _), _| present(adapter));
        Ok(adapters)
    }

    /// None if the folder is not an adapter.
    fn adapter(&mut self, name: &str) -> Result<Option<ListedAdapter>> {
        let folder = self.folder.join(name);
        if !is_folder(&folder)? {
            return Ok(None);
        }
        let mut files = vec![];
        for file in names(&folder)? {
            files.extend(self.file(name, &file)?);
        }
        let has = |needed: &&str| files.iter().any(|file| file.name == **needed);
        Ok(NEEDED.iter().all(has).then(|| ListedAdapter { name: name.to_owned(), files }))
    }

    /// None if it is not a regular file: a link might lead out of the folder.
    fn file(&mut self, adapter: &str, name: &str) -> Result<Option<AdapterFile>> {
        let path = self.folder.join(adapter).join(name);
        let metadata = path.symlink_metadata().map_err(Error::file(&path))?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let (key, stamp) = ((adapter.to_owned(), name.to_owned()), Stamp::new(&metadata));
        if let Some((_, file)) = self.known.get(&key).filter(|(known, _)| *known == stamp) {
            return Ok(Some(file.clone()));
        }
        let file =
            AdapterFile { name: name.to_owned(), bytes: stamp.bytes, sha256: sha256(&path)? };
        self.known.insert(key, (stamp, file.clone()));
        Ok(Some(file))
    }

    /// Opens a file of the index; returns it with its length, or none if the index has no such file.
    pub(super) fn open(&mut self, adapter: &str, name: &str) -> Result<Option<(File, u64)>> {
        if !is_name(adapter) || !is_name(name) {
            return Ok(None);
        }
        let entry = match self.adapter(adapter) {
            Err(Error::Input(rs_grpo_files::Error::File { source, .. }))
                if source.kind() == ErrorKind::NotFound =>
            {
                None
            }
            entry => entry?,
        };
        let files = entry.map_or(vec![], |adapter| adapter.files);
        let Some(file) = files.into_iter().find(|file| file.name == name) else { return Ok(None) };
        let path = self.folder.join(adapter).join(name);
        match File::open(&path) {
            Ok(open) => Ok(Some((open, file.bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file(&path)(error)),
        }
    }
}

/// Whether there is a folder, and not a link to one.
fn is_folder(path: &Path) -> Result<bool> {
    Ok(path.symlink_metadata().map_err(Error::file(path))?.is_dir())
}

/// The valid names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).map_err(Error::file(folder))?;
    let mut names = vec![];
    for entry in entries {
        let name = entry.map_err(Error::file(folder))?.file_name();
        names.extend(name.into_string().ok().filter(|name| is_name(name)));
    }
    names.sort();
    Ok(names)
}
