//! Builds the errors of the hub.

use super::alias;
use super::cache::Cache;
use super::error::HubError;
use super::repository::{Repository, RepositoryKind};
use super::settings::HubSettings;

impl HubError {
    pub(super) fn unknown(text: &str) -> Self {
        let names = || alias::ALIASES.iter().map(|alias| alias.name);
        let lower = text.to_ascii_lowercase();
        // Jaro–Winkler weighs the beginning most: people leave out the end of a name.
        let likeness = |name: &&str| strsim::jaro_winkler(name, &lower);
        let nearest = names().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        Self::Unknown {
            text: text.to_owned(),
            nearest: nearest.unwrap_or_default(),
            known: names().collect::<Vec<_>>().join(", "),
        }
    }

    pub(super) fn refused(
        repository: &Repository,
        settings: &HubSettings,
        file: &str,
        status: u16,
    ) -> Self {
        Self::Refused {
            repository: repository.id.clone(),
            file: file.to_owned(),
            status,
            page: page(repository, settings),
            endpoint: settings.endpoint.clone(),
            token: if settings.token.is_some() { "a token was sent" } else { "none was sent" },
        }
    }

    pub(super) fn not_found(repository: &Repository, settings: &HubSettings, file: &str) -> Self {
        Self::NotFound {
            repository: repository.id.clone(),
            revision: repository.revision.clone(),
            file: file.to_owned(),
            page: page(repository, settings),
        }
    }

    pub(super) fn unreachable(
        repository: &Repository,
        settings: &HubSettings,
        problem: impl Into<String>,
    ) -> Self {
        Self::Unreachable {
            repository: repository.id.clone(),
            problem: problem.into(),
            by_hand: by_hand(repository, settings),
        }
    }

    pub(super) fn protocol(
        repository: &Repository,
        settings: &HubSettings,
        file: &str,
        problem: impl Into<String>,
    ) -> Self {
        Self::Protocol {
            repository: repository.id.clone(),
            file: file.to_owned(),
            problem: problem.into(),
            endpoint: settings.endpoint.clone(),
        }
    }
}

fn page(repository: &Repository, settings: &HubSettings) -> String {
    let kind = if repository.kind == RepositoryKind::DataSet { "datasets/" } else { "" };
    format!("{}/{kind}{}", settings.endpoint, repository.id)
}

/// Which files to copy where, without a network.
fn by_hand(repository: &Repository, settings: &HubSettings) -> String {
    let folder = Cache::new(repository, settings).snapshot(&repository.revision);
    if repository.kind == RepositoryKind::DataSet {
        return format!(
            "Without a network, copy its files from {} to {}, or to any folder and give that with --data NAME=FOLDER",
            page(repository, settings),
            folder.display()
        );
    }
    format!(
        "Without a network, copy config.json, tokenizer.json, tokenizer_config.json, generation_config.json and model.safetensors (or model.safetensors.index.json and every file it names) from {} to {}, or to any folder and give that with --model FOLDER",
        page(repository, settings),
        folder.display()
    )
}
