//! A sample that is being drawn.

use super::draw::Drawn;
use super::request::{FinishReason, Sample, SamplingParams};
use super::stop_strings::cut;
use crate::text::TextStream;
use crate::{Error, Result};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use sha2::{Digest, Sha256};

/// A sample: its tokens so far, their blocks, and its random number generator.
pub(super) struct Sequence<'a> {
    /// Index of its request.
    pub(super) group: usize,
    index: usize,
    /// Blocks of its own tokens; those of the prompt are the group's.
    pub(super) blocks: Vec<usize>,
    /// Own tokens that the cache holds.
    pub(super) cached: usize,
    pub(super) tokens: Vec<u32>,
    logprobs: Vec<f32>,
    model_logprobs: Vec<f32>,
    entropies: Vec<f32>,
    stream: Xoshiro256PlusPlus,
    text: Option<(TextStream<'a>, String)>,
}

impl<'a> Sequence<'a> {
    pub(super) fn new(
        group: usize,
        index: usize,
        stream: Xoshiro256PlusPlus,
        text: Option<TextStream<'a>>,
    ) -> Self {
        Self {
            group,
            index,
            blocks: Vec::new(),
            cached: 0,
            tokens: Vec::new(),
            logprobs: Vec::new(),
            model_logprobs: Vec::new(),
            entropies: Vec::new(),
            stream,
            text: text.map(|stream| (stream, String::new())),
        }
    }

    /// The next random number, in `[0, 1)`: one a token.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.stream.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Appends a token; returns why the sample ends with it, if it does. `room` is the number of tokens
    /// that fit the context after the prompt.
    pub(super) fn push(
        &mut self,
        drawn: Drawn,
        params: &SamplingParams,
        room: usize,
    ) -> Result<Option<FinishReason>> {
        self.tokens.push(drawn.token);
        self.logprobs.push(drawn.logprob);
        self.model_logprobs.push(drawn.model_logprob);
        self.entropies.push(drawn.entropy);
        if params.stop_tokens.contains(&drawn.token) {
            return Ok(Some(FinishReason::StopToken(drawn.token)));
        }
        if let Some((stream, text)) = &mut self.text {
            let new = text.len();
            text.push_str(&stream.push(drawn.token)?);
            if let Some(stop) = cut(text, new, &params.stop_strings) {
                return Ok(Some(FinishReason::StopString(stop)));
            }
        }
        Ok(if self.tokens.len() >= params.max_tokens {
            Some(FinishReason::Length)
        } else if self.tokens.len() >= room {
            Some(FinishReason::Context)
        } else {
            None
        })
    }

    /// An error about the logits after the last token, with the sample that they belong to.
    pub(super) fn blame(&self, error: Error) -> Error {
        let Error::Logits { what, value } = error else { return error };
        let Self { group, index, tokens, .. } = self;
        let drawn = tokens.len();
        let what = format!("{what} (prompt {group}, sample {index}, {drawn} tokens drawn)");
        Error::Logits { what, value }
    }

    /// The finished sample.
    pub(super) fn finish(self, reason: FinishReason, stops: &[String]) -> Result<Sample> {
        let mut finish_reason = reason;
        let text = match self.text {
            None => None,
            Some((stream, mut text)) => {
                if !matches!(finish_reason, FinishReason::StopString(_)) {
                    // Text that was held back as the beginning of a character.
                    let new = text.len();
                    text.push_str(&stream.finish()?);
                    if let Some(stop) = cut(&mut text, new, stops) {
                        finish_reason = FinishReason::StopString(stop);
                    }
                }
                Some(text)
            }
        };
        Ok(Sample {
            index: self.index,
            tokens: self.tokens,
            text,
            logprobs: self.logprobs,
            model_logprobs: self.model_logprobs,
            entropies: self.entropies,
            finish_reason,
            policy: None,
        })
    }
}

/// The random numbers of a sample: Xoshiro256++ from the SHA-256 of seed, sample index and prompt,
/// as little-endian numbers of 8, 8 and 4 bytes.
pub(super) fn stream(seed: u64, sample: usize, prompt: &[u32]) -> Xoshiro256PlusPlus {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((sample as u64).to_le_bytes());
    prompt.iter().for_each(|token| hash.update(token.to_le_bytes()));
    Xoshiro256PlusPlus::from_seed(hash.finalize().into())
}
