//! Which model, where, and how patiently.

use super::protocol::Protocol;
use crate::{Error, Result};
use std::fmt;
use std::time::Duration;
use ureq::http::Uri;

/// A served model, and how it is asked.
#[derive(Clone)]
pub struct Endpoint {
    /// Address up to `/v1`, without a slash at its end.
    base: String,
    /// The name under which the model is served.
    pub model: String,
    /// Completions of texts, or of conversations.
    pub protocol: Protocol,
    /// Sent along as a bearer token; no message, file or debug output has it.
    pub key: Option<String>,
    /// Requests at a time.
    pub concurrency: usize,
    /// How often a request is repeated before it is given up.
    pub retries: u32,
    /// How long one request may take, from the connection to the last byte of the answer.
    pub timeout: Duration,
    /// Pause before the first repetition; it doubles with every further.
    pub pause: Duration,
}

impl Endpoint {
    /// A model behind an address such as `http://localhost:8000/v1`; `/v1` is added where there is no
    /// path.
    ///
    /// # Errors
    /// An address that is none, or that carries a password.
    pub fn new(address: &str, model: &str) -> Result<Self> {
        Ok(Self {
            base: base(address)?,
            model: model.to_owned(),
            protocol: Protocol::Completions,
            key: None,
            concurrency: 32,
            retries: 7,
            timeout: Duration::from_secs(600),
            pause: Duration::from_millis(500),
        })
    }

    /// The key of `OPENAI_API_KEY`, if there is one.
    pub fn with_key_from_environment(mut self) -> Self {
        let key = std::env::var("OPENAI_API_KEY").ok().map(|key| key.trim().to_owned());
        self.key = key.filter(|key| !key.is_empty());
        self
    }

    /// Where requests go.
    pub fn url(&self) -> String {
        format!("{}/{}", self.base, self.protocol.path())
    }

    /// A text of the server's without the key, should it repeat it.
    pub(super) fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) => text.replace(key, "[key]"),
            None => text.to_owned(),
        }
    }
}

impl fmt::Debug for Endpoint {
    /// Leaves out the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url())
            .field("model", &self.model)
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
