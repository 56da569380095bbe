//! A repository of the hub at a revision.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// Longest name of an account, of a repository or of a revision; the hub's own limit is 96.
const LONGEST: usize = 128;

/// A repository of the hub at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub(super) id: String,
    pub(super) revision: String,
    pub(super) kind: RepositoryKind,
}

/// What a repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RepositoryKind {
    Model,
    DataSet,
}

impl Repository {
    /// The default branch.
    pub(super) const NEWEST: &'static str = "main";

    /// A data set with this id.
    ///
    /// # Errors
    /// The text is not an id, or the revision is not one.
    pub fn data_set(id: &str, revision: &str) -> Result<Self> {
        if !is_id(id) {
            let allowed = "an id on the hub such as openai/gsm8k";
            return Err(Error::parameter("data set", format!("{id:?}"), allowed));
        }
        let kind = RepositoryKind::DataSet;
        Self { id: id.to_owned(), revision: Self::NEWEST.to_owned(), kind }.at(revision)
    }

    /// As a `Repo` of `hf-hub`.
    pub(super) fn repo(&self, revision: &str) -> hf_hub::Repo {
        let kind = match self.kind {
            RepositoryKind::Model => hf_hub::RepoType::Model,
            RepositoryKind::DataSet => hf_hub::RepoType::Dataset,
        };
        hf_hub::Repo::with_revision(self.id.clone(), kind, revision.to_owned())
    }

    /// The id, as in `Qwen/Qwen3-0.6B-Base`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same repository at a branch, a tag or a commit.
    ///
    /// # Errors
    /// The text cannot be a revision.
    pub fn at(self, revision: &str) -> Result<Self> {
        if !revision.split('/').all(is_name) || revision.len() > LONGEST {
            let allowed = "a branch, a tag or a commit";
            return Err(Error::parameter("revision", format!("{revision:?}"), allowed));
        }
        Ok(Self { revision: revision.to_owned(), ..self })
    }
}

/// Whether a text has the form `account/repository`.
pub(super) fn is_id(text: &str) -> bool {
    text.split_once('/').is_some_and(|(account, name)| is_name(account) && is_name(name))
}

/// Whether a text is safe in a URL and as a file name: it cannot lead out of its folder.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=LONGEST).contains(&text.len())
        && text.chars().all(plain)
        && !text.starts_with('.')
        && !text.contains("..")
}
