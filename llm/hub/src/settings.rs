//! Cache, token, endpoint: the only place that reads the environment.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::Proxy;

/// Where models come from and where they are kept.
#[derive(Clone)]
pub struct HubSettings {
    /// Folder of the cache, with one folder per repository.
    pub cache: PathBuf,
    /// User's token, for gated and private models.
    pub token: Option<String>,
    /// Whether the network must not be used.
    pub offline: bool,
    /// URL of the hub, without a trailing slash.
    pub endpoint: String,
    /// Proxy for all connections.
    pub proxy: Option<Proxy>,
    /// Pause before the first retry after a broken connection; it doubles with every further one.
    pub pause: Duration,
}

impl HubSettings {
    /// The public hub, without token or proxy, kept in `cache`.
    pub fn new(cache: &Path) -> Self {
        Self {
            cache: cache.to_owned(),
            token: None,
            offline: false,
            endpoint: "https://huggingface.co".to_owned(),
            proxy: None,
            pause: Duration::from_secs(1),
        }
    }

    /// The settings of this process: the variables of [`from_variables`](Self::from_variables) and
    /// the proxy variables that curl knows.
    pub fn from_environment() -> Self {
        let settings = Self::from_variables(|name| std::env::var_os(name));
        Self { proxy: Proxy::try_from_env(), ..settings }
    }

    /// The settings that Hugging Face's tools would take from these variables.
    ///
    /// | variable | what |
    /// |---|---|
    /// | `HF_HUB_CACHE` | the cache; else `$HF_HOME/hub` |
    /// | `HF_HOME` | else `$XDG_CACHE_HOME/huggingface`, else `$HOME/.cache/huggingface` |
    /// | `HF_TOKEN` | the token; else the file `$HF_TOKEN_PATH`, else the file `$HF_HOME/token` |
    /// | `HF_HUB_OFFLINE` | 1, on, yes or true: no network |
    /// | `HF_ENDPOINT` | a mirror of the hub |
    ///
    /// An empty variable counts as unset.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| variable(name).and_then(|value| value.into_string().ok());
        let path = |name: &str| variable(name).map(PathBuf::from);
        let caches = path("XDG_CACHE_HOME")
            .or_else(|| Some(path("HOME").or_else(|| path("USERPROFILE"))?.join(".cache")));
        let home = path("HF_HOME")
            .unwrap_or_else(|| caches.unwrap_or_else(|| ".cache".into()).join("huggingface"));
        let token_file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        let mut settings = Self::new(&path("HF_HUB_CACHE").unwrap_or_else(|| home.join("hub")));
        settings.token = text("HF_TOKEN")
            .or_else(|| std::fs::read_to_string(token_file).ok())
            .map(|token| token.trim().to_owned())
            .filter(|token| !token.is_empty());
        settings.offline = text("HF_HUB_OFFLINE").is_some_and(|value| is_true(&value));
        if let Some(endpoint) = text("HF_ENDPOINT") {
            settings.endpoint = endpoint.trim_end_matches('/').to_owned();
        }
        settings
    }
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "on" | "yes" | "true")
}

impl fmt::Debug for HubSettings {
    /// Leaves out the token and the proxy's password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("cache", &self.cache)
            .field("token", &self.token.as_ref().map(|_| "set"))
            .field("offline", &self.offline)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
