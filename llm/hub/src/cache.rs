//! The folders `blobs`, `snapshots`, `refs` of a repository, in the layout of Hugging Face's tools: the
//! cache is shared with them.

use super::repository::Repository;
use super::settings::HubSettings;
use crate::{Error, Result};
use hf_hub::CacheRepo;
use rs_grpo_files::Refuse as _;
use rs_grpo_files::ShardIndex;
use std::fs::File;
use std::path::{Path, PathBuf};

/// One repository's part of the cache.
pub(super) struct Cache {
    root: PathBuf,
    name: String,
    repository: CacheRepo,
    revision: String,
}

impl Cache {
    pub fn new(repository: &Repository, settings: &HubSettings) -> Self {
        let revision = repository.revision.clone();
        let repo = repository.repo(&revision);
        let name = repo.folder_name();
        let repository = hf_hub::Cache::new(settings.cache.clone()).repo(repo);
        Self { root: settings.cache.clone(), name, repository, revision }
    }

    /// The folder of a commit.
    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.repository.pointer_path(commit)
    }

    /// The folder of the revision, whether it exists or not.
    ///
    /// A revision without an entry in `refs` is taken as the name of a snapshot: a commit.
    pub fn folder(&self) -> PathBuf {
        let reference = self.root.join(&self.name).join("refs").join(&self.revision);
        let commit = std::fs::read_to_string(reference).unwrap_or_else(|_| self.revision.clone());
        self.snapshot(commit.trim())
    }

    /// The folder of the revision, if everything that a model needs is in it.
    pub fn complete(&self) -> Option<PathBuf> {
        let folder = self.folder();
        is_complete(&folder).then_some(folder)
    }

    /// Path of the content of a file.
    pub fn blob(&self, etag: &str) -> PathBuf {
        self.repository.blob_path(etag)
    }

    /// Path of the content while it is downloaded; huggingface_hub uses the same name.
    pub fn partial(&self, etag: &str) -> PathBuf {
        self.repository.blob_path(&format!("{etag}.incomplete"))
    }

    /// The file whose lock keeps two processes from downloading the same content; huggingface_hub
    /// locks the same file.
    pub fn lock_file(&self, etag: &str) -> Result<File> {
        let path = self.root.join(".locks").join(&self.name).join(format!("{etag}.lock"));
        create_parent(&path)?;
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::file(&path))
    }

    /// Gives content its name in the folder of a commit.
    pub fn link(&self, commit: &str, file: &str, etag: &str) -> Result<()> {
        let pointer = self.snapshot(commit).join(file);
        create_parent(&pointer)?;
        if pointer.is_file() {
            return Ok(());
        }
        // A dangling link: its content was deleted to free space.
        if pointer.is_symlink() {
            std::fs::remove_file(&pointer).map_err(Error::file(&pointer))?;
        }
        // One `..` for each folder of the file's path, and two for `snapshots` and the commit.
        let up = "../".repeat(2 + file.matches('/').count());
        link(&self.blob(etag), &Path::new(&up).join("blobs").join(etag), &pointer)
            .map_err(Error::file(&pointer))
    }

    /// Records the commit of the revision.
    pub fn set_reference(&self, commit: &str) -> Result<()> {
        match commit == self.revision {
            true => Ok(()),
            false => {
                self.repository.create_ref(commit).map_err(Error::file(&self.snapshot(commit)))
            }
        }
    }
}

/// Relative, so that the cache may be moved.
#[cfg(unix)]
fn link(_blob: &Path, relative: &Path, pointer: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(relative, pointer)
}

/// Symbolic links need special rights elsewhere; hard links do not.
#[cfg(not(unix))]
fn link(blob: &Path, _relative: &Path, pointer: &Path) -> std::io::Result<()> {
    std::fs::hard_link(blob, pointer)
}

pub(super) fn create_parent(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) => std::fs::create_dir_all(parent).map_err(Error::file(parent)),
        None => Ok(()),
    }
}

/// Whether a folder holds a model: its shape, its tokenizer and all of its weights.
fn is_complete(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).is_file();
    let sharded = || {
        ShardIndex::read(&folder.join("model.safetensors.index.json"))
            .is_ok_and(|index| index.files().into_iter().all(has))
    };
    has("config.json") && has("tokenizer.json") && (has("model.safetensors") || sharded())
}
