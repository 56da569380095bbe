//! Log-probabilities and entropies from rows of logits.

use super::base::Backend;
use crate::Result;
use crate::cuda::memory::Array;

impl Backend {
    /// Log-sums, log-probabilities of targets and entropies of rows of logits.
    pub(crate) fn scores(
        &self,
        logits: &Array,
        targets: &Array,
        vocab: usize,
        scale: f32,
    ) -> Result<[Array; 3]> {
        let rows = targets.len();
        let outputs = [self.empty_f32(rows)?, self.empty_f32(rows)?, self.empty_f32(rows)?];
        let launch = self.rows("logprob_scores", rows).with_threads(512);
        let [lse, logprobs, entropies] = &outputs;
        self.launch(
            launch,
            &[logits, targets, lse, logprobs, entropies],
            [vocab.into(), scale.into()],
        )?;
        Ok(outputs)
    }

    /// The gradient with respect to logits, from the weights of log-probabilities and entropies.
    pub(crate) fn scores_backward(
        &self,
        [logits, targets]: [&Array; 2],
        [lse, entropies]: [&Array; 2],
        [a, b]: [&Array; 2],
        (vocab, scale): (usize, f32),
    ) -> Result<Array> {
        let gradient = self.empty(logits.len())?;
        let launch = self.rows("logprob_backward", targets.len()).with_threads(512);
        self.launch(
            launch,
            &[logits, targets, lse, entropies, a, b, &gradient],
            [vocab.into(), scale.into()],
        )?;
        Ok(gradient)
    }
}
