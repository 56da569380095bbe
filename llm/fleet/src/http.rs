//! One HTTP request, and what its failure means for a retry.

use super::servers::Servers;
use std::time::{Duration, SystemTime};
use ureq::http::Response;
use ureq::{Agent, Body};

/// Timeout of a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: less than servers keep theirs.
const IDLE: Duration = Duration::from_secs(2);
/// Longest answer, in bytes.
const LONGEST: u64 = 256 << 20;
/// Longest part of a server's error message that is quoted, in characters.
const QUOTED: usize = 500;

/// Kind of a failure, which decides on retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestErrorKind {
    /// No answer, or an incomplete one.
    Unreachable,
    /// The server reports a temporary failure.
    Transient,
    /// An answer that cannot be used.
    InvalidResponse,
    /// The server does not know the model, or the address.
    NotFound,
    /// The server rejects the request; a retry there would fail the same way.
    Rejected,
}

/// Why a request failed.
#[derive(Debug, Clone)]
pub(crate) struct RequestError {
    pub(super) kind: RequestErrorKind,
    /// The status of an answer that was not a success.
    pub(super) status: Option<u16>,
    pub(super) problem: String,
    /// The pause that the server asked for.
    pub(super) retry_after: Option<Duration>,
}

impl RequestError {
    /// An answer that cannot be used.
    pub(crate) fn invalid_response(problem: String) -> Self {
        Self { kind: RequestErrorKind::InvalidResponse, status: None, problem, retry_after: None }
    }
}

/// Sends requests over pooled connections.
pub(super) struct Http {
    agent: Agent,
}

impl Http {
    pub(super) fn new(servers: &Servers) -> Self {
        let connections = servers.concurrency.saturating_mul(servers.count());
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would send the key to another host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT.min(servers.timeout)))
            .timeout_global(Some(servers.timeout))
            .max_idle_age(IDLE)
            .max_idle_connections(connections)
            .max_idle_connections_per_host(servers.concurrency)
            .user_agent(concat!("rs-grpo/", env!("CARGO_PKG_VERSION")));
        Self { agent: config.build().new_agent() }
    }

    /// Posts JSON to a server; returns the body of its answer.
    pub(super) fn post(
        &self,
        servers: &Servers,
        server: usize,
        path: &str,
        body: &[u8],
    ) -> Result<Vec<u8>, RequestError> {
        let url = format!("{}/{path}", servers.base(server));
        let mut request = self.agent.post(url).header("Content-Type", "application/json");
        if let Some(key) = &servers.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let unreachable = |error: ureq::Error| RequestError {
            kind: RequestErrorKind::Unreachable,
            status: None,
            problem: match error {
                ureq::Error::Timeout(_) => {
                    let had = servers.timeout;
                    format!(
                        "{error}; it had {had:?}: a longer --timeout, or less --concurrency, helps"
                    )
                }
                error => error.to_string(),
            },
            retry_after: None,
        };
        let answer = request.send(body).map_err(unreachable)?;
        let (status, retry_after) = (answer.status().as_u16(), retry_after(&answer));
        let content = answer.into_body().into_with_config().limit(LONGEST).read_to_vec();
        if (200..300).contains(&status) {
            return content.map_err(unreachable);
        }
        // The status counts even if its body cannot be read.
        Err(status_error(servers, status, &content.unwrap_or_default(), retry_after))
    }
}

/// The error of a status that is not a success.
fn status_error(
    servers: &Servers,
    status: u16,
    content: &[u8],
    retry_after: Option<Duration>,
) -> RequestError {
    let message = servers.without_key(&error_message(content));
    let message = rs_grpo_files::abridge(&rs_grpo_files::printable(&message), QUOTED);
    let message = if message.is_empty() { "without a reason".to_owned() } else { message };
    let hint = match status {
        401 | 403 => "; the key is taken from OPENAI_API_KEY",
        404 => "; is the model served there, and does the address end in /v1?",
        300..=399 => "; give the address that it moved to",
        _ => "",
    };
    let problem = format!("the server answered {status}: {message}{hint}");
    let kind = match status {
        404 => RequestErrorKind::NotFound,
        408 | 409 | 425 | 429 | 500..=599 => RequestErrorKind::Transient,
        _ => RequestErrorKind::Rejected,
    };
    let retry_after = retry_after.filter(|_| kind == RequestErrorKind::Transient);
    RequestError { kind, status: Some(status), problem, retry_after }
}

/// How long a `Retry-After` header asks to wait: seconds, or until a date.
fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let text = answer.headers().get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok()
}

/// A server's error message, from its JSON or in plain text.
fn error_message(body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let places = ["/error/message", "/message", "/detail", "/error"];
    let found = places
        .into_iter()
        .find_map(|place| json.pointer(place))
        .map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned));
    found.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned())
}
