//! One request, and how its failure affects the next.

use super::servers::Servers;
use std::time::{Duration, SystemTime};
use ureq::http::Response;
use ureq::{Agent, Body};

/// How long a server may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: less than servers keep it.
const IDLE: Duration = Duration::from_secs(2);
/// Longest answer, in bytes.
const LONGEST: u64 = 256 << 20;
/// Longest part of a complaint that is repeated, in characters.
const QUOTED: usize = 500;

/// What went wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestErrorKind {
    /// There was no answer, or not all of one.
    Unreachable,
    /// The server says that it passes.
    Busy,
    /// An answer that cannot be used.
    Refused,
    /// The server does not know the model, or the address.
    Unknown,
    /// The server will say the same again.
    Wrong,
}

/// Why a request failed.
#[derive(Debug, Clone)]
pub(crate) struct RequestError {
    pub(super) kind: RequestErrorKind,
    /// The status of an answer that was not a success.
    pub(super) status: Option<u16>,
    pub(super) problem: String,
    /// How long the server asked to be left alone.
    pub(super) asked: Option<Duration>,
}

impl RequestError {
    /// An answer that cannot be used.
    pub(crate) fn refused(problem: String) -> Self {
        Self { kind: RequestErrorKind::Refused, status: None, problem, asked: None }
    }
}

/// Sends requests over connections that it keeps.
pub(super) struct Http {
    agent: Agent,
}

impl Http {
    pub(super) fn new(servers: &Servers) -> Self {
        let connections = servers.concurrency.saturating_mul(servers.count());
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A key that is sent on would reach whoever the server names.
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

    /// The body of the answer of a server to a request in JSON.
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
        let broken = |error: ureq::Error| RequestError {
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
            asked: None,
        };
        let answer = request.send(body).map_err(broken)?;
        let (status, asked) = (answer.status().as_u16(), retry_after(&answer));
        let content = answer.into_body().into_with_config().limit(LONGEST).read_to_vec();
        if (200..300).contains(&status) {
            return content.map_err(broken);
        }
        // That there is no reason to read does not make it another status.
        Err(judge(servers, status, &content.unwrap_or_default(), asked))
    }
}

/// The kind of failure that a status stands for.
fn judge(servers: &Servers, status: u16, content: &[u8], asked: Option<Duration>) -> RequestError {
    let said = servers.without_key(&complaint(content));
    let said = rs_grpo_files::abridge(&rs_grpo_files::printable(&said), QUOTED);
    let said = if said.is_empty() { "without a reason".to_owned() } else { said };
    let hint = match status {
        401 | 403 => "; the key is taken from OPENAI_API_KEY",
        404 => "; is the model served there, and does the address end in /v1?",
        300..=399 => "; give the address that it moved to",
        _ => "",
    };
    let problem = format!("the server answered {status}: {said}{hint}");
    let kind = match status {
        404 => RequestErrorKind::Unknown,
        408 | 409 | 425 | 429 | 500..=599 => RequestErrorKind::Busy,
        _ => RequestErrorKind::Wrong,
    };
    let asked = asked.filter(|_| kind == RequestErrorKind::Busy);
    RequestError { kind, status: Some(status), problem, asked }
}

/// How long a `Retry-After` header asks to wait: seconds, or until a date.
fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let text = answer.headers().get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok()
}

/// What a server says of an error, in its JSON or in plain text.
fn complaint(body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let places = ["/error/message", "/message", "/detail", "/error"];
    let found = places
        .into_iter()
        .find_map(|place| json.pointer(place))
        .map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned));
    found.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned())
}
