//! The served model, and the protocol.

use crate::Result;
use crate::Servers;
use serde_json::Value;
use std::collections::BTreeMap;

/// Which of OpenAI's two completion APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `/v1/completions`: continues a text.
    Completions,
    /// `/v1/chat/completions`: the prompt is the only message, and the server applies the chat template.
    Chat,
}

impl Protocol {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Completions => "completions",
            Self::Chat => "chat/completions",
        }
    }
}

/// A served model.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Servers of the model.
    pub servers: Servers,
    /// Name under which it is served.
    pub model: String,
    /// Completions of a text or of a chat message.
    pub protocol: Protocol,
    /// System message of chat completions; none where it is empty.
    pub system: String,
    /// Variables of the chat template, which vLLM and SGLang take as `chat_template_kwargs`.
    pub template_vars: BTreeMap<String, Value>,
}

impl Endpoint {
    /// A model at addresses as [`Servers::new`] takes them.
    ///
    /// # Errors
    /// Those of [`Servers::new`].
    pub fn new(addresses: &str, model: &str) -> Result<Self> {
        Ok(Self {
            servers: Servers::new(addresses)?,
            model: model.to_owned(),
            protocol: Protocol::Completions,
            system: String::new(),
            template_vars: BTreeMap::new(),
        })
    }

    /// URLs that requests go to, separated by commas.
    pub fn url(&self) -> String {
        let of = |server| format!("{}/{}", self.servers.base(server), self.protocol.path());
        let urls: Vec<String> = (0..self.servers.count()).map(of).collect();
        urls.join(",")
    }
}
