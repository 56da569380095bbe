//! What this crate refuses, and why.

use crate::hub::HubError;
use std::path::{Path, PathBuf};

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file, a setting or a computation was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },

    /// A file that is not what it should be.
    #[error("{path}: {field}: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The field, tensor or part of the file.
        field: String,
        /// What is wrong, and what is allowed.
        problem: String,
    },

    /// Tensors that are not those of the configuration beside them.
    #[error(
        "{path}: {} tensor(s) are not as config.json says:\n  {}",
        problems.len(),
        problems.join("\n  ")
    )]
    Tensors {
        /// The folder.
        path: PathBuf,
        /// One line a tensor: its name, what was found and what was expected.
        problems: Vec<String>,
    },

    /// A setting outside its range.
    #[error("{parameter} is {value}; allowed: {allowed}")]
    Parameter {
        /// Name of the setting.
        parameter: &'static str,
        /// What was given.
        value: String,
        /// The range.
        allowed: String,
    },

    /// A row of logits from which no token can be drawn.
    #[error("{what} is {value}; allowed: a finite number; are the weights damaged?")]
    Logits {
        /// Which logit.
        what: String,
        /// What it is.
        value: f32,
    },

    /// Training met a number that is none.
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
        /// What it was.
        value: f64,
        /// The step, counted from 1.
        step: usize,
        /// Names of the problems of the step.
        prompts: Vec<String>,
        /// The last good checkpoint.
        checkpoint: Option<PathBuf>,
    },

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

    /// A GPU, or a library that it needs, refused.
    #[error("{what}: {problem}")]
    Gpu {
        /// The kernel, the library or the device.
        what: String,
        /// What it said, and what to do.
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

    /// A model could not be had from the hub.
    #[error(transparent)]
    Hub(Box<HubError>),

    /// A served model gave no sample.
    #[error("{url}: {problem}")]
    Endpoint {
        /// Where it was asked.
        url: String,
        /// Which sample, and why.
        problem: String,
    },

    /// A command gave no rewards.
    #[error("reward command `{command}`: {problem}")]
    Reward {
        /// The command.
        command: String,
        /// What it did, and what it must do.
        problem: String,
    },

    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// The operating system refused a file; for `map_err`.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// A file that is not what it should be.
    pub(crate) fn malformed(
        path: &Path,
        field: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        const LONGEST_PROBLEM: usize = 2_000;
        Self::Malformed {
            path: path.to_owned(),
            field: printable(&field.into()),
            problem: abridge(&problem.into(), LONGEST_PROBLEM),
        }
    }

    /// A setting outside its range.
    pub(crate) fn parameter(
        parameter: &'static str,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        Self::Parameter { parameter, value: value.to_string(), allowed: allowed.into() }
    }
}

impl From<HubError> for Error {
    fn from(error: HubError) -> Self {
        Self::Hub(Box::new(error))
    }
}

/// A name out of a stranger's file, fit for a line of a message.
pub(crate) fn printable(name: &str) -> String {
    const LONGEST_NAME: usize = 200;
    let line =
        |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    abridge(name, LONGEST_NAME).chars().map(line).collect()
}

/// The beginning of a text, should it be longer than so many characters.
pub(crate) fn abridge(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
