//! Short names of models.

use super::repository::{Repository, RepositoryKind};

/// A model with a short name.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// The short name.
    pub name: &'static str,
    /// Its repository on the hub.
    pub repository: &'static str,
    /// The licence of the weights.
    pub licence: &'static str,
    /// Whether the hub asks to accept the licence first.
    pub gated: bool,
}

impl Alias {
    /// The alias of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALIASES.iter().find(|alias| alias.name == name)
    }

    /// Its repository, at the newest revision.
    pub fn repository(&self) -> Repository {
        let revision = Repository::NEWEST.to_owned();
        Repository { id: self.repository.to_owned(), revision, kind: RepositoryKind::Model }
    }
}

const APACHE: &str = "Apache-2.0";

/// Every alias: base models of the Qwen family in order of size, then the Llama family.
pub const ALIASES: &[Alias] = &[
    Alias { name: "qwen2.5-0.5b", repository: "Qwen/Qwen2.5-0.5B", licence: APACHE, gated: false },
    Alias {
        name: "qwen3-0.6b-base",
        repository: "Qwen/Qwen3-0.6B-Base",
        licence: APACHE,
        gated: false,
    },
    Alias { name: "qwen2.5-1.5b", repository: "Qwen/Qwen2.5-1.5B", licence: APACHE, gated: false },
    Alias {
        name: "qwen2.5-math-1.5b",
        repository: "Qwen/Qwen2.5-Math-1.5B",
        licence: APACHE,
        gated: false,
    },
    Alias {
        name: "qwen3-1.7b-base",
        repository: "Qwen/Qwen3-1.7B-Base",
        licence: APACHE,
        gated: false,
    },
    Alias {
        name: "qwen3-4b-base",
        repository: "Qwen/Qwen3-4B-Base",
        licence: APACHE,
        gated: false,
    },
    Alias { name: "qwen2.5-7b", repository: "Qwen/Qwen2.5-7B", licence: APACHE, gated: false },
    Alias {
        name: "qwen2.5-math-7b",
        repository: "Qwen/Qwen2.5-Math-7B",
        licence: APACHE,
        gated: false,
    },
    Alias {
        name: "qwen3-8b-base",
        repository: "Qwen/Qwen3-8B-Base",
        licence: APACHE,
        gated: false,
    },
    Alias {
        name: "llama3.2-1b-instruct",
        repository: "meta-llama/Llama-3.2-1B-Instruct",
        licence: "Llama 3.2 Community License",
        gated: true,
    },
    Alias {
        name: "llama3.2-3b-instruct",
        repository: "meta-llama/Llama-3.2-3B-Instruct",
        licence: "Llama 3.2 Community License",
        gated: true,
    },
    Alias {
        name: "llama3.1-8b-instruct",
        repository: "meta-llama/Llama-3.1-8B-Instruct",
        licence: "Llama 3.1 Community License",
        gated: true,
    },
];
