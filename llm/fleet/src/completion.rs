//! A prompt and its samples in tokens, in the format of vLLM's `/v1/completions`.
//!
//! Every sampling parameter is sent: vLLM takes missing ones from the model's `generation_config.json`,
//! which for many models sets top-k, top-p and a penalty.

use super::request::ServerRequest;
use rs_grpo_engine::generate::{FinishReason, SamplingParams};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How far above 0 rounding may put the log-probability of a certain token.
const ROUNDING: f32 = 1e-4;

/// Asks an adapter for the samples of one prompt.
pub(super) struct PromptRequest {
    /// Index of the prompt in its batch.
    pub(super) number: usize,
    pub(super) prompt: Vec<u32>,
    pub(super) samples: usize,
    pub(super) seed: u64,
    pub(super) adapter: String,
    pub(super) params: Arc<SamplingParams>,
    /// Size of the vocabulary, and the longest sequence in tokens.
    pub(super) vocabulary: usize,
    pub(super) context: usize,
}

/// One sample in tokens, not decoded yet.
pub(super) struct TokenChoice {
    pub(super) tokens: Vec<u32>,
    pub(super) logprobs: Vec<f32>,
    pub(super) finish_reason: FinishReason,
}

/// Body of a request; the field names are vLLM's.
#[derive(Serialize)]
struct CompletionBody<'a> {
    model: &'a str,
    prompt: &'a [u32],
    n: usize,
    max_tokens: usize,
    temperature: f32,
    top_p: f32,
    top_k: usize,
    min_p: f32,
    repetition_penalty: f32,
    presence_penalty: f32,
    frequency_penalty: f32,
    seed: u64,
    /// Since `ignore_eos` is set, these are all tokens that end a sample.
    stop_token_ids: &'a [u32],
    ignore_eos: bool,
    /// Number of alternatives besides the drawn token: none.
    logprobs: u32,
    return_token_ids: bool,
    return_tokens_as_token_ids: bool,
    stream: bool,
}

/// The fields of an answer that are read.
#[derive(Deserialize)]
struct CompletionResponse {
    model: String,
    choices: Vec<CompletionChoice>,
}

#[derive(Deserialize)]
struct CompletionChoice {
    index: usize,
    token_ids: Option<Vec<u32>>,
    logprobs: Option<Logprobs>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Logprobs {
    token_logprobs: Vec<Option<f32>>,
}

impl ServerRequest for PromptRequest {
    type Answer = Vec<TokenChoice>;

    fn path(&self) -> &'static str {
        "completions"
    }

    fn body(&self) -> Result<Vec<u8>, String> {
        let params = &self.params;
        let body = CompletionBody {
            model: &self.adapter,
            prompt: &self.prompt,
            n: self.samples,
            max_tokens: params.max_tokens,
            temperature: params.temperature,
            top_p: params.top_p,
            top_k: params.top_k,
            min_p: params.min_p,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            seed: self.seed,
            stop_token_ids: &params.stop_tokens,
            ignore_eos: true,
            logprobs: 0,
            return_token_ids: true,
            return_tokens_as_token_ids: true,
            stream: false,
        };
        serde_json::to_vec(&body).map_err(|error| error.to_string())
    }

    fn read(&self, body: &[u8]) -> Result<Vec<TokenChoice>, String> {
        let answer: CompletionResponse = serde_json::from_slice(body)
            .map_err(|error| format!("its answer is cut off or is not a completion ({error})"))?;
        if answer.model != self.adapter {
            let model = rs_grpo_files::printable(&answer.model);
            return Err(format!("it answered for {model:?}; {:?} was asked for", self.adapter));
        }
        let (mut given, asked) = (answer.choices, self.samples);
        given.sort_by_key(|choice| choice.index);
        if !given.iter().map(|choice| choice.index).eq(0..asked) {
            let indices: Vec<usize> = given.iter().map(|choice| choice.index).collect();
            return Err(format!("it gave choices {indices:?}; 0 to {} were asked for", asked - 1));
        }
        given.into_iter().map(|given| self.choice(given)).collect()
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn name(&self) -> String {
        format!("prompt {}", self.number + 1)
    }

    fn samples(&self) -> usize {
        self.samples
    }

    fn adapter(&self) -> Option<&str> {
        Some(&self.adapter)
    }
}

impl PromptRequest {
    fn choice(&self, given: CompletionChoice) -> Result<TokenChoice, String> {
        let tokens = given.token_ids.ok_or("its choice has no token_ids; is it vLLM?")?;
        let most = self.params.max_tokens;
        if tokens.is_empty() || tokens.len() > most {
            return Err(format!("its choice has {} tokens; allowed: 1 to {most}", tokens.len()));
        }
        if let Some(token) = tokens.iter().find(|&&token| token as usize >= self.vocabulary) {
            let known = self.vocabulary;
            return Err(format!("it gave token {token}; the vocabulary has {known}"));
        }
        let given_logprobs = given.logprobs.ok_or("its choice has no logprobs")?.token_logprobs;
        if given_logprobs.len() != tokens.len() {
            let (logprobs, tokens) = (given_logprobs.len(), tokens.len());
            return Err(format!("it gave {logprobs} log-probabilities for {tokens} tokens"));
        }
        let logprobs = given_logprobs.into_iter().map(logprob).collect::<Result<_, _>>()?;
        let finish_reason = self.finish_reason(given.finish_reason.as_deref(), &tokens)?;
        Ok(TokenChoice { tokens, logprobs, finish_reason })
    }

    /// Why a sample ended, checked against its tokens.
    fn finish_reason(&self, given: Option<&str>, tokens: &[u32]) -> Result<FinishReason, String> {
        let params = &self.params;
        let stop = tokens.iter().position(|token| params.stop_tokens.contains(token));
        match (given, stop) {
            (Some("stop"), Some(at)) if at + 1 == tokens.len() => {
                Ok(FinishReason::StopToken(tokens[at]))
            }
            (Some("length"), None) if tokens.len() == params.max_tokens => Ok(FinishReason::Length),
            (Some("length"), None) if self.prompt.len() + tokens.len() >= self.context => {
                Ok(FinishReason::Context)
            }
            // vLLM truncates at --max-model-len without an error.
            (Some("length"), None) => Err(format!(
                "it truncated a sample at {} tokens after a prompt of {}; give the server a larger \
                 --max-model-len, or ask for fewer than {} tokens",
                tokens.len(),
                self.prompt.len(),
                params.max_tokens
            )),
            (given, stop) => {
                let given = given.unwrap_or("absent");
                let stop = match stop {
                    Some(at) => format!("token {} of {} is a stop token", at + 1, tokens.len()),
                    None => "it has no stop token".to_owned(),
                };
                Err(format!("the finish reason is {given}, and {stop}"))
            }
        }
    }
}

/// Checks a log-probability; vLLM gives null where it has none.
fn logprob(given: Option<f32>) -> Result<f32, String> {
    match given {
        Some(logprob) if logprob.is_finite() && logprob <= ROUNDING => Ok(logprob.min(0.0)),
        Some(logprob) => {
            Err(format!("it gave the log-probability {logprob}; allowed: finite and at most 0"))
        }
        None => Err("it gave a token without a log-probability".to_owned()),
    }
}
