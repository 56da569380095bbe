//! Errors about files and settings.

use crate::text::{abridge, printable};
use std::path::{Path, PathBuf};

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file or a setting was refused.
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
}

/// Constructors of [`enum@Error`] for the error type of every crate that wraps it by `#[from]`.
pub trait Refuse: From<Error> {
    /// The operating system refused a file; for `map_err`.
    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Error::File { path, source }.into()
    }

    /// A file that is not what it should be.
    fn malformed(path: &Path, field: impl Into<String>, problem: impl Into<String>) -> Self {
        const LONGEST_PROBLEM: usize = 2_000;
        Self::from(Error::Malformed {
            path: path.to_owned(),
            field: printable(&field.into()),
            problem: abridge(&problem.into(), LONGEST_PROBLEM),
        })
    }

    /// A setting outside its range.
    fn parameter(
        parameter: &'static str,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        let (value, allowed) = (value.to_string(), allowed.into());
        Self::from(Error::Parameter { parameter, value, allowed })
    }
}

impl<E: From<Error>> Refuse for E {}
