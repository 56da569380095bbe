//! Tokens drawn from rows of logits, and the inputs of the next decoding step.

use super::base::Backend;
use crate::Result;
use crate::cuda::launch::{Argument, Launch};
use crate::cuda::memory::{Array, DType};
use crate::generate::SamplingParams;

/// Threads that share a row of logits.
const THREADS: u32 = 1024;
/// Most threads that share the rows of a step.
const MOST_THREADS: usize = 512;

/// Results of drawing from rows of logits.
#[derive(Debug)]
pub(crate) struct TokenDraws {
    /// Tokens, or [`REFUSED`](Self::REFUSED).
    pub(crate) tokens: Array,
    /// Log-probabilities of all rows, then those under the model, then entropies.
    pub(crate) numbers: Array,
}

impl TokenDraws {
    /// In place of a token: the row has no finite logits to draw from.
    pub(crate) const REFUSED: u32 = u32::MAX;
}

/// Inputs of the next decoding step, in the order of the kernel `advance_rows`.
#[derive(Debug)]
pub(crate) struct StepBuffers<'a> {
    pub(crate) uniforms: &'a Array,
    pub(crate) slots: &'a Array,
    pub(crate) begin: &'a Array,
    pub(crate) clock: &'a Array,
    pub(crate) uniform: &'a Array,
    pub(crate) tokens: &'a Array,
    pub(crate) positions: &'a Array,
    pub(crate) slot_mapping: &'a Array,
    pub(crate) count: &'a Array,
    pub(crate) results: &'a Array,
}

impl Backend {
    /// Draws a token from each row of logits, each at its own uniform number.
    pub(crate) fn draw(
        &self,
        logits: &Array,
        uniforms: &Array,
        vocab: usize,
        params: &SamplingParams,
    ) -> Result<TokenDraws> {
        let rows = logits.len() / vocab;
        let tokens = Array::new(&self.device, DType::U32, rows)?;
        let numbers = self.empty_f32(3 * rows)?;
        let column = |at: usize| numbers.part(at * rows..(at + 1) * rows);
        let [logprobs, model_logprobs, entropies] = [column(0), column(1), column(2)];
        let arrays = [logits, uniforms, &tokens, &logprobs, &model_logprobs, &entropies];
        let SamplingParams { temperature, top_k, top_p, min_p, .. } = params;
        let settings: [Argument; 5] = [
            vocab.into(),
            (*temperature).into(),
            (*top_k).into(),
            (*top_p).into(),
            (*min_p).into(),
        ];
        self.launch(self.rows("draw", rows).with_threads(THREADS), &arrays, settings)?;
        Ok(TokenDraws { tokens, numbers })
    }

    /// Stores what a step drew, and makes it the input of the next step.
    pub(crate) fn advance(&self, draws: &TokenDraws, buffers: &StepBuffers<'_>) -> Result<()> {
        let StepBuffers { uniforms, slots, begin, clock, uniform, tokens, positions, .. } =
            *buffers;
        let StepBuffers { slot_mapping, count, results, .. } = *buffers;
        let read = [&draws.tokens, &draws.numbers, uniforms, slots, begin];
        let written = [clock, uniform, tokens, positions, slot_mapping, count, results];
        let rows = tokens.len();
        let threads = rows.next_multiple_of(32).min(MOST_THREADS) as u32;
        let launch = Launch::rows("advance_rows", self.element, 1).with_threads(threads);
        self.launch(launch, &[&read[..], &written[..]].concat(), [rows.into()])
    }
}
