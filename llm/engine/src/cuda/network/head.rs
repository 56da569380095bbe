//! The head: log-probabilities and entropies of tokens, a chunk of logits at a time.

use super::decoder::Network;
use super::gradients::DeviceGradients;
use super::tape::DeviceTape;
use crate::cuda::backend::Backend;
use crate::cuda::memory::Array;
use crate::ops::logprob_head::{LossGradient, Scores, Targets};
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::ops::Range;

/// Bytes of logits that are in memory at a time.
const CHUNK_BYTES: usize = 512 << 20;

/// A chunk of logits and the results computed from them.
struct Chunk {
    hidden: Array,
    logits: Array,
    targets: Array,
    lse: Array,
    entropies: Array,
    scores: Scores,
}

impl Network {
    fn chunks(&self, targets: &Targets<'_>) -> impl Iterator<Item = Range<usize>> + use<> {
        let row = size_of::<f32>() * self.config.vocab_size.max(1);
        let (rows, all) = ((CHUNK_BYTES / row).max(1), targets.tokens.len());
        (0..all).step_by(rows).map(move |at| at..(at + rows).min(all))
    }

    /// Logits of some targets' rows, in single precision, and their scores.
    fn chunk(&self, hidden: &Array, targets: &Targets<'_>, part: Range<usize>) -> Result<Chunk> {
        let (backend, width) = (&self.backend, self.config.hidden_size);
        self.check(&targets.tokens[part.clone()], 0)?;
        let rows = backend.upload_u32(&targets.rows[part.clone()])?;
        let hidden = backend.gather(&rows, hidden, width)?;
        let logits = self.logits(backend, &hidden)?;
        let targets_here = backend.upload_u32(&targets.tokens[part])?;
        let scale = 1.0 / targets.temperature;
        let [lse, logprobs, entropies] =
            backend.scores(&logits, &targets_here, self.config.vocab_size, scale)?;
        let scores = Scores { logprobs: logprobs.to_vec()?, entropies: entropies.to_vec()? };
        Ok(Chunk { hidden, logits, targets: targets_here, lse, entropies, scores })
    }

    /// Logits after rows of hidden states, in single precision.
    pub(super) fn logits(&self, backend: &Backend, hidden: &Array) -> Result<Array> {
        let weight = self.head();
        let [vocab, width] = weight.shape;
        let logits = backend.empty_f32(hidden.len() / width * vocab)?;
        backend.linear_into(hidden, &weight.array, weight.shape, &logits, 1.0, 0.0)?;
        Ok(logits)
    }
}

impl DeviceTape<'_> {
    /// Log-probability and entropy of each target.
    pub(crate) fn scores(&self, targets: &Targets<'_>) -> Result<Scores> {
        let mut all = Scores { logprobs: Vec::new(), entropies: Vec::new() };
        for part in self.network().chunks(targets) {
            let chunk = self.network().chunk(self.hidden(), targets, part)?;
            all.logprobs.extend(chunk.scores.logprobs);
            all.entropies.extend(chunk.scores.entropies);
        }
        Ok(all)
    }

    /// Adds the gradients of a loss that `weigh` describes, as
    /// [`Head::forward_backward`](crate::ops::logprob_head::Head::forward_backward) does.
    pub(crate) fn learn(
        self,
        targets: &Targets<'_>,
        weigh: &mut dyn FnMut(Range<usize>, &Scores) -> LossGradient,
        gradients: &mut DeviceGradients,
    ) -> Result<()> {
        let network = self.network();
        let (backend, width) = (&network.backend, network.config.hidden_size);
        let dread = backend.empty(targets.tokens.len() * width)?;
        for part in network.chunks(targets) {
            let chunk = network.chunk(self.hidden(), targets, part.clone())?;
            let weights = weigh(part.clone(), &chunk.scores);
            let rows = dread.part(part.start * width..part.end * width);
            network.chunk_backward(&chunk, &weights, targets.temperature, &rows, gradients)?;
        }
        let dhidden = backend.zeros(self.hidden().len())?;
        backend.scatter_add(targets.rows, &dread, &dhidden, width)?;
        drop(dread);
        let dhidden = backend.cast(dhidden)?;
        self.backward(&dhidden, gradients)
    }
}

impl Network {
    fn chunk_backward(
        &self,
        chunk: &Chunk,
        weights: &LossGradient,
        temperature: f32,
        dhidden: &Array,
        gradients: &mut DeviceGradients,
    ) -> Result<()> {
        let rows = chunk.targets.len();
        let entropies = match weights.entropies.len() {
            0 => vec![0.0; rows],
            _ => weights.entropies.clone(),
        };
        if weights.logprobs.len() != rows || entropies.len() != rows {
            let given = format!("[{}]", weights.logprobs.len());
            return Err(Error::parameter("shape of weights", given, format!("[{rows}]")));
        }
        let backend = &self.backend;
        let weights = [backend.upload_f32(&weights.logprobs)?, backend.upload_f32(&entropies)?];
        let dlogits = backend.scores_backward(
            [&chunk.logits, &chunk.targets],
            [&chunk.lse, &chunk.entropies],
            [&weights[0], &weights[1]],
            (self.config.vocab_size, 1.0 / temperature),
        )?;
        let head = self.head();
        backend.linear_backward(&dlogits, &head.array, head.shape, dhidden, 1.0, 0.0)?;
        match gradients.of(head)? {
            Some(sum) => {
                backend.linear_backward_weight(&dlogits, &chunk.hidden, head.shape, &sum, 1.0)
            }
            None => Ok(()),
        }
    }
}
