//! What this crate refuses, and why.

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a plan was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a setting was refused.
    #[error(transparent)]
    Input(#[from] rs_grpo_files::Error),

    /// A run that is larger than the memory.
    #[error(
        "the run needs {:.1} GB of memory ({parts}), and there are {:.1} GB. {advice}",
        *need as f64 / 1e9,
        *limit as f64 / 1e9
    )]
    Memory {
        /// Bytes at its peak.
        need: u64,
        /// Bytes that there are.
        limit: u64,
        /// What they are for.
        parts: String,
        /// The nearest settings that fit.
        advice: String,
    },

    /// Measurements that rates cannot be fitted to.
    #[error("the rates cannot be fitted to the measurements: {0}")]
    Fit(String),
}
