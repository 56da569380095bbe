//! The head: log-probabilities and entropies of tokens, without a matrix of all logits.

use super::linear::linear;
use crate::checkpoint::Elements;
use crate::kernels::gemm::{Matrix, gemm};
use crate::kernels::{dot, exp_shifted, largest, mean_score, sum_exp};
use crate::tensor::with_floats;
use crate::tensor::{Frozen, Gradients, Weight};
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use rs_grpo_files::Refuse as _;
use std::ops::Range;

/// Default bytes of logits in memory at a time.
const CHUNK_BYTES: usize = 128 << 20;
/// Rows of a frozen weight that are widened at a time on the way back.
const WIDENED: usize = 8192;

/// Log-probability of the given token, and entropy, after each row; in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// `log p(token)`.
    pub logprobs: Vec<f32>,
    /// `−Σ p log p`.
    pub entropies: Vec<f32>,
}

/// Tokens, and the rows of hidden states that predict them.
#[derive(Debug, Clone, Copy)]
pub struct Targets<'a> {
    /// A row for each token; rows may repeat.
    pub rows: &'a [u32],
    /// The tokens.
    pub tokens: &'a [u32],
    /// Divides the logits.
    pub temperature: f32,
}

/// The gradient of a loss with respect to the scores of each row, which is all that the head needs.
#[derive(Debug, Clone, PartialEq)]
pub struct LossGradient {
    /// `∂L/∂log p` of each row.
    pub logprobs: Vec<f32>,
    /// `∂L/∂H` of each row, with H the entropy; empty where the loss does not depend on it.
    pub entropies: Vec<f32>,
}

/// The last matrix of a network, `[v, d]`.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    weight: &'a Weight,
    name: &'a str,
    chunk_bytes: usize,
}

impl<'a> Head<'a> {
    /// With the name under which its gradient is kept.
    pub fn new(weight: &'a Weight, name: &'a str) -> Self {
        Self { weight, name, chunk_bytes: CHUNK_BYTES }
    }

    /// Bounds the bytes of logits that are in memory at a time, 128 MiB unless set; never less than
    /// one row.
    #[must_use]
    pub fn with_chunk_bytes(self, chunk_bytes: usize) -> Self {
        Self { chunk_bytes, ..self }
    }

    /// Logits of all tokens after each row of `hidden`: `[t, v]` from `[t, d]`.
    ///
    /// # Errors
    /// A shape that does not fit.
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        Ok(linear(hidden, &Weight::Frozen(self.weight.frozen()), false)?)
    }

    /// Scores of `targets[t]` after row `t` of `hidden`, `[t, d]`, at a temperature: logits are
    /// divided by it.
    ///
    /// # Errors
    /// Shapes that do not fit; a target outside the vocabulary; a temperature that is not positive.
    pub fn scores(&self, hidden: &Tensor, targets: &[u32], temperature: f32) -> Result<Scores> {
        let pass = Pass::new(self.weight.frozen(), hidden, targets, temperature)?;
        let mut scores = Scores { logprobs: Vec::new(), entropies: Vec::new() };
        let mut room = Vec::new();
        for rows in pass.chunks(self.chunk_bytes) {
            scores.extend(pass.logits(hidden, rows, &mut room)?.1);
        }
        Ok(scores)
    }

    /// Scores as [`scores`](Self::scores), and the gradient of a loss that `weigh` describes, in one
    /// pass over the vocabulary.
    ///
    /// `weigh` is given some rows and their scores, and returns their weights. Adds the gradient of
    /// the head's matrix to `gradients` if it is trained, and returns that of `hidden`.
    ///
    /// With `p` the probabilities, `a` and `b` the weights of a row and `H` its entropy:
    ///
    /// ```text
    /// ∂L/∂logit[v] = (a (1{v = target} − p[v]) − b p[v] (log p[v] + H)) / temperature
    /// ```
    ///
    /// # Errors
    /// As [`scores`](Self::scores); another number of weights than rows.
    pub fn forward_backward(
        &self,
        hidden: &Tensor,
        targets: &[u32],
        temperature: f32,
        mut weigh: impl FnMut(Range<usize>, &Scores) -> LossGradient,
        gradients: &mut Gradients,
    ) -> Result<(Scores, Tensor)> {
        let pass = Pass::new(self.weight.frozen(), hidden, targets, temperature)?;
        let mut all = Scores { logprobs: Vec::new(), entropies: Vec::new() };
        let mut of_weight = match self.weight {
            Weight::Trained(_) => Some(gradients.take(self.name, pass.vocab * pass.width)?),
            Weight::Frozen(_) => None,
        };
        let mut of_hidden = vec![0.0; targets.len() * pass.width];
        let mut room = Vec::new();
        for rows in pass.chunks(self.chunk_bytes) {
            let (shifts, scores) = pass.logits(hidden, rows.clone(), &mut room)?;
            let weights = weigh(rows.clone(), &scores);
            weights.check(rows.len())?;
            pass.to_gradient(rows.clone(), &mut room, &shifts, &scores, &weights);
            pass.backward(hidden, rows, &room, &mut of_hidden, of_weight.as_deref_mut())?;
            all.extend(scores);
        }
        if let Some(sum) = of_weight {
            gradients.put(self.name, sum, self.weight.shape())?;
        }
        Ok((all, Tensor::from_vec(of_hidden, hidden.shape(), &Device::Cpu)?))
    }

    /// The gradient of `Σ weights · scores`, as [`forward_backward`](Self::forward_backward) where the
    /// weights of a row depend on other rows.
    ///
    /// # Errors
    /// As [`scores`](Self::scores); another number of weights than rows.
    pub fn backward(
        &self,
        hidden: &Tensor,
        targets: &[u32],
        temperature: f32,
        weights: &LossGradient,
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        weights.check(targets.len())?;
        let part = |all: &[f32], rows: &Range<usize>| match all {
            [] => Vec::new(),
            all => all[rows.clone()].to_vec(),
        };
        let weigh = |rows: Range<usize>, _: &Scores| LossGradient {
            logprobs: part(&weights.logprobs, &rows),
            entropies: part(&weights.entropies, &rows),
        };
        Ok(self.forward_backward(hidden, targets, temperature, weigh, gradients)?.1)
    }
}

impl LossGradient {
    fn check(&self, rows: usize) -> Result<()> {
        let (logprobs, entropies) = (self.logprobs.len(), self.entropies.len());
        if logprobs == rows && (entropies == rows || entropies == 0) {
            return Ok(());
        }
        let given = format!("[{logprobs}] of log-probabilities and [{entropies}] of entropies");
        let allowed = format!("[{rows}] each, or no entropies");
        Err(Error::parameter("shape of weights", given, allowed))
    }
}

impl Scores {
    fn extend(&mut self, more: Self) {
        self.logprobs.extend(more.logprobs);
        self.entropies.extend(more.entropies);
    }
}

/// One pass over the rows.
struct Pass<'a> {
    weight: Frozen,
    targets: &'a [u32],
    vocab: usize,
    width: usize,
    scale: f32,
}

impl<'a> Pass<'a> {
    fn new(weight: Frozen, hidden: &Tensor, targets: &'a [u32], temperature: f32) -> Result<Self> {
        let [vocab, width] = weight.shape2()?;
        if hidden.dims() != [targets.len(), width] {
            let allowed = format!("[{}, {width}]", targets.len());
            return Err(Error::parameter(
                "shape of hidden states",
                format!("{:?}", hidden.dims()),
                allowed,
            ));
        }
        if let Some(target) = targets.iter().find(|&&target| target as usize >= vocab) {
            return Err(Error::parameter(
                "target",
                target,
                format!("less than the vocabulary, {vocab}"),
            ));
        }
        if !(temperature > 0.0 && temperature.is_finite()) {
            return Err(Error::parameter("temperature", temperature, "a number over 0"));
        }
        Ok(Self { weight, targets, vocab, width, scale: 1.0 / temperature })
    }

    fn chunks(&self, bytes: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let row = size_of::<f32>() * self.vocab.max(1);
        let (rows, all) = ((bytes / row).max(1), self.targets.len());
        (0..all).step_by(rows).map(move |at| at..(at + rows).min(all))
    }

    /// Logits of some rows into `room`, the log of their sum of exponentials, and their scores.
    fn logits(
        &self,
        hidden: &Tensor,
        rows: Range<usize>,
        room: &mut Vec<f32>,
    ) -> Result<(Vec<f32>, Scores)> {
        let Self { vocab, width, scale, .. } = *self;
        room.resize(rows.len() * vocab, 0.0);
        with_floats(hidden, |hidden| {
            let hidden = &hidden[rows.start * width..];
            let sizes = (rows.len(), vocab, width);
            self.weight.read(|w| dot(sizes, hidden, w, room, [width, width, vocab]))
        })??;
        let score = |(logits, &target): (&[f32], &u32)| {
            let max = largest(logits) * scale;
            let lse = max + sum_exp(logits, scale, max).ln();
            let entropy = lse - mean_score(logits, scale, lse);
            (lse, (logits[target as usize] * scale - lse, entropy))
        };
        let targets = &self.targets[rows];
        let (shifts, (logprobs, entropies)) =
            room.par_chunks_exact(vocab).zip(targets).map(score).unzip();
        Ok((shifts, Scores { logprobs, entropies }))
    }

    /// Replaces logits by the gradient with respect to them.
    fn to_gradient(
        &self,
        rows: Range<usize>,
        room: &mut [f32],
        shifts: &[f32],
        scores: &Scores,
        weights: &LossGradient,
    ) {
        let Self { vocab, scale, .. } = *self;
        let targets = &self.targets[rows];
        room.par_chunks_exact_mut(vocab).enumerate().for_each(|(row, logits)| {
            let a = weights.logprobs[row];
            let b = weights.entropies.get(row).copied().unwrap_or(0.0);
            if a == 0.0 && b == 0.0 {
                logits.fill(0.0);
                return;
            }
            let (lse, entropy) = (shifts[row], scores.entropies[row]);
            if b == 0.0 {
                exp_shifted(logits, scale, lse);
                logits.iter_mut().for_each(|p| *p *= -a * scale);
            } else {
                for logit in logits.iter_mut() {
                    let logprob = *logit * scale - lse;
                    *logit =
                        -scale * crate::kernels::exp::exp(logprob) * (a + b * (logprob + entropy));
                }
            }
            logits[targets[row] as usize] += a * scale;
        });
    }

    /// `∂L/∂hidden = ∂L/∂logits · W`, and `∂L/∂W += ∂L/∂logitsᵀ · hidden`.
    fn backward(
        &self,
        hidden: &Tensor,
        rows: Range<usize>,
        of_logits: &[f32],
        of_hidden: &mut [f32],
        of_weight: Option<&mut [f32]>,
    ) -> Result<()> {
        let Self { vocab, width, .. } = *self;
        let m = rows.len();
        let target = &mut of_hidden[rows.start * width..rows.end * width];
        self.weight.read(|weight| {
            for first in (0..vocab).step_by(WIDENED) {
                let n = WIDENED.min(vocab - first);
                let wide;
                let part = match weight.part(first * width..(first + n) * width) {
                    Elements::F32(part) => part,
                    half => {
                        wide = half.to_f32();
                        &wide
                    }
                };
                let dy = Matrix::new(&of_logits[first..], m, n, vocab);
                let out = Matrix::new(&mut target[..], m, width, width);
                gemm(out, dy, Matrix::new(part, n, width, width), true, true);
            }
        })?;
        if let Some(sum) = of_weight {
            with_floats(hidden, |hidden| {
                let dy = Matrix::new(of_logits, m, vocab, vocab).transposed();
                let hidden = Matrix::new(&hidden[rows.start * width..], m, width, width);
                gemm(Matrix::new(sum, vocab, width, width), dy, hidden, true, true);
            })?;
        }
        Ok(())
    }
}
