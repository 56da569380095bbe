//! The files of a model, in order: small ones first, weights last.

use super::alias::Alias;
use super::cache::{Cache, create_parent};
use super::error::HubError;
use super::progress::DownloadProgress;
use super::remote::{Announced, HubClient};
use super::repository::{Repository, is_name};
use super::settings::HubSettings;
use super::transfer::Transfer;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::ShardIndex;
use std::fs::TryLockError;
use std::path::PathBuf;

/// Files that a model may lack.
const OPTIONAL: [&str; 3] =
    ["generation_config.json", "tokenizer_config.json", "chat_template.jinja"];

/// The folder of a model in the cache, downloaded first if necessary.
///
/// A model that is complete in the cache needs no network; newer revisions are not looked for. Complete
/// means config, tokenizer and weights; optional files that another program left out are not fetched
/// later. Only files that this project reads are fetched. Interrupted downloads are resumed, and a file
/// gets its name in the cache only after its length, and the hash of weights, are verified.
///
/// # Errors
/// No network; the hub refuses or does not have the model; length or hash differ; the disk is full. The
/// error says what to do.
pub fn download(
    repository: &Repository,
    settings: &HubSettings,
    progress: &mut dyn DownloadProgress,
) -> Result<PathBuf> {
    let cache = Cache::new(repository, settings);
    if let Some(folder) = cache.complete() {
        return Ok(folder);
    }
    if settings.offline {
        let problem = "is not in the cache, and HF_HUB_OFFLINE forbids the network";
        return Err(HubError::unreachable(repository, settings, problem).into());
    }
    let remote = HubClient::new(repository, settings);
    let config = remote.look_up(&repository.revision, "config.json")?;
    let config = config.ok_or_else(|| remote.not_found("config.json"))?;
    let mut snapshot = Snapshot { cache, remote, commit: config.commit.clone(), progress };
    snapshot.keep("config.json", &config)?;
    snapshot.fetch_rest()
}

/// Whether a model is complete in the cache.
pub fn is_cached(alias: &Alias, settings: &HubSettings) -> bool {
    Cache::new(&alias.repository(), settings).complete().is_some()
}

/// A commit that is being downloaded.
pub(super) struct Snapshot<'a> {
    pub(super) cache: Cache,
    pub(super) remote: HubClient<'a>,
    pub(super) commit: String,
    pub(super) progress: &'a mut dyn DownloadProgress,
}

impl Snapshot<'_> {
    fn fetch_rest(mut self) -> Result<PathBuf> {
        for file in OPTIONAL {
            self.fetch(file)?;
        }
        self.need("tokenizer.json")?;
        if !self.fetch("model.safetensors")? {
            self.fetch_shards()?;
        }
        self.done()
    }

    /// Records that all files are downloaded.
    pub(super) fn done(self) -> Result<PathBuf> {
        self.cache.set_reference(&self.commit)?;
        Ok(self.cache.snapshot(&self.commit))
    }

    fn fetch_shards(&mut self) -> Result<()> {
        let name = "model.safetensors.index.json";
        self.need(name)?;
        let index = ShardIndex::read(&self.cache.snapshot(&self.commit).join(name))?;
        for file in index.files() {
            if !is_name(file) {
                return Err(self.remote.protocol(name, format!("names the file {file:?}")));
            }
            self.need(file)?;
        }
        Ok(())
    }

    pub(super) fn need(&mut self, file: &str) -> Result<()> {
        match self.fetch(file)? {
            true => Ok(()),
            false => Err(self.remote.not_found(file)),
        }
    }

    /// Downloads a file into the snapshot; `false` if the repository does not have it.
    fn fetch(&mut self, file: &str) -> Result<bool> {
        if self.cache.snapshot(&self.commit).join(file).is_file() {
            return Ok(true);
        }
        match self.remote.look_up(&self.commit, file)? {
            Some(announced) => self.keep(file, &announced).map(|()| true),
            None => Ok(false),
        }
    }

    fn keep(&mut self, file: &str, announced: &Announced) -> Result<()> {
        let (blob, partial) =
            (self.cache.blob(&announced.etag), self.cache.partial(&announced.etag));
        create_parent(&blob)?;
        let lock = self.cache.lock_file(&announced.etag)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                self.progress.wait(file);
                lock.lock().map_err(Error::file(&blob))?;
            }
            Err(TryLockError::Error(error)) => return Err(Error::file(&blob)(error)),
        }
        // Another process may have downloaded it while holding the lock.
        if !blob.is_file() {
            let transfer = Transfer { remote: &self.remote, file, announced, partial: &partial };
            transfer.run(self.progress)?;
            std::fs::rename(&partial, &blob).map_err(Error::file(&blob))?;
        }
        self.cache.link(&self.commit, file, &announced.etag)
    }
}
