//! Many requests at a time.

use super::attempt::{Client, Failed};
use super::backoff::Backoff;
use super::settings::Endpoint;
use crate::generate::{SamplingParams, TextEvent, TextRequest, TextSample, TextSampler};
use crate::{Error, Result};
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often somebody looks whether to go on.
const TICK: Duration = Duration::from_millis(100);

/// Draws samples from a served model.
///
/// A request that fails for now is repeated. One that fails for good ends the sampling: no further
/// request is sent, those under way are finished, and their samples are kept.
pub struct EndpointSampler<'a> {
    endpoint: &'a Endpoint,
    prompts: &'a [String],
    params: &'a SamplingParams,
    note: &'a mut dyn FnMut(&str),
}

impl<'a> EndpointSampler<'a> {
    /// A sampler of these prompts; `note` is told of requests that will be repeated.
    ///
    /// # Errors
    /// Settings outside their range, or that the protocol has no word for.
    pub fn new(
        endpoint: &'a Endpoint,
        prompts: &'a [String],
        params: &'a SamplingParams,
        note: &'a mut dyn FnMut(&str),
    ) -> Result<Self> {
        params.check()?;
        let unknown = [("top-k", params.top_k as f32), ("min-p", params.min_p)];
        if let Some((name, value)) = unknown.into_iter().find(|(_, value)| *value != 0.0) {
            return Err(Error::parameter(name, value, "0 with an endpoint: its protocol has none"));
        }
        if endpoint.concurrency == 0 {
            return Err(Error::parameter("concurrency", 0, "at least 1"));
        }
        Ok(Self { endpoint, prompts, params, note })
    }
}

/// What a worker tells.
enum Told {
    Finished(usize, TextSample),
    Repeats(String),
    GaveUp(Error),
}

impl TextSampler for EndpointSampler<'_> {
    fn sample(
        &mut self,
        requests: &[TextRequest],
        watch: &mut dyn FnMut(TextEvent) -> bool,
    ) -> Result<()> {
        let each = |request: &TextRequest| {
            let prompt = request.prompt;
            let first = request.first_sample;
            (first..first + request.samples).map(move |index| (prompt, index))
        };
        let count: usize = requests.iter().map(|request| request.samples).sum();
        let crowd = Crowd {
            client: Client::new(self.endpoint, self.params),
            endpoint: self.endpoint,
            prompts: self.prompts,
            seed: self.params.seed,
            jobs: Mutex::new(requests.iter().flat_map(each)),
            stop: AtomicBool::new(false),
        };
        let (sender, receiver) = channel();
        let mut failed = None;
        std::thread::scope(|scope| {
            for _ in 0..self.endpoint.concurrency.min(count) {
                let sender = sender.clone();
                scope.spawn(|| crowd.work(sender));
            }
            drop(sender);
            loop {
                let event = match receiver.recv_timeout(TICK) {
                    Ok(Told::Finished(prompt, sample)) => TextEvent::Finished(prompt, sample),
                    Ok(Told::Repeats(problem)) => {
                        (self.note)(&problem);
                        TextEvent::Waiting
                    }
                    Ok(Told::GaveUp(error)) => {
                        failed.get_or_insert(error);
                        TextEvent::Waiting
                    }
                    Err(RecvTimeoutError::Timeout) => TextEvent::Waiting,
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                if !watch(event) {
                    crowd.stop.store(true, Ordering::Relaxed);
                }
            }
        });
        failed.map_or(Ok(()), Err)
    }
}

/// What the workers share.
struct Crowd<'a, I> {
    client: Client<'a>,
    endpoint: &'a Endpoint,
    prompts: &'a [String],
    seed: u64,
    /// Prompts and samples that nobody has taken.
    jobs: Mutex<I>,
    stop: AtomicBool,
}

impl<I: Iterator<Item = (usize, usize)>> Crowd<'_, I> {
    /// Takes one sample after the other.
    fn work(&self, sender: Sender<Told>) {
        while let Some((prompt, index)) = self.next() {
            let told = match self.fetch(prompt, index, &sender) {
                Ok(Some(sample)) => Told::Finished(prompt, sample),
                Ok(None) => return,
                Err(error) => {
                    // At once, so that no worker takes another sample before the news is heard.
                    self.stop.store(true, Ordering::Relaxed);
                    Told::GaveUp(error)
                }
            };
            // Who listens stays until all workers are done.
            let _ = sender.send(told);
        }
    }

    fn next(&self) -> Option<(usize, usize)> {
        if self.stopped() {
            return None;
        }
        // An iterator over numbers cannot panic and leave the lock poisoned.
        self.jobs.lock().ok()?.next()
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// One sample, after as many attempts as it takes; none where everything stops.
    fn fetch(
        &self,
        prompt: usize,
        index: usize,
        sender: &Sender<Told>,
    ) -> Result<Option<TextSample>> {
        let text = &self.prompts[prompt];
        let seed = seed(self.seed, text, index);
        let mut backoff = Backoff::new(self.endpoint.pause, u64::from(seed));
        for repeated in 0.. {
            let (problem, asked) = match self.client.attempt(text, index, seed) {
                Ok(sample) => return Ok(Some(sample)),
                Err(Failed::Always(problem)) => return Err(self.give_up(prompt, index, problem)),
                Err(Failed::Now(problem, asked)) => (problem, asked),
            };
            if repeated == self.endpoint.retries {
                let problem = format!("{problem} (asked {} times)", repeated + 1);
                return Err(self.give_up(prompt, index, problem));
            }
            let pause = backoff.next(asked);
            let _ = sender.send(Told::Repeats(format!("{problem}; again in {pause:.1?}")));
            if !self.wait(pause) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Waits, unless everything stops meanwhile.
    fn wait(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        while !self.stopped() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(TICK));
        }
        false
    }

    fn give_up(&self, prompt: usize, index: usize, problem: String) -> Error {
        let problem = format!("prompt {}, sample {}: {problem}", prompt + 1, index + 1);
        Error::Endpoint { url: self.endpoint.url(), problem }
    }
}

/// The seed of a sample: 31 bits, which every server takes, of the SHA-256 of seed, index and prompt.
fn seed(seed: u64, prompt: &str, index: usize) -> u32 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((index as u64).to_le_bytes());
    hash.update(prompt);
    let digest: [u8; 32] = hash.finalize().into();
    u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 1
}
