//! Sampling from a served model.

use super::protocol::{ChatBody, read};
use super::settings::Endpoint;
use crate::{Error, Result};
use crate::{Fleet, RequestEvent, ServerRequest};
use rs_grpo_engine::generate::{SamplingParams, TextEvent, TextRequest, TextSample, TextSampler};
use rs_grpo_files::Refuse as _;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Draws samples from a served model.
///
/// A request that fails temporarily is retried. One that fails for good ends the sampling: no further
/// request is sent, those in flight are finished, and their samples are kept.
pub struct EndpointSampler<'a> {
    fleet: Fleet<SampleRequest>,
    setting: Arc<Setting>,
    note: &'a mut dyn FnMut(&str),
}

/// What all requests share.
struct Setting {
    endpoint: Endpoint,
    prompts: Vec<String>,
    params: SamplingParams,
}

impl<'a> EndpointSampler<'a> {
    /// A sampler of these prompts; `note` is called for requests that will be retried.
    ///
    /// # Errors
    /// Settings outside their range, or that OpenAI's protocol does not have.
    pub fn new(
        endpoint: &Endpoint,
        prompts: &[String],
        params: &SamplingParams,
        note: &'a mut dyn FnMut(&str),
    ) -> Result<Self> {
        params.check()?;
        let unknown = [("top-k", params.top_k as f32), ("min-p", params.min_p)];
        if let Some((name, value)) = unknown.into_iter().find(|(_, value)| *value != 0.0) {
            return Err(Error::parameter(
                name,
                value,
                "0 with an endpoint: OpenAI's protocol does not have it",
            ));
        }
        let setting = Setting {
            endpoint: endpoint.clone(),
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
        let batch = SampleRequests::new(self.setting.clone(), requests);
        let ends = ends(&prompt_of);
        let sent = self.fleet.send(batch, true, |event| {
            let event = match event {
                RequestEvent::Answer(at, sample) => {
                    let request = ends.partition_point(|&end| end <= at);
                    TextEvent::Finished(prompt_of[request].prompt, sample)
                }
                RequestEvent::Retrying(problem) => {
                    (self.note)(&problem);
                    TextEvent::Waiting
                }
                RequestEvent::Waiting | RequestEvent::End(_) => TextEvent::Waiting,
            };
            go_on &= watch(event);
            go_on
        });
        Ok(sent?)
    }
}

/// Running sum of the requests' samples.
fn ends(requests: &[TextRequest]) -> Vec<usize> {
    let add = |sum: &mut usize, request: &TextRequest| {
        *sum += request.samples;
        Some(*sum)
    };
    requests.iter().scan(0, add).collect()
}

/// Asks for one sample.
struct SampleRequest {
    setting: Arc<Setting>,
    prompt: usize,
    index: usize,
    seed: u32,
}

impl ServerRequest for SampleRequest {
    type Answer = TextSample;

    fn path(&self) -> &'static str {
        self.setting.endpoint.protocol.path()
    }

    fn body(&self) -> Result<Vec<u8>, String> {
        let Setting { endpoint, prompts, params } = &*self.setting;
        let body = ChatBody::new(endpoint, &prompts[self.prompt], params, self.seed);
        serde_json::to_vec(&body).map_err(|error| error.to_string())
    }

    fn read(&self, body: &[u8]) -> Result<TextSample, String> {
        read(self.setting.endpoint.protocol, body, self.index)
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

/// The samples of all requests, one after the other.
struct SampleRequests {
    setting: Arc<Setting>,
    requests: Vec<TextRequest>,
    request: usize,
    /// Samples of that request so far.
    given: usize,
    left: usize,
}

impl SampleRequests {
    fn new(setting: Arc<Setting>, requests: &[TextRequest]) -> Self {
        let left = requests.iter().map(|request| request.samples).sum();
        Self { setting, requests: requests.to_vec(), request: 0, given: 0, left }
    }
}

impl Iterator for SampleRequests {
    type Item = SampleRequest;

    fn next(&mut self) -> Option<SampleRequest> {
        while self.requests.get(self.request)?.samples == self.given {
            (self.request, self.given) = (self.request + 1, 0);
        }
        let TextRequest { prompt, first_sample, .. } = self.requests[self.request];
        let index = first_sample + self.given;
        (self.given, self.left) = (self.given + 1, self.left - 1);
        let seed = seed(self.setting.params.seed, &self.setting.prompts[prompt], index);
        Some(SampleRequest { setting: self.setting.clone(), prompt, index, seed })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for SampleRequests {}

/// The seed of a sample: 31 bits, which every server takes, of the SHA-256 of seed, index and prompt.
fn seed(seed: u64, prompt: &str, index: usize) -> u32 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((index as u64).to_le_bytes());
    hash.update(prompt);
    let digest: [u8; 32] = hash.finalize().into();
    u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 1
}
