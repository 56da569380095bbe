//! Shared by commands: formats, threads, configuration files.

use crate::failure::Failure;
use clap::ValueEnum;
use rayon::{ThreadPool, ThreadPoolBuilder};
use rs_grpo_figures::write_atomic;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    Text,
    /// One JSON object for programs.
    Json,
}

/// A pool of that many threads; 0 means one for each core.
pub(crate) fn thread_pool(threads: u16) -> Result<ThreadPool, Failure> {
    ThreadPoolBuilder::new()
        .num_threads(usize::from(threads))
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start {threads} threads: {error}")))
}

/// Makes the folder for results and tries to write into it, before the work and not after.
pub(crate) fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    let refused = |error: std::io::Error| {
        Failure::Failed(format!(
            "cannot write results into {}: {error}; choose another folder with --out",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(refused)?;
    let trial = folder.join(format!(".repro-{}", std::process::id()));
    std::fs::write(&trial, "").and_then(|()| std::fs::remove_file(&trial)).map_err(refused)
}

/// Writes the resolved settings of a run as `config.toml` in its folder.
pub(crate) fn write_config(folder: &Path, config: &impl Serialize) -> Result<PathBuf, Failure> {
    let text = toml::to_string(config)
        .map_err(|error| Failure::Failed(format!("cannot write config.toml: {error}")))?;
    let path = folder.join("config.toml");
    write_atomic(&path, text.as_bytes())?;
    Ok(path)
}
