//! Errors of this crate.

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why servers gave no samples, or a setting was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a setting was refused.
    #[error(transparent)]
    Input(#[from] rs_grpo_files::Error),

    /// Prompts, texts or tokens were refused.
    #[error(transparent)]
    Engine(#[from] rs_grpo_engine::Error),

    /// A served model gave no sample.
    #[error("{url}: {problem}")]
    Endpoint {
        /// Where it was asked.
        url: String,
        /// Which sample, and why.
        problem: String,
    },
}

/// The samplers of this crate stand behind the engine's traits.
impl From<Error> for rs_grpo_engine::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Input(error) => error.into(),
            Error::Engine(error) => error,
            Error::Endpoint { .. } => Self::Sampler(Box::new(error)),
        }
    }
}
