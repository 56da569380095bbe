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

    /// A run that is larger than the memory, and others that training refuses.
    #[error(transparent)]
    Train(#[from] rs_grpo_train::Error),
}
