//! Many requests at a time.

use super::protocol::{ChatBody, Protocol, read};
use super::settings::Endpoint;
use crate::{Error, Result};
use crate::{Fleet, News, ServerRequest};
use rs_grpo_engine::generate::{SamplingParams, TextEvent, TextRequest, TextSample, TextSampler};
use rs_grpo_files::Refuse as _;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Draws samples from a served model.
///
/// A request that fails for now is repeated. One that fails for good ends the sampling: no further
/// request is sent, those under way are finished, and their samples are kept.
pub struct EndpointSampler<'a> {
    fleet: Fleet<Single>,
    setting: Arc<Setting>,
    note: &'a mut dyn FnMut(&str),
}

/// What all requests share.
struct Setting {
    protocol: Protocol,
    model: String,
    prompts: Vec<String>,
    params: SamplingParams,
}

impl<'a> EndpointSampler<'a> {
    /// A sampler of these prompts; `note` is called for requests that will be repeated.
    ///
    /// # Errors
    /// Settings outside their range, or that the protocol has no word for.
    pub fn new(
        endpoint: &Endpoint,
        prompts: &[String],
        params: &SamplingParams,
        note: &'a mut dyn FnMut(&str),
    ) -> Result<Self> {
        params.check()?;
        let unknown = [("top-k", params.top_k as f32), ("min-p", params.min_p)];
        if let Some((name, value)) = unknown.into_iter().find(|(_, value)| *value != 0.0) {
            return Err(Error::parameter(name, value, "0 with an endpoint: its protocol has none"));
        }
        let setting = Setting {
            protocol: endpoint.protocol,
            model: endpoint.model.clone(),
            prompts: prompts.to_vec(),
            params: params.clone(),
        };
        Ok(Self { fleet: Fleet::new(endpoint.servers.clone())?, setting: Arc::new(setting), note })
    }
}

impl TextSampler for EndpointSampler<'_> {
    fn sample(
        &mut self,
        requests: &[TextRequest],
        watch: &mut dyn FnMut(TextEvent) -> bool,
    ) -> rs_grpo_engine::Result<()> {
        let (prompt_of, mut go_on) = (requests.to_vec(), true);
        let questions = Singles::new(self.setting.clone(), requests);
        let ends = ends(&prompt_of);
        let asked = self.fleet.ask(questions, true, |news| {
            let event = match news {
                News::Answer(at, sample) => {
                    let request = ends.partition_point(|&end| end <= at);
                    TextEvent::Finished(prompt_of[request].prompt, sample)
                }
                News::Repeats(problem) => {
                    (self.note)(&problem);
                    TextEvent::Waiting
                }
                News::Waiting | News::End(_) => TextEvent::Waiting,
            };
            go_on &= watch(event);
            go_on
        });
        Ok(asked?)
    }
}

/// How many samples each request and those before it ask for.
fn ends(requests: &[TextRequest]) -> Vec<usize> {
    let add = |sum: &mut usize, request: &TextRequest| {
        *sum += request.samples;
        Some(*sum)
    };
    requests.iter().scan(0, add).collect()
}

/// One sample.
struct Single {
    setting: Arc<Setting>,
    prompt: usize,
    index: usize,
    seed: u32,
}

impl ServerRequest for Single {
    type Answer = TextSample;

    fn path(&self) -> &'static str {
        self.setting.protocol.path()
    }

    fn body(&self) -> Result<Vec<u8>, String> {
        let Setting { protocol, model, prompts, params } = &*self.setting;
        let body = ChatBody::new(*protocol, model, &prompts[self.prompt], params, self.seed);
        serde_json::to_vec(&body).map_err(|error| error.to_string())
    }

    fn read(&self, body: &[u8]) -> Result<TextSample, String> {
        read(self.setting.protocol, body, self.index)
    }

    fn seed(&self) -> u64 {
        u64::from(self.seed)
    }

    fn name(&self) -> String {
        format!("prompt {}, sample {}", self.prompt + 1, self.index + 1)
    }

    fn samples(&self) -> usize {
        1
    }

    fn adapter(&self) -> Option<&str> {
        None
    }
}

/// The samples of requests, one after the other.
struct Singles {
    setting: Arc<Setting>,
    requests: Vec<TextRequest>,
    request: usize,
    /// Samples of that request that were given.
    given: usize,
    left: usize,
}

impl Singles {
    fn new(setting: Arc<Setting>, requests: &[TextRequest]) -> Self {
        let left = requests.iter().map(|request| request.samples).sum();
        Self { setting, requests: requests.to_vec(), request: 0, given: 0, left }
    }
}

impl Iterator for Singles {
    type Item = Single;

    fn next(&mut self) -> Option<Single> {
        while self.requests.get(self.request)?.samples == self.given {
            (self.request, self.given) = (self.request + 1, 0);
        }
        let TextRequest { prompt, first_sample, .. } = self.requests[self.request];
        let index = first_sample + self.given;
        (self.given, self.left) = (self.given + 1, self.left - 1);
        let seed = seed(self.setting.params.seed, &self.setting.prompts[prompt], index);
        Some(Single { setting: self.setting.clone(), prompt, index, seed })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Singles {}

/// The seed of a sample: 31 bits, which every server takes, of the SHA-256 of seed, index and prompt.
fn seed(seed: u64, prompt: &str, index: usize) -> u32 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((index as u64).to_le_bytes());
    hash.update(prompt);
    let digest: [u8; 32] = hash.finalize().into();
    u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 1
}
