//! A hub on this machine: what Hugging Face's answers look like, and what may go wrong with them.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// The commit of every file.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A file of the repository, and what the server does wrong with it.
#[derive(Clone, Default)]
pub struct Served {
    pub content: Vec<u8>,
    /// Whether it is kept elsewhere, named by its SHA-256, and reached by a redirection.
    pub large: bool,
    /// Announced in place of the true hash.
    pub etag: Option<String>,
    /// Announced in place of the true length.
    pub size: Option<usize>,
    /// The connection ends after this many bytes of a body, as often as the second number says.
    pub cut: Option<(usize, usize)>,
    /// Status of every answer.
    pub status: Option<u16>,
    /// Whether ranges are ignored.
    pub whole: bool,
}

impl Served {
    pub fn small(content: &str) -> Self {
        Self { content: content.as_bytes().to_vec(), ..Self::default() }
    }

    pub fn large(content: Vec<u8>) -> Self {
        Self { content, large: true, ..Self::default() }
    }

    fn etag(&self) -> String {
        let hash: String =
            Sha256::digest(&self.content).iter().map(|byte| format!("{byte:02x}")).collect();
        // Small files are named by the hash of a git object, of 40 digits.
        let length = if self.large { 64 } else { 40 };
        self.etag.clone().unwrap_or_else(|| hash[..length].to_owned())
    }
}

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Served>,
    requests: Vec<Request>,
}

/// A running server; its thread ends with the test's process.
pub struct Server {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Serves the files of the model `org/name`, and as those of a data set in its folder `data`.
    pub fn start(files: BTreeMap<String, Served>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { files, requests: vec![] }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Clients hang up when they please; that is their test's concern.
                let _ = answer(stream.unwrap(), &shared);
            }
        });
        Self { endpoint, state }
    }

    pub fn change(&self, file: &str, change: impl FnOnce(&mut Served)) {
        change(self.lock().files.get_mut(file).unwrap());
    }

    /// The requests so far, forgotten afterwards.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.lock().requests)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Request { method, path, headers: headers.collect() })
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let Some(request) = read(&stream) else { return Ok(()) };
    let mut state = state.lock().unwrap();
    state.requests.push(request.clone());
    let name = request.path.rsplit('/').next().unwrap_or_default();
    if let Some(rest) = request.path.strip_prefix("/org/old/") {
        // As the hub sends on from a repository's former name: without its host.
        return head(&mut stream, 307, &[("Location", format!("/org/name/{rest}"))], 0);
    }
    if request.path == "/api/datasets/org/name/revision/main" {
        let names = state.files.keys().map(|name| format!("{{\"rfilename\":\"data/{name}\"}}"));
        let names = names.collect::<Vec<_>>().join(",");
        let listing = format!("{{\"sha\":\"{COMMIT}\",\"siblings\":[{names}]}}");
        head(&mut stream, 200, &[], listing.len())?;
        return stream.write_all(listing.as_bytes());
    }
    let known = ["/org/name/resolve/", "/datasets/org/name/resolve/"]
        .iter()
        .any(|start| request.path.starts_with(start));
    let stored = request.path.starts_with("/elsewhere/");
    let Some(file) = state.files.get_mut(name).filter(|_| known || stored) else {
        let code = if known { "EntryNotFound" } else { "RepoNotFound" };
        return head(&mut stream, 404, &[("X-Error-Code", code.to_owned())], 0);
    };
    if let Some(status) = file.status {
        return head(&mut stream, status, &[], 0);
    }
    let mut headers = vec![];
    if known {
        headers.push(("X-Repo-Commit", COMMIT.to_owned()));
    }
    if known && file.large {
        headers.push(("X-Linked-Size", file.size.unwrap_or(file.content.len()).to_string()));
        headers.push(("X-Linked-ETag", format!("\"{}\"", file.etag())));
        headers.push(("ETag", "\"of the redirection\"".to_owned()));
        headers.push(("Location", format!("http://localhost:{}/elsewhere/{name}", port(&stream))));
        return head(&mut stream, 302, &headers, 0);
    }
    headers.push(("ETag", format!("W/\"{}\"", file.etag())));
    body(&mut stream, &request, file, headers)
}

fn port(stream: &TcpStream) -> u16 {
    stream.local_addr().unwrap().port()
}

/// The content from where the request's `Range` begins.
fn body(
    stream: &mut TcpStream,
    request: &Request,
    file: &mut Served,
    mut headers: Vec<(&str, String)>,
) -> std::io::Result<()> {
    let range = request.headers.get("range").filter(|_| !file.whole);
    let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    let from: Option<usize> = from.map(|from| from.parse().unwrap());
    let start = from.unwrap_or(0);
    if start >= file.content.len() && start > 0 {
        return head(stream, 416, &headers, 0);
    }
    let (content, size) = (&file.content[start..], file.content.len());
    if from.is_some() {
        headers.push(("Content-Range", format!("bytes {start}-{}/{size}", size - 1)));
    }
    head(stream, if from.is_some() { 206 } else { 200 }, &headers, content.len())?;
    if request.method == "HEAD" {
        return Ok(());
    }
    match &mut file.cut {
        Some((length, times)) if *times > 0 => {
            *times -= 1;
            stream.write_all(&content[..content.len().min(*length)])
        }
        _ => stream.write_all(content),
    }
}

fn head(
    stream: &mut TcpStream,
    status: u16,
    headers: &[(&str, String)],
    length: usize,
) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n");
    text.push_str("Connection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes())
}
