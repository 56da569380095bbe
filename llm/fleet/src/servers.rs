//! Addresses of the servers, timeouts and retries.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::fmt;
use std::time::Duration;
use ureq::http::Uri;

/// Servers of one model, each with the whole of it.
#[derive(Clone)]
pub struct Servers {
    /// Addresses up to `/v1`, without a slash at their end.
    bases: Vec<String>,
    /// Sent as a bearer token; never shown in messages, files or debug output.
    pub key: Option<String>,
    /// Most requests in flight to each server.
    pub concurrency: usize,
    /// How often a request is retried before it fails.
    pub retries: u32,
    /// Timeout of a request, from the connection to the last byte of the answer.
    pub timeout: Duration,
    /// Pause before the first retry of a request, and of a server that is out of rotation; both double
    /// every time.
    pub pause: Duration,
    /// How long all servers may be unavailable before sampling fails.
    pub patience: Duration,
    /// Age at which one of the last requests may be hedged: sent to a second server, too.
    pub hedge_after: Duration,
}

impl Servers {
    /// Servers at addresses such as `http://localhost:8000/v1`, separated by commas; `/v1` is added
    /// where there is no path.
    ///
    /// # Errors
    /// An invalid address, one with a password, or one that comes twice.
    pub fn new(addresses: &str) -> Result<Self> {
        let bases = addresses.split(',').map(|address| base(address.trim()));
        let bases = bases.collect::<Result<Vec<_>>>()?;
        if let Some((at, twin)) =
            bases.iter().enumerate().find(|(at, base)| bases[..*at].contains(base))
        {
            let allowed = format!("each server once; {twin} is repeated as number {}", at + 1);
            return Err(Error::parameter("endpoint", addresses, allowed));
        }
        Ok(Self {
            bases,
            key: None,
            concurrency: 32,
            retries: 7,
            timeout: Duration::from_secs(600),
            pause: Duration::from_millis(500),
            patience: Duration::from_secs(600),
            hedge_after: Duration::from_secs(30),
        })
    }

    /// Takes the key from `OPENAI_API_KEY`, if it is set.
    pub fn with_key_from_environment(mut self) -> Self {
        let key = std::env::var("OPENAI_API_KEY").ok().map(|key| key.trim().to_owned());
        self.key = key.filter(|key| !key.is_empty());
        self
    }

    /// Number of servers, at least 1.
    pub fn count(&self) -> usize {
        self.bases.len()
    }

    /// Address of a server, up to `/v1`.
    pub(crate) fn base(&self, server: usize) -> &str {
        &self.bases[server]
    }

    /// All addresses, for messages.
    pub(crate) fn all(&self) -> String {
        self.bases.join(", ")
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// `concurrency` is 0.
    pub(crate) fn check(&self) -> Result<()> {
        match self.concurrency {
            0 => Err(Error::parameter("concurrency", 0, "at least 1")),
            _ => Ok(()),
        }
    }

    /// A server's text, with the key replaced should it occur.
    pub(super) fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) => text.replace(key, "[key]"),
            None => text.to_owned(),
        }
    }
}

impl fmt::Debug for Servers {
    /// Leaves out the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Servers")
            .field("bases", &self.bases)
            .field("key", &self.key.as_ref().map(|_| "set"))
            .field("concurrency", &self.concurrency)
            .field("retries", &self.retries)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn base(address: &str) -> Result<String> {
    let text = address.trim_end_matches('/');
    let refuse = |value: &str, allowed: &str| Err(Error::parameter("endpoint", value, allowed));
    let uri = text.parse::<Uri>().ok();
    let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    let Some(authority) = uri.as_ref().and_then(Uri::authority) else {
        return refuse(&format!("{address:?}"), "an address such as http://localhost:8000/v1");
    };
    if authority.as_str().contains('@') {
        return refuse("an address with a password", "one without; the key is OPENAI_API_KEY");
    }
    if text.ends_with("/completions") || text.contains(['?', '#']) {
        let allowed = "the address up to /v1, such as http://localhost:8000/v1";
        return refuse(&format!("{address:?}"), allowed);
    }
    let has_path = uri.as_ref().is_some_and(|uri| uri.path().len() > 1);
    Ok(if has_path { text.to_owned() } else { format!("{text}/v1") })
}
