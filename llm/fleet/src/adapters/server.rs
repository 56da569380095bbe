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

/// Serves the adapters of a folder until it is dropped. Downloads under way end by themselves.
pub struct AdapterServer {
    server: Arc<Server>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl AdapterServer {
    /// Serves a folder, which is made if it is not there, at an address such as `0.0.0.0:8900`; port 0
    /// is one that is free. With a token, requests must bring it along.
    ///
    /// # Errors
    /// An address that is none or taken; a folder that cannot be made.
    pub fn start(address: &str, folder: &Path, token: Option<&str>) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let refused = |problem: String| {
            let allowed = format!(
                "an address of this machine that is free, such as 0.0.0.0:8900 ({problem})"
            );
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for AdapterServer {
    fn drop(&mut self) {
        self.server.unblock();
        // A thread that panicked has ended as well.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What requests are answered from.
struct Served {
    listing: Mutex<Listing>,
    /// The SHA-256 of the token: hashes are compared, so that the time it takes tells nothing of it.
    token: Option<[u8; 32]>,
}

/// An answer of any kind.
enum FileResponse {
    Text(u16, &'static str, String),
    File(File, u64),
}

/// A slow reader is waited for in a thread of its own.
fn serve(server: &Server, served: &Arc<Served>) {
    for request in server.incoming_requests() {
        let served = served.clone();
        std::thread::spawn(move || {
            let answer = served.answer(&request);
            // Pullers hang up when they please, and ask again.
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
            // With its length, so that a body that was cut off is noticed.
            request.respond(response.with_chunked_threshold(usize::MAX))
        }
    }
}

fn headers(kind: &str) -> Vec<Header> {
    vec![header("Content-Type", kind)]
}

/// A header whose parts are written in this file.
fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("ASCII")
}

impl Served {
    fn answer(&self, request: &Request) -> FileResponse {
        let text =
            |status, text: &str| FileResponse::Text(status, "text/plain", format!("{text}\n"));
        if !self.admits(request) {
            return text(401, "the token is missing or not this one");
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

    fn admits(&self, request: &Request) -> bool {
        let Some(token) = self.token else { return true };
        let header = request.headers().iter().find(|header| header.field.equiv("Authorization"));
        let brought = header.and_then(|header| header.value.as_str().strip_prefix("Bearer "));
        brought.is_some_and(|brought| <[u8; 32]>::from(Sha256::digest(brought)) == token)
    }

    fn index(&self) -> Result<FileResponse> {
        let index = self.lock().index()?;
        // Numbers and texts can be written as JSON.
        let json = serde_json::to_string(&index).expect("JSON");
        Ok(FileResponse::Text(200, "application/json", json))
    }

    fn file(&self, adapter: &str, file: &str) -> Result<Option<FileResponse>> {
        let found = self.lock().open(adapter, file)?;
        Ok(found.map(|(file, bytes)| FileResponse::File(file, bytes)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Listing> {
        // What it knows is complete after every entry.
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
