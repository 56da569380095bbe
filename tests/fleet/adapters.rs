//! Adapters on their way from the trainer to the machines of its servers, and what may go wrong.

use rs_grpo_fleet::adapters::{AdapterServer, Pulled, Puller};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";

/// Puts an adapter into a folder as the trainer does: whole.
fn publish(folder: &Path, name: &str, weights: &[u8]) {
    std::fs::create_dir_all(folder).unwrap();
    let aside = TempDir::with_prefix_in(".new-", folder).unwrap();
    std::fs::write(aside.path().join(CONFIG), format!("{{\"of\": \"{name}\"}}")).unwrap();
    std::fs::write(aside.path().join(WEIGHTS), weights).unwrap();
    std::fs::rename(aside.keep(), folder.join(name)).unwrap();
}

/// Every file below a folder, by its path in it; the marker and what is not whole have names with a dot.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for adapter in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if !adapter.path().is_dir() {
            continue;
        }
        for file in std::fs::read_dir(adapter.path()).unwrap().map(Result::unwrap) {
            let name = file.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert(name, std::fs::read(file.path()).unwrap());
        }
    }
    found
}

fn pull(puller: &mut Puller) -> Pulled {
    puller.pull(&|| false)
}

fn start(folder: &Path, token: Option<&str>) -> (AdapterServer, String) {
    let server = AdapterServer::start("127.0.0.1:0", folder, token).unwrap();
    let url = format!("http://{}", server.address());
    (server, url)
}

/// What a request for a path brings: its status and body.
fn get(url: &str, path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn adapters_appear_and_disappear_as_they_do_at_the_trainer() {
    let dir = TempDir::new().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    let (_server, url) = start(&from, None);
    let mut puller = Puller::open(&url, &to, None).unwrap();
    assert_eq!(pull(&mut puller), Pulled::default(), "nothing there yet");
    // More than a buffer of either end, and not a multiple of one.
    let weights: Vec<u8> = (0..1_000_003_u32).map(|i| (i % 251) as u8).collect();
    publish(&from, "policy-000001", &weights);
    publish(&from, "policy-000002", b"2");
    let pulled = pull(&mut puller);
    assert_eq!(pulled.added, ["policy-000002", "policy-000001"], "the newest first: {pulled:?}");
    assert_eq!((pulled.removed, pulled.problems), (vec![], vec![]));
    assert_eq!(files(&to), files(&from));
    assert_eq!(pull(&mut puller), Pulled::default(), "once is enough");
    std::fs::remove_dir_all(from.join("policy-000001")).unwrap();
    publish(&from, "policy-000003", b"3");
    let pulled = pull(&mut puller);
    assert_eq!(
        (&pulled.added[..], &pulled.removed[..]),
        (&["policy-000003".to_owned()][..], &["policy-000001".to_owned()][..])
    );
    assert_eq!(files(&to), files(&from));
    // The same name with other numbers, after a trainer that went back.
    std::fs::remove_dir_all(from.join("policy-000003")).unwrap();
    publish(&from, "policy-000003", b"4");
    assert_eq!(pull(&mut puller).added, ["policy-000003"]);
    // Somebody removed or changed a copy between two pullers.
    drop(puller);
    std::fs::remove_dir_all(to.join("policy-000002")).unwrap();
    std::fs::write(to.join("policy-000003").join(WEIGHTS), b"5").unwrap();
    std::fs::create_dir(to.join(".partial-policy-000009.x")).unwrap();
    let mut puller = Puller::open(&url, &to, None).unwrap();
    assert!(!to.join(".partial-policy-000009.x").exists(), "left by a puller that was killed");
    assert_eq!(pull(&mut puller).added, ["policy-000003", "policy-000002"]);
    assert_eq!(files(&to), files(&from));
}

#[test]
fn the_index_has_length_and_hash_of_every_file_and_nothing_else_is_served() {
    let dir = TempDir::new().unwrap();
    let from = dir.path().join("from");
    std::fs::write(dir.path().join("secret"), "secret").unwrap();
    publish(&from, "policy-000001", b"abc");
    std::fs::create_dir(from.join("half")).unwrap();
    std::fs::write(from.join("half").join(CONFIG), "{}").unwrap();
    std::fs::write(from.join("notes.txt"), "notes").unwrap();
    std::fs::write(from.join("policy-000001").join(".hidden"), "hidden").unwrap();
    #[cfg(unix)]
    {
        let linked = from.join("policy-000001").join("linked");
        std::os::unix::fs::symlink(dir.path().join("secret"), linked).unwrap();
        std::os::unix::fs::symlink(dir.path(), from.join("outside")).unwrap();
    }
    let (_server, url) = start(&from, None);
    let (status, index) = get(&url, "/adapters", "");
    // SHA-256 of `abc` from FIPS 180-2, appendix B.1; that of the other file from sha2.
    let config = "{\"of\": \"policy-000001\"}";
    let hash: String = Sha256::digest(config).iter().map(|byte| format!("{byte:02x}")).collect();
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let expected = json!([{"name": "policy-000001", "files": [
        {"name": CONFIG, "bytes": config.len(), "sha256": hash},
        {"name": WEIGHTS, "bytes": 3, "sha256": abc},
    ]}]);
    assert_eq!((status, serde_json::from_str::<Value>(&index).unwrap()), (200, expected));
    assert_eq!(
        get(&url, &format!("/adapters/policy-000001/{WEIGHTS}"), ""),
        (200, "abc".to_owned())
    );
    let refused = [
        "/",
        "/adapters/",
        "/adapters/policy-000001",
        "/adapters/policy-000001/",
        "/adapters/policy-000002/adapter_config.json",
        "/adapters/policy-000001/.hidden",
        "/adapters/policy-000001/linked",
        "/adapters/outside/secret",
        "/adapters/half/adapter_config.json",
        "/adapters/notes.txt",
        "/adapters/../secret",
        "/adapters/policy-000001/../../secret",
        "/adapters/..%2f..%2fsecret",
        "/adapters/%2e%2e/secret",
        "/adapters/./notes.txt",
        "//adapters",
    ];
    for path in refused {
        assert_eq!(get(&url, path, "").0, 404, "{path}");
    }
}

#[test]
fn a_token_keeps_strangers_out() {
    let dir = TempDir::new().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    publish(&from, "policy-000001", b"1");
    let (_server, url) = start(&from, Some("sesame"));
    for headers in ["", "Authorization: Bearer sesam\r\n", "Authorization: Basic sesame\r\n"] {
        assert_eq!(get(&url, "/adapters", headers).0, 401, "{headers}");
    }
    assert_eq!(get(&url, "/adapters", "Authorization: Bearer sesame\r\n").0, 200);
    let problems = pull(&mut Puller::open(&url, &to, Some("wrong")).unwrap()).problems;
    assert!(
        problems[0].contains("401") && problems[0].contains("RS_GRPO_ADAPTER_TOKEN"),
        "{problems:?}"
    );
    assert_eq!(
        pull(&mut Puller::open(&url, &to, Some("sesame")).unwrap()).added,
        ["policy-000001"]
    );
}

/// What a stand-in for the trainer says to a path.
#[derive(Clone)]
struct Said {
    status: u16,
    body: Vec<u8>,
    /// How long it says that the body is.
    length: usize,
}

impl Said {
    fn whole(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { status: 200, length: body.len(), body }
    }
}

/// A trainer that says what it is told to say.
struct Liar {
    url: String,
    says: Arc<Mutex<BTreeMap<String, Said>>>,
}

impl Liar {
    /// One adapter, of which everything is true.
    fn honest() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let says = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = says.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Pullers hang up when they please; that is their test's concern.
                let _ = answer(stream.unwrap(), &shared);
            }
        });
        let liar = Self { url, says };
        liar.tell();
        liar
    }

    fn tell(&self) {
        let file = |name: &str, content: &str| {
            let hash: String =
                Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            self.say(&format!("/adapters/policy-000007/{name}"), Said::whole(content));
            json!({"name": name, "bytes": content.len(), "sha256": hash})
        };
        let files = [file(CONFIG, "{}"), file(WEIGHTS, "weights")];
        self.index(json!([{"name": "policy-000007", "files": files}]));
    }

    fn say(&self, path: &str, said: Said) {
        self.says.lock().unwrap().insert(path.to_owned(), said);
    }

    fn index(&self, index: Value) {
        self.say("/adapters", Said::whole(index.to_string()));
    }
}

fn answer(mut stream: TcpStream, says: &Mutex<BTreeMap<String, Said>>) -> std::io::Result<()> {
    let mut first = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut first)?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let missing = Said { status: 404, body: vec![], length: 0 };
    let said = says.lock().unwrap().get(path).cloned().unwrap_or(missing);
    while reader.by_ref().lines().next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let (status, length) = (said.status, said.length);
    write!(stream, "HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&said.body)
}

#[test]
fn only_what_is_whole_and_true_is_put_in_place() {
    let path = format!("/adapters/policy-000007/{WEIGHTS}");
    let wrong = Said::whole("wrongly");
    let cases = [
        (Said { length: 7, ..Said::whole("weig") }, "policy-000007/adapter_model.safetensors: "),
        (Said::whole("weig"), "has 4 bytes, the index says 7"),
        (Said::whole("weights and more"), "has more than 7 bytes, the index says 7"),
        (wrong, "has SHA-256 "),
        (Said { status: 500, ..Said::whole("no\n") }, "answered 500: no"),
        (Said { status: 302, ..Said::whole("") }, "give the address that it moved to"),
    ];
    for (said, problem) in cases {
        let (dir, liar) = (TempDir::new().unwrap(), Liar::honest());
        liar.say(&path, said);
        let mut puller = Puller::open(&liar.url, dir.path(), None).unwrap();
        let pulled = pull(&mut puller);
        assert!(pulled.added.is_empty() && pulled.problems.len() == 1, "{problem}: {pulled:?}");
        assert!(pulled.problems[0].contains(problem), "{problem}: {pulled:?}");
        let left: Vec<_> =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, [".pulled-from"], "{problem}: nothing is left of it");
        // It is tried again, and one good answer is enough.
        liar.tell();
        assert_eq!(pull(&mut puller).added, ["policy-000007"], "{problem}");
        assert_eq!(files(dir.path())[&format!("policy-000007/{WEIGHTS}")], b"weights");
    }
}

/// The trainer removed it between the index and the file: nothing is wrong.
#[test]
fn an_adapter_that_is_removed_meanwhile_is_no_problem() {
    let (dir, liar) = (TempDir::new().unwrap(), Liar::honest());
    liar.say(
        &format!("/adapters/policy-000007/{WEIGHTS}"),
        Said { status: 404, ..Said::whole("") },
    );
    let mut puller = Puller::open(&liar.url, dir.path(), None).unwrap();
    assert_eq!(pull(&mut puller), Pulled::default());
    assert!(files(dir.path()).is_empty());
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let hash = "0".repeat(64);
    let index = |name: &str, third: &str, hash: &str| {
        let file = |name: &str| json!({"name": name, "bytes": 1, "sha256": hash});
        json!([{"name": name, "files": [file(CONFIG), file(WEIGHTS), file(third)]}])
    };
    let (dir, liar) = (TempDir::new().unwrap(), Liar::honest());
    let to = dir.path().join("to");
    let mut puller = Puller::open(&liar.url, &to, None).unwrap();
    let cases = [
        (index("../out", "a", &hash), "is not allowed"),
        (index("..", "a", &hash), "is not allowed"),
        (index("", "a", &hash), "is not allowed"),
        (index("/out", "a", &hash), "is not allowed"),
        (index(".partial-a", "a", &hash), "is not allowed"),
        (index("a", "../../out", &hash), "is not allowed"),
        (index("a", "b\\c", &hash), "is not allowed"),
        (index("a", CONFIG, &hash), "is listed twice"),
        (index("a", "b", "00"), "is not 64 lower-case"),
        (json!([{"name": "a", "files": []}]), "adapter_config.json is missing"),
        (json!({"adapters": []}), "its index of adapters"),
    ];
    for (index, problem) in cases {
        liar.index(index.clone());
        let pulled = pull(&mut puller);
        assert_eq!(pulled.problems.len(), 1, "{index}");
        assert!(pulled.problems[0].contains(problem), "{index}: {pulled:?}");
        let left: Vec<_> =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["to"], "{index}");
    }
}

/// The whole loop: a trainer that is not there yet, ends, and comes back at the same address.
#[test]
fn a_puller_outlives_its_trainer() {
    let dir = TempDir::new().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    publish(&from, "policy-000001", b"1");
    let (server, url) = start(&from, None);
    let address = server.address().to_string();
    drop(server);
    let (stop, notes) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(vec![])));
    let mut puller = Puller::open(&url, &to, None).unwrap();
    let (stopped, heard) = (stop.clone(), notes.clone());
    let thread = std::thread::spawn(move || {
        let mut note = |text: &str| heard.lock().unwrap().push(text.to_owned());
        puller.run(Duration::from_millis(20), &|| stopped.load(Ordering::Relaxed), &mut note);
    });
    let until = |said: &str| {
        let begin = Instant::now();
        while !notes.lock().unwrap().iter().any(|note: &String| note.contains(said)) {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{said}: {:?}",
                notes.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    until("trying again");
    let server = AdapterServer::start(&address, &from, None).unwrap();
    until("pulled policy-000001");
    until("answers again");
    drop(server);
    notes.lock().unwrap().clear();
    until("trying again");
    assert_eq!(files(&to), files(&from), "what was pulled stays while the trainer is away");
    publish(&from, "policy-000002", b"2");
    std::fs::remove_dir_all(from.join("policy-000001")).unwrap();
    let _server = AdapterServer::start(&address, &from, None).unwrap();
    until("pulled policy-000002");
    until("removed policy-000001");
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
    assert_eq!(files(&to), files(&from));
    // A problem that lasts is told once.
    let told = notes.lock().unwrap().iter().filter(|note| note.contains("trying again")).count();
    assert_eq!(told, 1, "{:?}", notes.lock().unwrap());
}

#[test]
fn a_folder_that_is_somebody_elses_is_refused() {
    let dir = TempDir::new().unwrap();
    let refusal =
        |to: &Path| Puller::open("http://127.0.0.1:9", to, None).err().unwrap().to_string();
    std::fs::write(dir.path().join("thesis.tex"), "years of work").unwrap();
    assert!(refusal(dir.path()).contains("was not made by pull-adapters"));
    let to = dir.path().join("to");
    let first = Puller::open("http://127.0.0.1:9", &to, None).unwrap();
    assert!(refusal(&to).contains("another process pulls into it"));
    drop(first);
    assert!(Puller::open("http://127.0.0.1:9", &to, None).is_ok());
}

#[test]
fn addresses_are_checked_first() {
    let dir = TempDir::new().unwrap();
    for address in ["trainer:8900", "", "ftp://a", "http://me:sesame@a", "http://a?b"] {
        let error = Puller::open(address, dir.path(), None).err().unwrap().to_string();
        assert!(error.starts_with("from is ") && !error.contains("sesame"), "{error}");
    }
    let (server, _) = start(dir.path(), None);
    let taken = server.address().to_string();
    for address in ["here", &taken] {
        let error = AdapterServer::start(address, dir.path(), None).err().unwrap().to_string();
        assert!(error.contains("such as 0.0.0.0:8900"), "{error}");
    }
}
