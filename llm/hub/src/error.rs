//! Errors of this crate: why a model was not found or not downloaded, and what to do about it.

use std::path::PathBuf;

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a model was not found, or a name was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a setting was refused.
    #[error(transparent)]
    Input(#[from] rs_grpo_files::Error),

    /// Failures of the hub or the network.
    #[error(transparent)]
    Hub(Box<HubError>),
}

impl From<HubError> for Error {
    fn from(error: HubError) -> Self {
        Self::Hub(Box::new(error))
    }
}

/// Why a model could not be downloaded from the hub.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The text does not name a model.
    #[error(
        "{text:?} is not a folder, an alias or an id on the hub such as Qwen/Qwen3-0.6B-Base; the nearest alias is {nearest}; all aliases: {known}"
    )]
    Unknown {
        /// What was given.
        text: String,
        /// The alias most like it.
        nearest: &'static str,
        /// Every alias.
        known: String,
    },

    /// A path that does not exist.
    #[error("{path}: no such folder; a model is a folder, an alias or an id on the hub")]
    NoFolder {
        /// The path.
        path: PathBuf,
    },

    /// The hub requires authorization.
    #[error(
        "{repository}: the hub refused {file} with status {status}. The name may be misspelt, or the model is gated or private: accept its licence at {page}, make a token at {endpoint}/settings/tokens and set HF_TOKEN to it ({token})"
    )]
    Refused {
        /// The repository.
        repository: String,
        /// The file.
        file: String,
        /// The HTTP status, 401 or 403.
        status: u16,
        /// The model's page.
        page: String,
        /// The hub.
        endpoint: String,
        /// Whether a token was sent.
        token: &'static str,
    },

    /// The hub does not have it.
    #[error(
        "{repository} at revision {revision:?}: the hub has no {file}; check the name and the revision at {page}"
    )]
    NotFound {
        /// The repository.
        repository: String,
        /// The revision.
        revision: String,
        /// The file.
        file: String,
        /// The model's page.
        page: String,
    },

    /// No network, and the cache is not complete.
    #[error("{repository}: {problem}. {by_hand}")]
    Unreachable {
        /// The repository.
        repository: String,
        /// What went wrong.
        problem: String,
        /// Which files to put where.
        by_hand: String,
    },

    /// The connection broke too often.
    #[error(
        "{repository}: {file}: {problem}; {present} bytes are kept: run the command again to resume"
    )]
    Interrupted {
        /// The repository.
        repository: String,
        /// The file.
        file: String,
        /// What went wrong last.
        problem: String,
        /// Bytes that have arrived.
        present: u64,
    },

    /// Length or hash of a file differ from what the hub announced.
    #[error("{repository}: {file}: {problem}; what arrived is deleted: run the command again")]
    Corrupt {
        /// The repository.
        repository: String,
        /// The file.
        file: String,
        /// Expected and found.
        problem: String,
    },

    /// An answer that does not follow the hub's protocol.
    #[error(
        "{repository}: {file}: {problem}; is {endpoint} a Hugging Face hub, with no login page in between?"
    )]
    Protocol {
        /// The repository.
        repository: String,
        /// The file.
        file: String,
        /// What is wrong with the answer.
        problem: String,
        /// The hub.
        endpoint: String,
    },
}
