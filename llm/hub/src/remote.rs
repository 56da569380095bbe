//! What the hub says of a file.
//!
//! The cache layout and the URLs are those of `hf-hub`. Its transfer is not used: it has no timeout,
//! appends to a partial file whatever the answer, and verifies neither length nor hash.

use super::error::HubError;
use super::repository::{Repository, is_name};
use super::settings::HubSettings;
use crate::Result;
use std::time::Duration;
use ureq::config::RedirectAuthHeaders;
use ureq::http::Response;
use ureq::typestate::WithoutBody;
use ureq::{Agent, Body, RequestBuilder};

/// Timeouts to connect, and to the first byte of the answer.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);

/// Timeout of one answer's body. A slow download is resumed in a new request; a stalled one is noticed.
const BODY: Duration = Duration::from_secs(300);

/// Most relative redirects that are followed; a renamed repository has one.
const MOST_REDIRECTIONS: usize = 5;

/// The hub, for one repository.
pub(super) struct HubClient<'a> {
    pub repository: &'a Repository,
    pub settings: &'a HubSettings,
    /// Follows redirects to the content.
    follow: Agent,
    /// Does not follow redirects, to read the hub's headers.
    stop: Agent,
}

/// Metadata of a repository.
#[derive(serde::Deserialize)]
struct Listing {
    sha: String,
    siblings: Vec<Sibling>,
}

/// One of its files.
#[derive(serde::Deserialize)]
struct Sibling {
    rfilename: String,
}

/// Metadata of a file.
#[derive(Debug)]
pub(super) struct Announced {
    pub url: String,
    pub commit: String,
    /// Identifies the content: the SHA-256 of large files, a git hash of small ones.
    pub etag: String,
    /// Length, in bytes.
    pub size: Option<u64>,
}

impl<'a> HubClient<'a> {
    pub fn new(repository: &'a Repository, settings: &'a HubSettings) -> Self {
        let agent = |redirections| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(redirections)
                .max_redirects_will_error(false)
                // Only the hub gets the token; the content comes from other hosts.
                .redirect_auth_headers(RedirectAuthHeaders::SameHost)
                .proxy(settings.proxy.clone())
                .timeout_connect(Some(CONNECT))
                .timeout_recv_response(Some(ANSWER))
                .timeout_recv_body(Some(BODY))
                .user_agent(concat!("rs-grpo/", env!("CARGO_PKG_VERSION")));
            config.build().new_agent()
        };
        Self { repository, settings, follow: agent(10), stop: agent(0) }
    }

    /// Metadata of a file at a revision; `None` if the repository has no such file.
    pub fn look_up(&self, revision: &str, file: &str) -> Result<Option<Announced>> {
        let repo = self.repository.repo(revision);
        let path = format!("{}/resolve/{}/{file}", repo.url(), repo.url_revision());
        let mut url = format!("{}/{path}", self.settings.endpoint);
        for _ in 0..MOST_REDIRECTIONS {
            let answer = self.head(&url)?;
            match header(&answer, "location") {
                Some(path) if answer.status().is_redirection() && path.starts_with('/') => {
                    url = format!("{}{path}", host(&self.settings.endpoint));
                }
                _ => return self.metadata(url, file, &answer),
            }
        }
        Err(self.protocol(file, "is redirected in circles"))
    }

    /// The commit of the revision, and the names of all files.
    pub fn list(&self) -> Result<(String, Vec<String>)> {
        let revision = &self.repository.revision;
        let path = self.repository.repo(revision).api_url();
        let url = format!("{}/api/{path}", self.settings.endpoint);
        let unreachable = |error: ureq::Error| -> crate::Error {
            let problem = format!("{} cannot be reached ({error})", self.settings.endpoint);
            HubError::unreachable(self.repository, self.settings, problem).into()
        };
        let mut answer = self.with_headers(self.follow.get(&url)).call().map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Err(self.not_found("list of files")),
            status => return Err(self.refused("the list of files", status)),
        }
        let text = answer.body_mut().read_to_string().map_err(unreachable)?;
        let listing: Listing = serde_json::from_str(&text)
            .map_err(|error| self.protocol("the list of files", error.to_string()))?;
        if !is_name(&listing.sha) {
            return Err(self.protocol("the list of files", "names no commit"));
        }
        Ok((listing.sha, listing.siblings.into_iter().map(|file| file.rfilename).collect()))
    }

    fn head(&self, url: &str) -> Result<Response<Body>> {
        self.with_headers(self.stop.head(url)).call().map_err(|error| {
            let problem = format!("{} cannot be reached ({error})", self.settings.endpoint);
            HubError::unreachable(self.repository, self.settings, problem).into()
        })
    }

    /// The content of a file from byte `from` on; the caller checks the status.
    pub fn content(&self, url: &str, from: u64) -> Result<Response<Body>, ureq::Error> {
        let request = self.with_headers(self.follow.get(url));
        match from {
            0 => request.call(),
            _ => request.header("Range", format!("bytes={from}-")).call(),
        }
    }

    fn with_headers(&self, request: RequestBuilder<WithoutBody>) -> RequestBuilder<WithoutBody> {
        // Lengths and ranges must be those of the uncompressed file.
        let request = request.header("Accept-Encoding", "identity");
        match &self.settings.token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    /// Metadata of a file from the headers of an answer.
    fn metadata(
        &self,
        url: String,
        file: &str,
        answer: &Response<Body>,
    ) -> Result<Option<Announced>> {
        let status = answer.status().as_u16();
        match status {
            200..=399 => {}
            404 if is_entry_missing(answer) => return Ok(None),
            404 => return Err(self.not_found(file)),
            401 | 403 => return Err(self.refused(file, status)),
            _ => {
                let problem = format!("{} answered {status}", self.settings.endpoint);
                let error = HubError::unreachable(self.repository, self.settings, problem);
                return Err(error.into());
            }
        }
        let etag = header(answer, "x-linked-etag").or_else(|| header(answer, "etag"));
        let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"'));
        let commit = header(answer, "x-repo-commit");
        let (Some(etag), Some(commit)) =
            (etag.filter(|etag| is_name(etag)), commit.filter(|commit| is_name(commit)))
        else {
            return Err(self.protocol(file, "the answer lacks x-repo-commit or a usable etag"));
        };
        let length = header(answer, "x-linked-size")
            .or_else(|| header(answer, "content-length").filter(|_| status == 200));
        let size = length.and_then(|length| length.parse().ok());
        Ok(Some(Announced { url, commit: commit.to_owned(), etag: etag.to_owned(), size }))
    }

    pub fn refused(&self, file: &str, status: u16) -> crate::Error {
        HubError::refused(self.repository, self.settings, file, status).into()
    }

    pub fn not_found(&self, file: &str) -> crate::Error {
        HubError::not_found(self.repository, self.settings, file).into()
    }

    pub fn protocol(&self, file: &str, problem: impl Into<String>) -> crate::Error {
        HubError::protocol(self.repository, self.settings, file, problem).into()
    }
}

/// A header, if it is text.
pub(super) fn header<'a>(answer: &'a Response<Body>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// Whether the file is missing rather than the repository or the revision. Mirrors that do not say are
/// taken to mean the file.
fn is_entry_missing(answer: &Response<Body>) -> bool {
    header(answer, "x-error-code").is_none_or(|code| code == "EntryNotFound")
}

/// An endpoint without its path.
fn host(endpoint: &str) -> &str {
    let start = endpoint.find("://").map_or(0, |at| at + 3);
    let end = endpoint[start..].find('/').map_or(endpoint.len(), |at| start + at);
    &endpoint[..end]
}
