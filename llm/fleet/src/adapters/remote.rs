//! Requests to the trainer's end.

use super::index::{AdapterFile, ListedAdapter, check};
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::digits;
use rs_grpo_files::{abridge, printable};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::http::{Response, Uri};
use ureq::{Agent, Body};

/// Timeouts to connect, to the first byte of the answer (the trainer may have hundreds of megabytes to
/// hash first), and for the body.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(60);
const BODY: Duration = Duration::from_secs(600);
/// Longest index, in bytes.
const LONGEST: u64 = 8 << 20;
/// Longest part of an error message that is quoted, in characters.
const QUOTED: usize = 200;

/// Why a request failed.
#[derive(Debug)]
pub(super) enum PullError {
    /// The trainer no longer serves it.
    Gone,
    /// Any other failure; worth another try.
    Transient(String),
}

/// The trainer's end.
pub(super) struct TrainerClient {
    /// Address without a trailing slash.
    pub(super) base: String,
    token: Option<String>,
    agent: Agent,
}

impl TrainerClient {
    pub(super) fn new(address: &str, token: Option<&str>) -> Result<Self> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would send the token to another host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A new connection for each request: an idle one may be left from a trainer that ended.
            .max_idle_connections(0)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_recv_body(Some(BODY))
            .user_agent(concat!("rs-grpo/", env!("CARGO_PKG_VERSION")));
        let agent = config.build().new_agent();
        Ok(Self { base: base(address)?, token: token.map(str::to_owned), agent })
    }

    pub(super) fn index(&self) -> Result<Vec<ListedAdapter>, PullError> {
        let answer = self.get("adapters")?;
        let content = answer.into_body().into_with_config().limit(LONGEST).read_to_vec();
        let content = content.map_err(|error| PullError::Transient(error.to_string()))?;
        let malformed =
            |problem: String| PullError::Transient(format!("its index of adapters: {problem}"));
        let index: Vec<ListedAdapter> =
            serde_json::from_slice(&content).map_err(|error| malformed(error.to_string()))?;
        check(&index).map_err(malformed)?;
        Ok(index)
    }

    /// Downloads a file into a folder, checks its length and hash against the index, and syncs it to
    /// disk.
    pub(super) fn fetch(
        &self,
        adapter: &str,
        file: &AdapterFile,
        folder: &Path,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), PullError> {
        let AdapterFile { name, bytes, sha256 } = file;
        let transient =
            |problem: String| PullError::Transient(format!("{adapter}/{name}: {problem}"));
        let answer = self.get(&format!("adapters/{adapter}/{name}"))?;
        // One byte more than announced suffices to notice a body that is too long.
        let body = answer.into_body().into_with_config().limit(u64::MAX).reader();
        let mut body = body.take(bytes.saturating_add(1));
        let mut out =
            File::create_new(folder.join(name)).map_err(|error| transient(error.to_string()))?;
        let (length, found) =
            copy(&mut body, &mut out, stop).map_err(|error| transient(error.to_string()))?;
        if length != *bytes {
            let more = if length > *bytes { "more than " } else { "" };
            let length = length.min(*bytes);
            return Err(transient(format!("has {more}{length} bytes, the index says {bytes}")));
        }
        if found != *sha256 {
            return Err(transient(format!("has SHA-256 {found}, the index says {sha256}")));
        }
        out.sync_all().map_err(|error| transient(error.to_string()))
    }

    fn get(&self, path: &str) -> Result<Response<Body>, PullError> {
        let mut request = self.agent.get(format!("{}/{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let answer = request.call().map_err(|error| PullError::Transient(error.to_string()))?;
        match answer.status().as_u16() {
            200 => Ok(answer),
            404 if path.contains('/') => Err(PullError::Gone),
            status => Err(PullError::Transient(error_message(status, answer))),
        }
    }
}

/// Error message of a status, with the server's text.
fn error_message(status: u16, answer: Response<Body>) -> String {
    let message = answer.into_body().into_with_config().limit(LONGEST).read_to_string();
    let message = abridge(&printable(message.unwrap_or_default().trim()), QUOTED);
    let hint = match status {
        401 | 403 => "; both ends take the token from RS_GRPO_ADAPTER_TOKEN",
        404 => "; is it a trainer with --serve-adapters?",
        300..=399 => "; give the address that it moved to",
        _ => "",
    };
    format!("the trainer answered {status}: {message}{hint}")
}

/// Copies the body; returns its length in bytes and its SHA-256.
fn copy(
    body: &mut impl Read,
    out: &mut File,
    stop: &dyn Fn() -> bool,
) -> std::io::Result<(u64, String)> {
    let (mut hash, mut buffer, mut length) = (Sha256::new(), vec![0; 1 << 18], 0);
    loop {
        let read = body.read(&mut buffer)?;
        if read == 0 {
            return Ok((length, digits(hash)));
        }
        if stop() {
            return Err(std::io::Error::other("stopped"));
        }
        out.write_all(&buffer[..read])?;
        hash.update(&buffer[..read]);
        length += read as u64;
    }
}

/// Checks the address; returns it without a trailing slash.
fn base(address: &str) -> Result<String> {
    let text = address.trim_end_matches('/');
    let uri = text.parse::<Uri>().ok();
    let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    match uri.as_ref().and_then(Uri::authority) {
        Some(authority) if authority.as_str().contains('@') => {
            let allowed = "one without; the token is RS_GRPO_ADAPTER_TOKEN";
            Err(Error::parameter("from", "an address with a password", allowed))
        }
        Some(_) if !text.contains(['?', '#']) => Ok(text.to_owned()),
        _ => {
            let allowed = "the address of a trainer, such as http://trainer:8900";
            Err(Error::parameter("from", format!("{address:?}"), allowed))
        }
    }
}
