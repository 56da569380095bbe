//! Which model, and how it is asked.

use super::protocol::Protocol;
use crate::Result;
use crate::Servers;

/// A served model, and how it is asked.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Where it is served.
    pub servers: Servers,
    /// The name under which it is.
    pub model: String,
    /// Completions of texts, or of conversations.
    pub protocol: Protocol,
}

impl Endpoint {
    /// A model behind addresses, as [`Servers::new`] has them.
    ///
    /// # Errors
    /// Those of [`Servers::new`].
    pub fn new(addresses: &str, model: &str) -> Result<Self> {
        Ok(Self {
            servers: Servers::new(addresses)?,
            model: model.to_owned(),
            protocol: Protocol::Completions,
        })
    }

    /// Where requests go, with commas between the addresses.
    pub fn url(&self) -> String {
        let of = |server| format!("{}/{}", self.servers.base(server), self.protocol.path());
        let urls: Vec<String> = (0..self.servers.count()).map(of).collect();
        urls.join(",")
    }
}
