//! A server that stands in for vLLM: it loads the adapters that it is told of, and samples from them.
//!
//! It knows the three addresses that a training uses, with vLLM's fields, statuses and words, and it
//! draws with this project's own engine: its samples are a function of adapter, prompt and seed, so that
//! a wrong or an old adapter shows in the weights that come of it. And it fails as it is told to.

use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_engine::generate::{
    Engine, EngineOptions, FinishReason, Request, Sample, Sampler, SamplingParams,
};
use rs_grpo_engine::model::{Decoder, Training, adapter_options, read_adapters};
use rs_grpo_fleet::Servers;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// What a server does with the requests for completions that come now.
#[derive(Debug, Clone, PartialEq)]
pub enum Mode {
    /// Answers them.
    Well,
    /// Answers them after a while.
    Slow(Duration),
    /// Reads them, and never answers.
    Stalls,
    /// Answers with this body.
    Garbage(String),
    /// Answers rightly but for one field of the answer, by its JSON pointer.
    Changed(String, Value),
    /// Answers rightly, but draws from the adapter that it loaded first, and says so.
    Stale,
    /// Goes down, with all connections, when that many more have come.
    DiesAfter(usize),
    /// Answers each request with the next of these completions, in tokens, whatever the adapter.
    Says(VecDeque<Vec<Vec<u32>>>),
}

/// Servers that are all asked before any of those that wait for the others answers: which server gets
/// requests does not depend on how fast the machine is.
#[derive(Debug)]
pub struct Meeting {
    servers: usize,
    asked: Mutex<BTreeSet<SocketAddr>>,
    changed: Condvar,
}

impl Meeting {
    /// Longer than any request that is waited for may take; a test without a meeting fails.
    const LONGEST: Duration = Duration::from_secs(15);

    /// A meeting of this number of servers.
    pub fn of(servers: usize) -> Arc<Self> {
        Arc::new(Self { servers, asked: Mutex::default(), changed: Condvar::new() })
    }

    /// Requests from now on wait again.
    pub fn begin_anew(&self) {
        self.asked.lock().unwrap().clear();
    }

    fn attend(&self, server: SocketAddr, waits: bool) {
        let mut asked = self.asked.lock().unwrap();
        asked.insert(server);
        self.changed.notify_all();
        if waits {
            let missing = |asked: &mut BTreeSet<SocketAddr>| asked.len() < self.servers;
            drop(self.changed.wait_timeout_while(asked, Self::LONGEST, missing).unwrap());
        }
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub body: Value,
}

struct State {
    mode: Mode,
    /// Where it meets other servers, and whether it waits for them.
    meeting: Option<(Arc<Meeting>, bool)>,
    adapters: BTreeMap<String, Arc<Decoder>>,
    /// What was loaded first.
    first: Option<(String, Arc<Decoder>)>,
    asked: Vec<Asked>,
    /// Completions that were answered in full.
    answered: usize,
    running: usize,
    most_running: usize,
    connections: Vec<TcpStream>,
    down: bool,
}

/// A running server; its threads end with the process.
pub struct StandIn {
    address: SocketAddr,
    model: PathBuf,
    state: Arc<Mutex<State>>,
}

impl StandIn {
    /// A server of the model of a folder on some free port of this machine.
    pub fn start(model: &Path) -> Self {
        Self::start_at(model, "127.0.0.1:0".parse().expect("an address"))
    }

    /// The same at an address.
    pub fn start_at(model: &Path, address: SocketAddr) -> Self {
        let state = State {
            mode: Mode::Well,
            meeting: None,
            adapters: BTreeMap::new(),
            first: None,
            asked: Vec::new(),
            answered: 0,
            running: 0,
            most_running: 0,
            connections: Vec::new(),
            down: false,
        };
        let mut server =
            Self { address, model: model.to_owned(), state: Arc::new(Mutex::new(state)) };
        server.listen();
        server
    }

    fn listen(&mut self) {
        let listener = TcpListener::bind(self.address).expect("the port is free");
        self.address = listener.local_addr().expect("a bound socket has an address");
        let (state, model) = (self.state.clone(), self.model.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                {
                    let mut state = state.lock().unwrap();
                    if state.down {
                        return;
                    }
                    state.connections.extend(stream.try_clone());
                }
                let (state, model) = (state.clone(), model.clone());
                // Clients hang up when they please.
                std::thread::spawn(move || drop(serve(stream, &state, &model)));
            }
        });
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set(&self, mode: Mode) {
        self.lock().mode = mode;
    }

    /// Has requests for completions count in a meeting; with `waits`, they are answered after it.
    pub fn meet(&self, meeting: &Arc<Meeting>, waits: bool) {
        self.lock().meeting = Some((meeting.clone(), waits));
    }

    /// Ends, with the listener and all connections, and forgets its adapters.
    pub fn kill(&self) {
        go_down(&mut self.lock());
        // Wakes the listener, which then finds that it is over.
        let _ = TcpStream::connect(self.address);
    }

    /// Comes back at the same address, as a new process would.
    pub fn come_back(&mut self) {
        {
            let mut state = self.lock();
            (state.down, state.mode) = (false, Mode::Well);
        }
        self.listen();
    }

    pub fn is_down(&self) -> bool {
        self.lock().down
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// The names in requests of a path, in their order.
    pub fn names(&self, path: &str) -> Vec<String> {
        let of_path = |asked: &Asked| asked.path == path;
        let name = |asked: Asked| asked.body["lora_name"].as_str().map(str::to_owned);
        self.asked().into_iter().filter(of_path).filter_map(name).collect()
    }

    /// Adapters that are loaded.
    pub fn adapters(&self) -> Vec<String> {
        self.lock().adapters.keys().cloned().collect()
    }

    pub fn answered(&self) -> usize {
        self.lock().answered
    }

    /// Most completions that were worked on at a time.
    pub fn most_running(&self) -> usize {
        self.lock().most_running
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn go_down(state: &mut State) {
    state.down = true;
    state.adapters.clear();
    for connection in state.connections.drain(..) {
        let _ = connection.shutdown(Shutdown::Both);
    }
}

/// Answers one request after the other on a connection that stays.
fn serve(mut stream: TcpStream, state: &Mutex<State>, model: &Path) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(asked) = read(&mut reader)? {
        state.lock().unwrap().asked.push(asked.clone());
        let answer = match asked.path.as_str() {
            "/health" | "/v1/models" => Some(models(&state.lock().unwrap())),
            "/v1/load_lora_adapter" => Some(load(&asked.body, state, model)),
            "/v1/unload_lora_adapter" => Some(unload(&asked.body, &mut state.lock().unwrap())),
            "/v1/completions" => complete(&asked.body, state, stream.local_addr()?),
            _ => Some((404, json!({ "detail": "Not Found" }).to_string())),
        };
        let Some((status, body)) = answer else {
            // No answer, and a connection that stays open.
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest)?;
            return Ok(());
        };
        let head = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Asked>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
    Ok(Some(Asked { path, body }))
}

/// An error in vLLM's form.
fn error(status: u16, kind: &str, message: String) -> (u16, String) {
    let error = json!({ "message": message, "type": kind, "param": null, "code": status });
    (status, json!({ "error": error }).to_string())
}

fn models(state: &State) -> (u16, String) {
    let cards: Vec<Value> =
        state.adapters.keys().map(|name| json!({ "id": name, "object": "model" })).collect();
    (200, json!({ "object": "list", "data": cards }).to_string())
}

fn load(body: &Value, state: &Mutex<State>, model: &Path) -> (u16, String) {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let (name, path) = (text("lora_name"), text("lora_path"));
    if state.lock().unwrap().adapters.contains_key(&name) {
        let message = format!("The lora adapter '{name}' has already been loaded.");
        return error(400, "InvalidUserInput", message);
    }
    if !Path::new(&path).join("adapter_config.json").exists() {
        let message = format!("Loading lora {name} failed: No adapter found for {path}");
        return error(404, "NotFoundError", message);
    }
    match decoder(model, Path::new(&path)) {
        Ok(decoder) => {
            let mut state = state.lock().unwrap();
            let decoder = Arc::new(decoder);
            state.first.get_or_insert_with(|| (name.clone(), decoder.clone()));
            state.adapters.insert(name.clone(), decoder);
            (200, format!("Success: LoRA adapter '{name}' added successfully."))
        }
        Err(problem) => error(500, "InternalServerError", problem.to_string()),
    }
}

fn decoder(model: &Path, adapter: &Path) -> rs_grpo_engine::Result<Decoder> {
    let options = adapter_options(adapter)?;
    let decoder = Decoder::load(&Checkpoint::open(model)?, Training::Lora(options))?;
    read_adapters(adapter, &decoder)?;
    Ok(decoder)
}

fn unload(body: &Value, state: &mut State) -> (u16, String) {
    let name = body["lora_name"].as_str().unwrap_or_default();
    match state.adapters.remove(name) {
        Some(_) => (200, format!("Success: LoRA adapter '{name}' removed successfully.")),
        None => error(404, "NotFoundError", format!("The lora adapter '{name}' cannot be found.")),
    }
}

/// The answer to a request for completions, if it is to have one.
fn complete(body: &Value, state: &Mutex<State>, own: SocketAddr) -> Option<(u16, String)> {
    let (mode, meeting) = {
        let mut state = state.lock().unwrap();
        state.running += 1;
        state.most_running = state.most_running.max(state.running);
        if let Mode::DiesAfter(more) = &mut state.mode {
            match more.checked_sub(1) {
                Some(left) => *more = left,
                None => go_down(&mut state),
            }
        }
        let mode = state.mode.clone();
        if let Mode::Says(rest) = &mut state.mode {
            rest.pop_front();
        }
        // A server that is to die has been asked when it does.
        let lives = matches!(mode, Mode::DiesAfter(_)) && !state.down;
        (mode, state.meeting.clone().filter(|_| !lives))
    };
    if let Some((meeting, waits)) = meeting {
        meeting.attend(own, waits);
    }
    let answer = match mode {
        Mode::Stalls => None,
        Mode::Garbage(text) => Some((200, text)),
        Mode::Says(completions) => Some(says(body, completions.front())),
        mode => {
            if let Mode::Slow(pause) = &mode {
                std::thread::sleep(*pause);
            }
            Some(right(body, state, &mode))
        }
    };
    let mut state = state.lock().unwrap();
    state.running -= 1;
    state.answered += usize::from(answer.as_ref().is_some_and(|(status, _)| *status == 200));
    answer
}

/// An answer with completions that were decided on before, all tokens of probability 1/2.
fn says(body: &Value, completions: Option<&Vec<Vec<u32>>>) -> (u16, String) {
    let Some(completions) = completions else {
        return error(400, "BadRequestError", "there is nothing left to say".to_owned());
    };
    let params =
        SamplingParams { stop_tokens: tokens(body, "stop_token_ids"), ..Default::default() };
    let choice = |(index, tokens): (usize, &Vec<u32>)| {
        let sample = Sample {
            index,
            tokens: tokens.clone(),
            text: None,
            logprobs: vec![0.5_f32.ln(); tokens.len()],
            model_logprobs: Vec::new(),
            entropies: Vec::new(),
            finish_reason: match tokens.last() {
                Some(last) if params.stop_tokens.contains(last) => FinishReason::StopToken(*last),
                _ => FinishReason::Length,
            },
            policy: None,
        };
        choice(&sample, &params)
    };
    let choices: Vec<Value> = completions.iter().enumerate().map(choice).collect();
    let model = &body["model"];
    (200, json!({ "object": "text_completion", "model": model, "choices": choices }).to_string())
}

fn tokens(body: &Value, key: &str) -> Vec<u32> {
    let numbers = body[key].as_array().map(Vec::as_slice).unwrap_or_default();
    numbers.iter().filter_map(Value::as_u64).map(|token| token as u32).collect()
}

fn right(body: &Value, state: &Mutex<State>, mode: &Mode) -> (u16, String) {
    let asked = body["model"].as_str().unwrap_or_default().to_owned();
    let (name, decoder) = {
        let state = state.lock().unwrap();
        match state.first.clone().filter(|_| *mode == Mode::Stale) {
            Some((name, decoder)) => (name, Some(decoder)),
            None => (asked.clone(), state.adapters.get(&asked).cloned()),
        }
    };
    let Some(decoder) = decoder else {
        return error(404, "NotFoundError", format!("The model `{name}` does not exist."));
    };
    match answer(body, &name, &decoder) {
        Ok(mut answer) => {
            if let Mode::Changed(place, value) = mode
                && let Some(field) = answer.pointer_mut(place)
            {
                field.clone_from(value);
            }
            (200, answer.to_string())
        }
        Err(problem) => error(400, "BadRequestError", problem.to_string()),
    }
}

fn answer(body: &Value, name: &str, decoder: &Decoder) -> rs_grpo_engine::Result<Value> {
    let number = |key: &str| body[key].as_u64().unwrap_or_default();
    let params = SamplingParams {
        temperature: body["temperature"].as_f64().unwrap_or(1.0) as f32,
        max_tokens: number("max_tokens") as usize,
        stop_tokens: tokens(body, "stop_token_ids"),
        seed: number("seed"),
        ..SamplingParams::default()
    };
    let samples = number("n") as usize;
    let request = Request { prompt: tokens(body, "prompt"), samples, first_sample: 0 };
    let options = EngineOptions { cache_slots: 4096, ..EngineOptions::default() };
    let mut drawn =
        Engine::new(decoder, None, options)?.sample(&[request], &params, &mut |_| ())?;
    let choices: Vec<Value> =
        drawn.remove(0).iter().map(|sample| choice(sample, &params)).collect();
    Ok(json!({
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 0,
        "model": name,
        "choices": choices,
        "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 },
    }))
}

fn choice(sample: &Sample, params: &SamplingParams) -> Value {
    let ended = matches!(sample.finish_reason, FinishReason::StopToken(_));
    let last = sample.tokens.last().filter(|last| ended && params.stop_tokens.contains(last));
    let tokens: Vec<String> = sample.tokens.iter().map(|id| format!("token_id:{id}")).collect();
    json!({
        "index": sample.index,
        "text": "",
        "logprobs": {
            "text_offset": [],
            "token_logprobs": sample.logprobs,
            "tokens": tokens,
            "top_logprobs": [],
        },
        "finish_reason": if ended { "stop" } else { "length" },
        "stop_reason": last,
        "token_ids": sample.tokens,
        "prompt_token_ids": null,
    })
}

/// Servers that are asked with short pauses, and each question of one server only while that one is well:
/// how fast the machine is decides nothing.
pub fn servers(of: &[&StandIn]) -> Servers {
    let urls: Vec<String> = of.iter().map(|server| server.url()).collect();
    let mut servers = Servers::new(&urls.join(",")).unwrap();
    servers.concurrency = 4;
    servers.pause = Duration::from_millis(20);
    servers.timeout = Duration::from_secs(20);
    servers.patience = Duration::from_secs(20);
    servers.hedge_after = Duration::from_secs(60);
    servers
}
