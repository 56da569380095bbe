//! What this crate refuses, and why.

use std::path::PathBuf;

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a setting, a data set or a run was refused, or a run ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a setting was refused.
    #[error(transparent)]
    Input(#[from] rs_grpo_files::Error),

    /// A model or a data set could not be found or downloaded by its name.
    #[error(transparent)]
    Hub(#[from] rs_grpo_hub::Error),

    /// The model could not be loaded, trained or sampled from.
    #[error(transparent)]
    Engine(rs_grpo_engine::Error),

    /// Servers gave no samples.
    #[error(transparent)]
    Fleet(rs_grpo_fleet::Error),

    /// A loss, gradient or logit is not finite.
    #[error(
        "{what} is {value} in step {step}; the weights were left as they were. {} Prompts of the step: {}",
        match checkpoint {
            Some(path) => format!("The last good checkpoint is {}.", path.display()),
            None => "There is no checkpoint yet.".to_owned(),
        },
        prompts.join("; ")
    )]
    Diverged {
        /// The loss, the norm of the gradient, or a logit.
        what: String,
        /// Its value.
        value: f64,
        /// The step, counted from 1.
        step: usize,
        /// Names of the problems of the step.
        prompts: Vec<String>,
        /// The last good checkpoint.
        checkpoint: Option<PathBuf>,
    },

    /// The run does not fit into the memory.
    #[error(transparent)]
    Plan(rs_grpo_plan::Error),

    /// A reward command failed.
    #[error("reward command `{command}`: {problem}")]
    Reward {
        /// The command.
        command: String,
        /// What it did, and what it must do.
        problem: String,
    },
}

impl Error {
    /// Training diverged in a step, counted from 0, with these prompts.
    pub(crate) fn diverged(
        what: impl Into<String>,
        value: f64,
        step: usize,
        prompts: Vec<String>,
    ) -> Self {
        Self::Diverged { what: what.into(), value, step: step + 1, prompts, checkpoint: None }
    }
}

/// Refused input is [`Error::Input`], and the failure of servers [`Error::Fleet`], whichever crate met it.
impl From<rs_grpo_engine::Error> for Error {
    fn from(error: rs_grpo_engine::Error) -> Self {
        match error {
            rs_grpo_engine::Error::Input(error) => Self::Input(error),
            rs_grpo_engine::Error::Sampler(error) => match error.downcast::<rs_grpo_fleet::Error>()
            {
                Ok(error) => Self::Fleet(*error),
                Err(other) => Self::Engine(rs_grpo_engine::Error::Sampler(other)),
            },
            other => Self::Engine(other),
        }
    }
}

impl From<rs_grpo_fleet::Error> for Error {
    fn from(error: rs_grpo_fleet::Error) -> Self {
        match error {
            rs_grpo_fleet::Error::Input(error) => Self::Input(error),
            rs_grpo_fleet::Error::Engine(error) => error.into(),
            endpoint => Self::Fleet(endpoint),
        }
    }
}

impl From<rs_grpo_plan::Error> for Error {
    fn from(error: rs_grpo_plan::Error) -> Self {
        match error {
            rs_grpo_plan::Error::Input(error) => Self::Input(error),
            other => Self::Plan(other),
        }
    }
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::Engine(error.into())
    }
}
