//! Errors of this crate.

use std::path::PathBuf;

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a checkpoint, a setting or a computation was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a setting was refused.
    #[error(transparent)]
    Input(#[from] rs_grpo_files::Error),

    /// Tensors that are not those of the configuration beside them.
    #[error(
        "{path}: {} not match config.json:\n  {}",
        mismatched(problems.len()),
        problems.join("\n  ")
    )]
    Tensors {
        /// The folder.
        path: PathBuf,
        /// One line a tensor: its name, what was found and what was expected.
        problems: Vec<String>,
    },

    /// A row of logits from which no token can be drawn.
    #[error("{what} is {value}; allowed: a finite number; are the weights damaged?")]
    Logits {
        /// Which logit.
        what: String,
        /// What it is.
        value: f32,
    },

    /// A GPU, or a library that it needs, refused.
    #[error("{what}: {problem}")]
    Gpu {
        /// The kernel, the library or the device.
        what: String,
        /// The message, and what to do about it.
        problem: String,
    },

    /// A GPU whose memory is full.
    #[error(
        "the GPU has no room for {:.2} GB more: {:.2} of {:.2} GB are free",
        *bytes as f64 / 1e9,
        *free as f64 / 1e9,
        *total as f64 / 1e9
    )]
    GpuMemory {
        /// Bytes that were asked for.
        bytes: u64,
        /// Bytes that are free.
        free: u64,
        /// All of its bytes.
        total: u64,
    },

    /// A [`Sampler`](crate::generate::Sampler) of another crate failed.
    #[error(transparent)]
    Sampler(Box<dyn std::error::Error + Send + Sync>),

    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// The subject and verb of a message about tensors.
fn mismatched(tensors: usize) -> String {
    match tensors {
        1 => "1 tensor does".to_owned(),
        tensors => format!("{tensors} tensors do"),
    }
}

impl Error {
    /// A GPU, or a library that it needs, refused `what` with this message.
    pub(crate) fn gpu(what: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        Self::Gpu { what: what.into(), problem: problem.to_string() }
    }
}
