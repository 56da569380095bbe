//! Where the servers are, and how patiently they are asked.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::fmt;
use std::time::Duration;
use ureq::http::Uri;

/// Servers of one model. Each has all of it: whoever is free is asked.
#[derive(Clone)]
pub struct Servers {
    /// Addresses up to `/v1`, without a slash at their end.
    bases: Vec<String>,
    /// Sent along as a bearer token; no message, file or debug output has it.
    pub key: Option<String>,
    /// Requests at a time to each server.
    pub concurrency: usize,
    /// How often a request is repeated before it is given up.
    pub retries: u32,
    /// How long one request may take, from the connection to the last byte of the answer.
    pub timeout: Duration,
    /// Pause before the first repetition, and before a server that does not answer is tried again; both
    /// double with every further one.
    pub pause: Duration,
    /// How long no server at all may be of use before all is given up.
    pub patience: Duration,
    /// Age at which a request that the rest waits for may be asked of another server, too.
    pub hedge_after: Duration,
}

impl Servers {
    /// Servers behind addresses such as `http://localhost:8000/v1`, with commas between them; `/v1` is
    /// added where there is no path.
    ///
    /// # Errors
    /// An address that is none, that carries a password, or that comes twice.
    pub fn new(addresses: &str) -> Result<Self> {
        let bases = addresses.split(',').map(|address| base(address.trim()));
        let bases = bases.collect::<Result<Vec<_>>>()?;
        if let Some((at, twin)) =
            bases.iter().enumerate().find(|(at, base)| bases[..*at].contains(base))
        {
            let allowed = format!("each server once; {twin} is number {} again", at + 1);
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

    /// The key of `OPENAI_API_KEY`, if there is one.
    pub fn with_key_from_environment(mut self) -> Self {
        let key = std::env::var("OPENAI_API_KEY").ok().map(|key| key.trim().to_owned());
        self.key = key.filter(|key| !key.is_empty());
        self
    }

    /// How many there are; at least one.
    pub fn count(&self) -> usize {
        self.bases.len()
    }

    /// Where one of them is.
    pub(crate) fn base(&self, server: usize) -> &str {
        &self.bases[server]
    }

    /// Where all of them are.
    pub(crate) fn all(&self) -> String {
        self.bases.join(", ")
    }

    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// A number of requests that is 0.
    pub(crate) fn check(&self) -> Result<()> {
        match self.concurrency {
            0 => Err(Error::parameter("concurrency", 0, "at least 1")),
            _ => Ok(()),
        }
    }

    /// A text of a server's without the key, should it repeat it.
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
