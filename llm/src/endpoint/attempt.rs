//! One request, and whether another one is worth it.

use super::protocol::{Body, complaint, read};
use super::settings::Endpoint;
use crate::generate::{SamplingParams, TextSample};
use std::time::{Duration, SystemTime};
use ureq::http::Response;
use ureq::{Agent, Body as Received};

/// How long a server may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest answer, in bytes.
const LONGEST: u64 = 64 << 20;
/// Longest part of a complaint that is repeated, in characters.
const QUOTED: usize = 500;

/// Why a request brought no sample.
#[derive(Debug)]
pub(super) enum Failed {
    /// It may if it is repeated, after the time that the server asked for.
    Now(String, Option<Duration>),
    /// Nor would the next.
    Always(String),
}

/// Sends requests over connections that it keeps.
pub(super) struct Client<'a> {
    endpoint: &'a Endpoint,
    params: &'a SamplingParams,
    agent: Agent,
}

impl<'a> Client<'a> {
    pub(super) fn new(endpoint: &'a Endpoint, params: &'a SamplingParams) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A key that is sent on would reach whoever the server names.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT.min(endpoint.timeout)))
            .timeout_global(Some(endpoint.timeout))
            .max_idle_connections(endpoint.concurrency)
            .max_idle_connections_per_host(endpoint.concurrency)
            .user_agent(concat!("rs-grpo/", env!("CARGO_PKG_VERSION")));
        Self { endpoint, params, agent: config.build().new_agent() }
    }

    /// One attempt at one sample.
    pub(super) fn attempt(
        &self,
        prompt: &str,
        index: usize,
        seed: u32,
    ) -> Result<TextSample, Failed> {
        let Endpoint { protocol, model, .. } = self.endpoint;
        let body = Body::new(*protocol, model, prompt, self.params, seed);
        let body = serde_json::to_vec(&body).map_err(|error| Failed::Always(error.to_string()))?;
        let mut request =
            self.agent.post(self.endpoint.url()).header("Content-Type", "application/json");
        if let Some(key) = &self.endpoint.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let broken = |error: ureq::Error| Failed::Now(error.to_string(), None);
        let answer = request.send(&body[..]).map_err(broken)?;
        let (status, asked) = (answer.status().as_u16(), retry_after(&answer));
        let content = answer.into_body().into_with_config().limit(LONGEST).read_to_vec();
        if (200..300).contains(&status) {
            let content = content.map_err(broken)?;
            return read(*protocol, &content, index).map_err(|problem| Failed::Now(problem, None));
        }
        // That there is no reason to read does not make it another status.
        Err(self.judge(status, &content.unwrap_or_default(), asked))
    }

    /// Whether a status passes.
    fn judge(&self, status: u16, content: &[u8], asked: Option<Duration>) -> Failed {
        let said = self.endpoint.without_key(&complaint(content));
        let said = crate::error::abridge(&crate::error::printable(&said), QUOTED);
        let said = if said.is_empty() { "without a reason".to_owned() } else { said };
        let hint = match status {
            401 | 403 => "; the key is taken from OPENAI_API_KEY",
            404 => "; is --model served there, and does the address end in /v1?",
            300..=399 => "; give the address that it moved to",
            _ => "",
        };
        let problem = format!("the server answered {status}: {said}{hint}");
        match status {
            408 | 409 | 425 | 429 | 500..=599 => Failed::Now(problem, asked),
            _ => Failed::Always(problem),
        }
    }
}

/// How long a `Retry-After` header asks to wait: seconds, or until a date.
fn retry_after(answer: &Response<Received>) -> Option<Duration> {
    let text = answer.headers().get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok()
}
