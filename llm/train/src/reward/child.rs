//! The process of a reward command.

use super::guard::Guard;
use rs_grpo_files::abridge;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

/// Longest line of an answer, in bytes.
const LONGEST: u64 = 1 << 20;
/// Lines that are buffered; a program that writes more has to wait.
const LINES: usize = 1024;
/// How long a program may take to exit after its input is closed.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest part of a bad line that is quoted, in characters.
const QUOTED: usize = 200;

/// Lines that are sent together, and the ids of the expected answers.
#[derive(Debug, Default)]
pub(super) struct RewardBatch {
    pub(super) lines: String,
    pub(super) ids: Vec<String>,
}

/// Why a batch has no rewards.
pub(super) enum Broken {
    /// The program ended, or took too long.
    Program(String),
    /// It gave a wrong answer.
    Answer(String),
}

/// A running program.
///
/// One thread writes to it and another reads from it, so that full pipes cannot cause a deadlock. The
/// threads end with the pipes and are not joined.
#[derive(Debug)]
pub(super) struct Child {
    guard: Guard,
    /// Dropped to end the program.
    input: Option<Sender<String>>,
    output: Receiver<Result<Vec<u8>, String>>,
    /// Lines that were read.
    line: usize,
    /// Whether it has answered correctly so far.
    well: bool,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    reward: f64,
}

impl Child {
    pub(super) fn start(words: &[String]) -> std::io::Result<Self> {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Python buffers what it prints into a pipe, which would deadlock.
        command.env("PYTHONUNBUFFERED", "1");
        let (guard, stdin, stdout) = Guard::spawn(command)?;
        let (input, lines) = channel();
        std::thread::spawn(move || write(stdin, &lines));
        let (sender, output) = sync_channel(LINES);
        std::thread::spawn(move || read(stdout, &sender));
        Ok(Self { guard, input: Some(input), output, line: 0, well: true })
    }

    /// Sends a batch and returns its rewards, in the order of the batch.
    pub(super) fn exchange(
        &mut self,
        batch: &RewardBatch,
        limit: Duration,
    ) -> Result<Vec<f64>, Broken> {
        // Set again when the batch is answered.
        self.well = false;
        let until = Instant::now() + limit;
        if let Some(input) = &self.input {
            // If the writer has ended, the pipe is closed: the reader reports that below.
            let _ = input.send(batch.lines.clone());
        }
        let mut rewards = vec![None; batch.ids.len()];
        while let Some(missing) = rewards.iter().position(Option::is_none) {
            let left = until.saturating_duration_since(Instant::now());
            let line = match self.output.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    let given = rewards.iter().flatten().count();
                    let problem = late(given, batch, missing, limit);
                    return Err(Broken::Program(problem));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let (how, id) = (self.guard.ending(), &batch.ids[missing]);
                    let problem = format!("{how} before it gave a reward for id {id:?}");
                    return Err(Broken::Program(problem));
                }
            };
            self.line += 1;
            let place = |problem| Broken::Answer(format!("line {}: {problem}", self.line));
            let (at, reward) = line.and_then(|line| answer(&line, batch)).map_err(place)?;
            if rewards[at].replace(reward).is_some() {
                return Err(place(format!("a second reward for id {:?}", batch.ids[at])));
            }
        }
        self.well = true;
        Ok(rewards.into_iter().flatten().collect())
    }
}

impl Drop for Child {
    /// Closes the input, on which a well-behaved program exits; the guard kills what is left.
    fn drop(&mut self) {
        self.input = None;
        let until = Instant::now() + EXIT_TIMEOUT;
        let left = || until.saturating_duration_since(Instant::now());
        while self.well && !left().is_zero() && self.output.recv_timeout(left()).is_ok() {}
    }
}

fn late(given: usize, batch: &RewardBatch, missing: usize, limit: Duration) -> String {
    format!(
        "gave {given} of {} rewards within {} s, and none for id {:?}; does it flush its output after \
         every line? --reward-command 'timeout=SECONDS …' gives it longer",
        batch.ids.len(),
        limit.as_secs_f64(),
        batch.ids[missing],
    )
}

/// Index of an answer in the batch, and its reward.
fn answer(line: &[u8], batch: &RewardBatch) -> Result<(usize, f64), String> {
    let quoted = || abridge(String::from_utf8_lossy(line).trim_end(), QUOTED);
    let Answer { id, reward } = serde_json::from_slice(line).map_err(|error| {
        format!("is not {{\"id\": text, \"reward\": finite number}}: {error}: {}", quoted())
    })?;
    match batch.ids.iter().position(|own| *own == id) {
        Some(at) => Ok((at, reward)),
        None => Err(format!("a reward for id {id:?}, which was not asked for: {}", quoted())),
    }
}

fn write(mut stdin: ChildStdin, lines: &Receiver<String>) {
    for text in lines {
        if stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn read(stdout: ChildStdout, sender: &SyncSender<Result<Vec<u8>, String>>) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = (&mut reader).take(LONGEST).read_until(b'\n', &mut line);
        let told = match read {
            Ok(0) => return,
            Ok(length) if length as u64 == LONGEST => {
                Err(format!("is longer than {LONGEST} bytes"))
            }
            Ok(_) => Ok(line),
            Err(error) => Err(error.to_string()),
        };
        let over = told.is_err();
        if sender.send(told).is_err() || over {
            return;
        }
    }
}
