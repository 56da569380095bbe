//! Errors of this crate.

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Servers gave no samples, or a setting was refused.
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
        /// URL of the request.
        url: String,
        /// Which sample, and why.
        problem: String,
    },
}

/// The samplers of this crate implement traits of the engine.
impl From<Error> for rs_grpo_engine::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Input(error) => error.into(),
            Error::Engine(error) => error,
            Error::Endpoint { .. } => Self::Sampler(Box::new(error)),
        }
    }
}
