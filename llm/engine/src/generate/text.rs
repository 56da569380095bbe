//! Samples as text: sufficient for grading, and all that a served model returns.

use super::request::{Event, FinishReason, Request, Sample, Sampler, SamplingParams};
use crate::Result;

/// Samples per call of a [`Sampler`], which returns them together.
const CHUNK: usize = 4096;

/// A prompt, by its index, and the number of samples to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRequest {
    /// Index among the prompts of the sampler.
    pub prompt: usize,
    /// Number of samples.
    pub samples: usize,
    /// Index of the first of them.
    pub first_sample: usize,
}

/// One continuation of a prompt, as a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextSample {
    /// Index of the sample among those of its prompt.
    pub index: usize,
    /// The text, without special tokens.
    pub text: String,
    /// Number of its tokens; absent where the sampler does not report it.
    pub tokens: Option<usize>,
    /// Sum of the entropies of the policy at its tokens, in nats; absent where the sampler does not
    /// report them.
    pub entropy: Option<f64>,
    /// Whether it ended because it reached its longest length or filled the context.
    pub truncated: bool,
}

/// What a sampler of texts reports while it works.
#[derive(Debug)]
pub enum TextEvent {
    /// A sample of a prompt, by its index, has ended.
    Finished(usize, TextSample),
    /// No sample has ended for a while.
    Waiting,
}

/// Draws continuations of a fixed list of prompts, as text.
pub trait TextSampler {
    /// Draws samples, in no particular order. `watch` gets every sample as it ends, and returns false to
    /// stop early.
    ///
    /// # Errors
    /// Those of the sampler; `watch` has got all earlier samples.
    fn sample(
        &mut self,
        requests: &[TextRequest],
        watch: &mut dyn FnMut(TextEvent) -> bool,
    ) -> Result<()>;
}

/// The texts of a [`Sampler`] that has a tokenizer.
pub struct Texts<'a> {
    /// Draws the samples.
    pub sampler: &'a mut dyn Sampler,
    /// The prompts in tokens.
    pub prompts: &'a [Vec<u32>],
    /// How samples are drawn.
    pub params: &'a SamplingParams,
}

impl TextSampler for Texts<'_> {
    /// Stops only between chunks of samples.
    fn sample(
        &mut self,
        requests: &[TextRequest],
        watch: &mut dyn FnMut(TextEvent) -> bool,
    ) -> Result<()> {
        for chunk in chunks(requests) {
            let mut go_on = true;
            let with_tokens = |request: &TextRequest| Request {
                prompt: self.prompts[request.prompt].clone(),
                samples: request.samples,
                first_sample: request.first_sample,
            };
            let asked: Vec<Request> = chunk.iter().map(with_tokens).collect();
            self.sampler.sample(&asked, self.params, &mut |event| {
                if let Event::Finished(request, sample) = event {
                    go_on &= watch(TextEvent::Finished(chunk[request].prompt, text_of(sample)));
                }
            })?;
            if !go_on {
                break;
            }
        }
        Ok(())
    }
}

fn text_of(sample: &Sample) -> TextSample {
    let reported = sample.entropies.len() == sample.tokens.len();
    TextSample {
        index: sample.index,
        text: sample.text.clone().unwrap_or_default(),
        tokens: Some(sample.tokens.len()),
        entropy: reported.then(|| sample.entropies.iter().map(|&h| f64::from(h)).sum()),
        truncated: matches!(sample.finish_reason, FinishReason::Length | FinishReason::Context),
    }
}

/// Requests in groups that are large enough to keep an engine busy.
fn chunks(requests: &[TextRequest]) -> Vec<&[TextRequest]> {
    let (mut chunks, mut start, mut asked) = (Vec::new(), 0, 0);
    for (at, request) in requests.iter().enumerate() {
        asked += request.samples;
        if asked >= CHUNK || at + 1 == requests.len() {
            chunks.push(&requests[start..=at]);
            (start, asked) = (at + 1, 0);
        }
    }
    chunks
}
