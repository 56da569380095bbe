//! Publishing adapters to the servers.

use super::http::{Http, RequestError, RequestErrorKind};
use super::servers::Servers;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::aside;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A policy that servers can load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishedAdapter {
    /// Name on the servers and of its folder: number of the policy and first digits of the SHA-256 of
    /// its weights, so the same name means the same adapter on every server and in every run.
    pub(super) name: String,
    /// Path of the folder on the servers.
    pub(super) path: String,
    /// Path of the folder on this machine.
    pub(super) folder: PathBuf,
}

/// The folder that adapters are published in, each as a folder that appears by renaming.
#[derive(Debug, Clone)]
pub struct AdapterFolder {
    /// Its path on this machine.
    pub here: PathBuf,
    /// The path of the same folder, or of its copy, on the servers.
    pub there: PathBuf,
}

/// Prefixes of complete and of incomplete adapter folders.
const PREFIXES: [&str; 2] = ["policy-", ".policy-"];
/// The file whose lock keeps a second run out.
const LOCK: &str = ".lock";

/// The file of an adapter that its name has the hash of.
const WEIGHTS: &str = "adapter_model.safetensors";

impl AdapterFolder {
    /// Locks the folder for one run, for as long as the returned file is open, and removes what an
    /// earlier run left. (Two runs from one seed begin with the same adapter: the first to finish would
    /// delete it for both.)
    pub(super) fn lock(&self) -> Result<File> {
        std::fs::create_dir_all(&self.here).map_err(Error::file(&self.here))?;
        let path = self.here.join(LOCK);
        let file = File::create(&path).map_err(Error::file(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let problem =
                    "another run publishes its adapters there; give each its own --adapters";
                return Err(Error::malformed(&self.here, "the folder", problem));
            }
            Err(TryLockError::Error(error)) => return Err(Error::file(&path)(error)),
        }
        for entry in std::fs::read_dir(&self.here).map_err(Error::file(&self.here))? {
            let entry = entry.map_err(Error::file(&self.here))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
                let folder = entry.path();
                std::fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
            }
        }
        Ok(file)
    }

    /// Writes the folder of a policy under a temporary name, then renames it.
    pub(super) fn write(
        &self,
        policy: u64,
        write: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PublishedAdapter> {
        let beside = self.here.join(format!(".policy-{policy:06}"));
        aside(&beside, write)?;
        let weights = beside.join(WEIGHTS);
        let bytes = std::fs::read(&weights).map_err(Error::file(&weights))?;
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let hash: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("policy-{policy:06}-{hash}");
        let folder = self.here.join(&name);
        match folder.exists() {
            // The hash in its name says that it is the same.
            true => std::fs::remove_dir_all(&beside).map_err(Error::file(&beside))?,
            false => std::fs::rename(&beside, &folder).map_err(Error::file(&folder))?,
        }
        let path = self.there.join(&name).display().to_string();
        Ok(PublishedAdapter { name, path, folder })
    }
}

/// Has a server load an adapter; that it is loaded already is not an error.
pub(super) fn load(
    http: &Http,
    servers: &Servers,
    server: usize,
    adapter: &PublishedAdapter,
) -> Result<(), RequestError> {
    let body = json!({ "lora_name": adapter.name, "lora_path": adapter.path }).to_string();
    match http.post(servers, server, "load_lora_adapter", body.as_bytes()) {
        Ok(_) => Ok(()),
        Err(failed) if failed.problem.contains("already been loaded") => Ok(()),
        // FastAPI's message for a path without a handler.
        Err(failed) if failed.status == Some(404) && failed.problem.contains(": Not Found") => {
            let hint = "; start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True";
            let problem = format!("{}{hint}", failed.problem);
            Err(RequestError { kind: RequestErrorKind::Rejected, problem, ..failed })
        }
        Err(failed) if failed.status == Some(404) => {
            let path = &adapter.path;
            let hint = "is the folder shared, or pulled, and is --adapters-there its path there?";
            let problem = format!("it cannot find {path}; {hint} ({})", failed.problem);
            Err(RequestError { problem, ..failed })
        }
        // vLLM's status for an adapter that does not fit, such as one of too high a rank.
        Err(failed) if failed.status == Some(500) => {
            Err(RequestError { kind: RequestErrorKind::Rejected, ..failed })
        }
        Err(failed) => Err(failed),
    }
}

/// Has a server unload an adapter.
pub(super) fn unload(
    http: &Http,
    servers: &Servers,
    server: usize,
    name: &str,
) -> Result<(), RequestError> {
    let body = json!({ "lora_name": name }).to_string();
    http.post(servers, server, "unload_lora_adapter", body.as_bytes()).map(drop)
}
