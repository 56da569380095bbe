//! A completions server on this machine: what vLLM's answers look like, and what may go wrong with
//! them.

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, with a complaint, and perhaps a `Retry-After`.
    Status(u16, Option<&'static str>),
    /// No answer, on a connection that stays.
    Hang,
    /// The connection ends before the answer begins.
    Drop,
    /// It ends within the body.
    Cut,
    /// A whole body, but of half an answer.
    Half,
    /// So many choices in place of one.
    Choices(usize),
    /// This finish reason.
    Finish(&'static str),
    /// This in place of an answer.
    Answer(String),
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Instant,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

#[derive(Default)]
struct State {
    /// What goes wrong with the next requests, one after the other.
    faults: VecDeque<Fault>,
    /// What goes wrong with every request whose prompt contains this.
    poison: Option<(String, Fault)>,
    asked: Vec<Asked>,
    /// Whether answers count tokens.
    usage: bool,
    running: usize,
    most_running: usize,
    hold: Hold,
    /// Requests since that was decided.
    arrived: usize,
}

/// Which requests wait before they are answered.
#[derive(Default)]
enum Hold {
    #[default]
    None,
    /// Each until its crowd of this size is there.
    Crowds(usize),
    /// All but the first so many.
    After(usize),
}

/// A running server; its threads end with the test's process.
pub struct Server {
    pub url: String,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(Shared::default());
        state.state.lock().unwrap().usage = true;
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), shared.clone());
                // Clients hang up when they please; that is their test's concern.
                std::thread::spawn(move || {
                    let _ = serve(stream, &shared);
                });
            }
        });
        Self { url, state }
    }

    /// What goes wrong with the next requests.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// What goes wrong with every request for such a prompt.
    pub fn poison(&self, prompt: &str, fault: Fault) {
        self.lock().poison = Some((prompt.to_owned(), fault));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        let mut state = self.lock();
        (state.poison, state.faults) = (None, VecDeque::new());
    }

    pub fn without_usage(&self) {
        self.lock().usage = false;
    }

    /// Answers requests in crowds of this size only; how many there are has to be a multiple of it.
    pub fn hold_crowds(&self, size: usize) {
        self.hold(Hold::Crowds(size));
    }

    /// Answers that many more requests, and no other before [`Self::let_go`].
    pub fn hold_after(&self, requests: usize) {
        self.hold(Hold::After(requests));
    }

    /// Answers all requests, those that wait among them.
    pub fn let_go(&self) {
        self.hold(Hold::None);
    }

    fn hold(&self, hold: Hold) {
        let mut state = self.lock();
        (state.hold, state.arrived) = (hold, 0);
        self.state.changed.notify_all();
    }

    /// The requests so far, forgotten afterwards.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.lock().asked)
    }

    /// Most requests that were answered at a time.
    pub fn most_running(&self) -> usize {
        self.lock().most_running
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.state.lock().unwrap()
    }
}

impl Shared {
    /// Takes a request down, holds it for a minute at most, and says what goes wrong with it.
    fn take(&self, asked: &Asked) -> (Option<Fault>, bool) {
        let mut state = self.state.lock().unwrap();
        state.asked.push(asked.clone());
        let number = state.arrived;
        state.arrived += 1;
        state.running += 1;
        state.most_running = state.most_running.max(state.running);
        self.changed.notify_all();
        let waits = |state: &mut State| match state.hold {
            Hold::None => false,
            Hold::Crowds(size) => state.arrived < (number / size + 1) * size,
            Hold::After(requests) => number >= requests,
        };
        let minute = Duration::from_secs(60);
        let mut state = self.changed.wait_timeout_while(state, minute, waits).unwrap().0;
        // The client may ask the next as soon as it has this answer.
        state.running -= 1;
        let poison = state.poison.clone();
        let poison = poison.filter(|(text, _)| prompt(&asked.body).contains(text));
        (poison.map(|(_, fault)| fault).or_else(|| state.faults.pop_front()), state.usage)
    }
}

/// The text that the server gives a prompt with a seed: a function of both.
pub fn completion(prompt: &str, seed: u64) -> String {
    format!("{} \\boxed{{{}}}", prompt.len(), seed % 3)
}

/// Answers one request after the other on a connection that stays.
fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(asked) = read(&mut reader)? {
        let (fault, usage) = shared.take(&asked);
        if !answer(&mut stream, &asked, fault, usage)? {
            return Ok(());
        }
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Asked>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap();
    Ok(Some(Asked { at: Instant::now(), path, headers, body }))
}

/// The prompt of a request, or the content of its one message.
pub fn prompt(body: &Value) -> String {
    let text = body.pointer("/prompt").or(body.pointer("/messages/0/content"));
    text.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Whether the connection stays.
fn answer(
    stream: &mut TcpStream,
    asked: &Asked,
    fault: Option<Fault>,
    usage: bool,
) -> std::io::Result<bool> {
    let text = completion(&prompt(&asked.body), asked.body["seed"].as_u64().unwrap());
    let choice = |finish: &str| match asked.path.contains("chat") {
        true => {
            json!({"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish})
        }
        false => json!({"index": 0, "text": text, "logprobs": null, "finish_reason": finish}),
    };
    let whole = |choices: Vec<Value>| {
        let mut answer = json!({"id": "cmpl-1", "object": "text_completion", "choices": choices});
        if usage {
            answer["usage"] = json!({"prompt_tokens": 3, "completion_tokens": text.len()});
        }
        answer.to_string()
    };
    let good = whole(vec![choice("stop")]);
    match fault {
        None => write(stream, 200, None, &good, good.len()).map(|()| true),
        Some(Fault::Finish(reason)) => {
            let body = whole(vec![choice(reason)]);
            write(stream, 200, None, &body, body.len()).map(|()| true)
        }
        Some(Fault::Answer(body)) => write(stream, 200, None, &body, body.len()).map(|()| true),
        Some(Fault::Choices(count)) => {
            let body = whole(vec![choice("stop"); count]);
            write(stream, 200, None, &body, body.len()).map(|()| true)
        }
        Some(Fault::Half) => {
            let half = &good[..good.len() / 2];
            write(stream, 200, None, half, half.len()).map(|()| true)
        }
        Some(Fault::Cut) => write(stream, 200, None, &good[..9], good.len()).map(|()| false),
        Some(Fault::Drop) => Ok(false),
        // Until the client hangs up.
        Some(Fault::Hang) => stream.read_to_end(&mut Vec::new()).map(|_| false),
        Some(Fault::Status(status, retry_after)) => {
            let key = asked.headers.get("authorization").cloned().unwrap_or_default();
            let body = json!({"error": {"message": format!("no, {key}"), "code": status}});
            let body = body.to_string();
            write(stream, status, retry_after, &body, body.len()).map(|()| true)
        }
    }
}

fn write(
    stream: &mut TcpStream,
    status: u16,
    retry_after: Option<&str>,
    body: &str,
    length: usize,
) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n");
    if let Some(wait) = retry_after {
        text.push_str(&format!("Retry-After: {wait}\r\n"));
    }
    text.push_str(&format!("Content-Length: {length}\r\n\r\n{body}"));
    stream.write_all(text.as_bytes())
}
