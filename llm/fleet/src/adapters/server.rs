//! The trainer's end: the index, and the bytes of files.

use super::listing::Listing;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Cursor;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tiny_http::{Header, Method, Request, Response, Server};

/// Serves the adapters of a folder until it is dropped. Running downloads are finished.
pub struct AdapterServer {
    server: Arc<Server>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl AdapterServer {
    /// Serves a folder, which is created if it does not exist, at an address such as `0.0.0.0:8900`;
    /// port 0 takes a free one. With a token, requests must carry it.
    ///
    /// # Errors
    /// An address that is invalid or in use; a folder that cannot be created.
    pub fn start(address: &str, folder: &Path, token: Option<&str>) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let refused = |problem: String| {
            let allowed =
                format!("a free address of this machine, such as 0.0.0.0:8900 ({problem})");
            Error::parameter("serve-adapters", address, allowed)
        };
        let server = Server::http(address).map_err(|error| refused(error.to_string()))?;
        let bound = server.server_addr().to_ip();
        let bound = bound.ok_or_else(|| refused("it has no port".to_owned()))?;
        let server = Arc::new(server);
        let served = Arc::new(Served {
            listing: Mutex::new(Listing::new(folder)),
            token: token.map(|token| Sha256::digest(token).into()),
        });
        let requests = server.clone();
        let thread = std::thread::Builder::new().name("adapters".to_owned());
        let thread =
            thread.spawn(move || serve(&requests, &served)).map_err(Error::file(folder))?;
        Ok(Self { server, address: bound, thread: Some(thread) })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for AdapterServer {
    fn drop(&mut self) {
        self.server.unblock();
        // A panicked thread has ended, too.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// State that requests are answered from.
struct Served {
    listing: Mutex<Listing>,
    /// SHA-256 of the token: comparing hashes leaks nothing through timing.
    token: Option<[u8; 32]>,
}

/// Body of an answer.
enum FileResponse {
    Text(u16, &'static str, String),
    File(File, u64),
}

/// One thread per request, so that a slow reader does not block others.
fn serve(server: &Server, served: &Arc<Served>) {
    for request in server.incoming_requests() {
        let served = served.clone();
        std::thread::spawn(move || {
            let answer = served.answer(&request);
            // Pullers may hang up; they try again.
            let _ = respond(request, answer);
        });
    }
}

fn respond(request: Request, answer: FileResponse) -> std::io::Result<()> {
    match answer {
        FileResponse::Text(status, kind, text) => {
            let body = Cursor::new(text.into_bytes());
            let length = body.get_ref().len();
            let mut response =
                Response::new(status.into(), headers(kind), body, Some(length), None);
            if status == 401 {
                response.add_header(header("WWW-Authenticate", "Bearer"));
            }
            request.respond(response)
        }
        FileResponse::File(file, bytes) => {
            let kind = headers("application/octet-stream");
            let response = Response::new(200.into(), kind, file, Some(bytes as usize), None);
            // With its length, so that a truncated body is noticed.
            request.respond(response.with_chunked_threshold(usize::MAX))
        }
    }
}

fn headers(kind: &str) -> Vec<Header> {
    vec![header("Content-Type", kind)]
}

/// A header from constants of this file.
fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("ASCII")
}

impl Served {
    fn answer(&self, request: &Request) -> FileResponse {
        let text =
            |status, text: &str| FileResponse::Text(status, "text/plain", format!("{text}\n"));
        if !self.is_authorized(request) {
            return text(401, "the token is missing or wrong");
        }
        if !matches!(request.method(), Method::Get | Method::Head) {
            return text(405, "only GET is answered");
        }
        let parts: Vec<&str> = request.url().split('/').collect();
        let found = match parts[..] {
            ["", "adapters"] => self.index().map(Some),
            ["", "adapters", adapter, file] => self.file(adapter, file),
            _ => Ok(None),
        };
        match found {
            Ok(Some(answer)) => answer,
            Ok(None) => text(404, "not in the index at /adapters"),
            Err(error) => text(500, &error.to_string()),
        }
    }

    fn is_authorized(&self, request: &Request) -> bool {
        let Some(token) = self.token else { return true };
        let header = request.headers().iter().find(|header| header.field.equiv("Authorization"));
        let given = header.and_then(|header| header.value.as_str().strip_prefix("Bearer "));
        given.is_some_and(|given| <[u8; 32]>::from(Sha256::digest(given)) == token)
    }

    fn index(&self) -> Result<FileResponse> {
        let index = self.lock().index()?;
        // Numbers and strings always serialize.
        let json = serde_json::to_string(&index).expect("JSON");
        Ok(FileResponse::Text(200, "application/json", json))
    }

    fn file(&self, adapter: &str, file: &str) -> Result<Option<FileResponse>> {
        let found = self.lock().open(adapter, file)?;
        Ok(found.map(|(file, bytes)| FileResponse::File(file, bytes)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Listing> {
        // The listing is consistent after every entry.
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
