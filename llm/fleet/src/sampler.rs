//! Sampling from policies that are published to servers, each under its own name.

use super::completion::{PromptRequest, TokenChoice};
use super::dispatch::Fleet;
use super::publish::AdapterFolder;
use super::request::{Counts, RequestEvent};
use super::servers::Servers;
use crate::{Error, Result};
use rs_grpo_engine::generate::{Event, FinishReason, Request, Sample, Sampler, SamplingParams};
use rs_grpo_engine::text::Tokenizer;
use rs_grpo_files::Refuse as _;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Draws samples from policies on servers.
///
/// As far as servers follow the seed, a sample depends only on the policy, seed, prompt and sample
/// index: not on the server, nor on failures.
pub struct FleetSampler<'a> {
    fleet: Fleet<PromptRequest>,
    folder: AdapterFolder,
    /// Locks the folder.
    _lock: File,
    tokenizer: &'a Tokenizer,
    /// Size of the vocabulary, and the longest sequence in tokens.
    vocabulary: usize,
    context: usize,
    /// Number and name of the published policy.
    policy: Option<(u64, String)>,
}

impl<'a> FleetSampler<'a> {
    /// A sampler on servers that read adapters from a folder; sends nothing yet.
    ///
    /// # Errors
    /// Settings outside their range; a folder that another run publishes in.
    pub fn new(
        servers: Servers,
        folder: AdapterFolder,
        tokenizer: &'a Tokenizer,
        (vocabulary, context): (usize, usize),
    ) -> Result<Self> {
        let fleet = Fleet::new(servers)?;
        let lock = folder.lock()?;
        Ok(Self { fleet, folder, _lock: lock, tokenizer, vocabulary, context, policy: None })
    }

    /// Publishes a policy by its number and samples from it from now on; `write` writes its adapter into
    /// a folder. Does nothing if this policy is published already.
    ///
    /// The previous policy is unloaded, and its folder deleted, when its last request is done.
    ///
    /// # Errors
    /// Input and output, such as a full disk.
    pub fn publish(
        &mut self,
        policy: u64,
        write: impl FnOnce(&Path) -> rs_grpo_engine::Result<()>,
    ) -> Result<()> {
        if self.policy.as_ref().is_some_and(|(published, _)| *published == policy) {
            return Ok(());
        }
        let adapter = self.folder.write(policy, |folder| Ok(write(folder)?))?;
        self.policy = Some((policy, adapter.name.clone()));
        self.fleet.want(adapter);
        Ok(())
    }

    /// Counts of requests since they were last taken.
    pub fn take_counts(&self) -> Counts {
        self.fleet.take_counts()
    }

    /// Messages on servers since the last call.
    pub fn take_notes(&self) -> Vec<String> {
        self.fleet.take_notes()
    }

    /// Number of servers that can be sent requests.
    pub fn servers_alive(&self) -> usize {
        self.fleet.available()
    }

    /// Refuses requests that servers cannot serve.
    fn check(&self, requests: &[Request], params: &SamplingParams) -> Result<()> {
        params.check()?;
        if let Some(stop) = params.stop_strings.first() {
            let allowed = "none with servers, which sample in tokens";
            return Err(Error::parameter("stop", format!("{stop:?}"), allowed));
        }
        for (i, Request { prompt, samples, .. }) in requests.iter().enumerate() {
            if prompt.is_empty() || prompt.len() >= self.context {
                let allowed = format!(
                    "1 to {} tokens, so that one more fits the model's context of {} (prompt {i})",
                    self.context - 1,
                    self.context
                );
                return Err(Error::parameter("prompt length", prompt.len(), allowed));
            }
            if *samples == 0 {
                return Err(Error::parameter("samples", 0, format!("at least 1 (prompt {i})")));
            }
        }
        Ok(())
    }

    /// Decodes a choice into a sample.
    fn finish(&self, choice: TokenChoice, index: usize, policy: u64) -> Result<Sample> {
        let TokenChoice { tokens, logprobs, finish_reason } = choice;
        let mut stream = self.tokenizer.stream(true);
        let stop = usize::from(matches!(finish_reason, FinishReason::StopToken(_)));
        let mut text = String::new();
        for token in &tokens[..tokens.len() - stop] {
            text.push_str(&stream.push(*token)?);
        }
        text.push_str(&stream.finish()?);
        Ok(Sample {
            index,
            tokens,
            text: Some(text),
            logprobs,
            // Servers do not report them.
            model_logprobs: Vec::new(),
            entropies: Vec::new(),
            finish_reason,
            policy: Some(policy),
        })
    }
}

impl Sampler for FleetSampler<'_> {
    /// Sends one request per prompt, for all of its samples.
    fn sample(
        &mut self,
        requests: &[Request],
        params: &SamplingParams,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> rs_grpo_engine::Result<Vec<Vec<Sample>>> {
        self.check(requests, params)?;
        let Some((policy, adapter)) = self.policy.clone() else {
            return Err(rs_grpo_engine::Error::parameter(
                "policy",
                "none",
                "one that is published",
            ));
        };
        let params = Arc::new(params.clone());
        let prompt_request = |(number, request): (usize, &Request)| PromptRequest {
            number,
            prompt: request.prompt.clone(),
            samples: request.samples,
            seed: seed(params.seed, request),
            adapter: adapter.clone(),
            params: params.clone(),
            vocabulary: self.vocabulary,
            context: self.context,
        };
        let batch: Vec<PromptRequest> = requests.iter().enumerate().map(prompt_request).collect();
        let mut samples = vec![Vec::new(); requests.len()];
        let mut failed = None;
        self.fleet.send(batch.into_iter(), false, |event| {
            let RequestEvent::Answer(at, choices) = event else { return failed.is_none() };
            let indices = requests[at].first_sample..;
            let drawn = choices.into_iter().zip(indices);
            let drawn = drawn.map(|(choice, index)| self.finish(choice, index, policy));
            match drawn.collect::<Result<Vec<_>>>() {
                Ok(drawn) => {
                    drawn.iter().for_each(|sample| watch(Event::Finished(at, sample)));
                    samples[at] = drawn;
                }
                Err(error) => failed = failed.take().or(Some(error)),
            }
            failed.is_none()
        })?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(samples),
        }
    }
}

/// The seed of a request: 62 bits of the SHA-256 of seed, first index and prompt.
/// vLLM counts on from it, a number for each sample, so that seeds of different prompts do not meet.
fn seed(seed: u64, request: &Request) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((request.first_sample as u64).to_le_bytes());
    request.prompt.iter().for_each(|token| hash.update(token.to_le_bytes()));
    let digest: [u8; 32] = hash.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    // 62 bits leave room for counting on.
    u64::from_le_bytes(first) >> 2
}
