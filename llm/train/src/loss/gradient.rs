//! The loss of a mini-batch and its gradient.

use super::batch::{Count, Example, MicroBatch, micro_batches};
use super::policy_gradient::{Loss, LossKind, Term, TokenTerms};
use crate::error::Result;
use rs_grpo_engine::model::ActivationCheckpointing;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::ops::logprob_head::{LossGradient, Scores, Targets};
use std::ops::{AddAssign, Range};

/// How a mini-batch goes through the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// Divides the logits, as when the completions were drawn.
    pub temperature: f32,
    /// Most tokens that go through the network together.
    pub micro_batch_tokens: usize,
    /// Which activations are recomputed in the backward pass.
    pub checkpointing: ActivationCheckpointing,
}

/// Sums over the tokens that went through the network.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LossSums {
    /// The loss.
    pub loss: f64,
    /// Number of tokens.
    pub tokens: usize,
    /// Sum of their negative log-probabilities under the policy, in nats.
    pub nll: f64,
    /// Sum of the entropies of the policy at these tokens, in nats.
    pub entropy: f64,
    /// Sum of the estimates of the divergence from the reference.
    pub kl: f64,
    /// Number of ratios: one a token, or with [`LossKind::Gspo`] one a completion.
    pub ratios: f64,
    /// Number of ratios that the lower bound clips.
    pub clipped_low: f64,
    /// Number of ratios that the upper bound clips.
    pub clipped_high: f64,
    /// Sum over tokens of |log π_trainer − log π_sampler|, in nats.
    pub logprob_mismatch: f64,
    /// The largest of these.
    pub max_logprob_mismatch: f64,
}

/// Statistics of an update of the policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpdateStats {
    /// Sums over the tokens of the mini-batch.
    pub sums: LossSums,
    /// Norm of the gradient, before clipping.
    pub grad_norm: f64,
}

impl UpdateStats {
    /// The loss or the norm of the gradient, whichever is not finite.
    pub fn fault(&self) -> Option<(&'static str, f64)> {
        [("the loss", self.sums.loss), ("the gradient norm", self.grad_norm)]
            .into_iter()
            .find(|(_, value)| !value.is_finite())
    }
}

impl AddAssign for LossSums {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.tokens += other.tokens;
        self.nll += other.nll;
        self.entropy += other.entropy;
        self.kl += other.kl;
        self.ratios += other.ratios;
        self.clipped_low += other.clipped_low;
        self.clipped_high += other.clipped_high;
        self.logprob_mismatch += other.logprob_mismatch;
        self.max_logprob_mismatch = self.max_logprob_mismatch.max(other.max_logprob_mismatch);
    }
}

/// The loss of a mini-batch, and its gradient with respect to the trained weights.
///
/// Neither depends on the division into micro-batches. Completions without a gradient, masked or with
/// advantage 0, do not go through the network; they still count in means over completions.
///
/// # Errors
/// Completions that are longer than the context, or hold tokens outside the vocabulary.
pub fn gradient<P: TrainableModel>(
    policy: &P,
    examples: &[Example<'_>],
    loss: &Loss,
    pass: Pass,
) -> Result<(P::Gradients, LossSums)> {
    let count = Count::of(examples);
    let (mut gradients, mut sums) = (policy.gradients(), LossSums::default());
    let matters = |example: &&Example<'_>| {
        !example.masked && (example.advantage != 0.0 || !loss.needs_advantage())
    };
    for batch in micro_batches(examples.iter().filter(matters), pass.micro_batch_tokens)? {
        let tokens = batch.tokens(|example| count.share(loss, example));
        sums += micro_gradient(policy, batch, &tokens, loss, pass, &mut gradients)?;
    }
    Ok((gradients, sums))
}

fn micro_gradient<P: TrainableModel>(
    policy: &P,
    batch: MicroBatch<'_>,
    tokens: &[TokenTerms],
    loss: &Loss,
    pass: Pass,
    gradients: &mut P::Gradients,
) -> Result<LossSums> {
    let MicroBatch { packed, rows, targets, examples } = batch;
    let targets = Targets { rows: &rows, tokens: &targets, temperature: pass.temperature };
    let recorded = policy.record(packed, pass.checkpointing)?;
    let ratios = match loss.kind {
        LossKind::Gspo => {
            let scores = policy.scores(&recorded, &targets)?;
            Some(mean_ratios(examples.iter().map(|(_, range)| range), tokens, &scores))
        }
        _ => None,
    };
    let mut sums = LossSums::default();
    let mut loss_gradient = |range: Range<usize>, scores: &Scores| {
        let ratios = ratios.as_ref().map(|ratios| &ratios[range.clone()]);
        loss_gradient(loss, &tokens[range], scores, ratios, &mut sums)
    };
    policy.backward(recorded, &targets, &mut loss_gradient, gradients)?;
    Ok(sums)
}

/// The gradient of the loss with respect to the scores of some tokens, which are added to the sums.
fn loss_gradient(
    loss: &Loss,
    tokens: &[TokenTerms],
    scores: &Scores,
    ratios: Option<&[Ratio]>,
    sums: &mut LossSums,
) -> LossGradient {
    let entropic = loss.entropy_coef != 0.0;
    let mut gradient =
        LossGradient { logprobs: Vec::with_capacity(tokens.len()), entropies: Vec::new() };
    for (row, token) in tokens.iter().enumerate() {
        let (logprob, entropy) =
            (f64::from(scores.logprobs[row]), f64::from(scores.entropies[row]));
        let own = token.old.map_or(0.0, |old| logprob - old);
        let own = Ratio { log: own, part: 1.0 };
        let ratio = ratios.map_or(own, |ratios| ratios[row]);
        let term = loss.term(token, logprob, entropy, ratio.log);
        gradient.logprobs.push(term.weight as f32);
        if entropic {
            gradient.entropies.push(term.entropy_weight as f32);
        }
        sums.count(token, logprob, entropy, &term, ratio.part);
    }
    gradient
}

impl LossSums {
    fn count(&mut self, token: &TokenTerms, logprob: f64, entropy: f64, term: &Term, part: f64) {
        let if_so = |clipped: bool| if clipped { part } else { 0.0 };
        let logprob_mismatch = (token.old.unwrap_or(logprob) - token.sampler).abs();
        *self += Self {
            loss: term.value,
            tokens: 1,
            nll: -logprob,
            entropy,
            kl: term.kl,
            ratios: part,
            clipped_low: if_so(term.clipped_low),
            clipped_high: if_so(term.clipped_high),
            logprob_mismatch,
            max_logprob_mismatch: logprob_mismatch,
        };
    }
}

/// The logarithm of a ratio, and the token's share of the ratio.
#[derive(Clone, Copy)]
struct Ratio {
    log: f64,
    part: f64,
}

/// The mean log-ratio of each example, once for each of its tokens.
fn mean_ratios<'a>(
    ranges: impl Iterator<Item = &'a Range<usize>>,
    tokens: &[TokenTerms],
    scores: &Scores,
) -> Vec<Ratio> {
    let mut ratios = Vec::with_capacity(tokens.len());
    for range in ranges {
        let own =
            |row: usize| tokens[row].old.map_or(0.0, |old| f64::from(scores.logprobs[row]) - old);
        let part = 1.0 / range.len() as f64;
        let log = range.clone().map(own).sum::<f64>() * part;
        ratios.extend(range.clone().map(|_| Ratio { log, part }));
    }
    ratios
}

/// Log-probability of each token of each completion, in nats.
///
/// # Errors
/// As [`gradient`].
pub fn logprobs<P: TrainableModel>(
    policy: &P,
    examples: &[Example<'_>],
    pass: Pass,
) -> Result<Vec<Vec<f32>>> {
    let mut all = Vec::with_capacity(examples.len());
    for batch in micro_batches(examples, pass.micro_batch_tokens)? {
        let MicroBatch { packed, rows, targets, examples } = batch;
        let targets = Targets { rows: &rows, tokens: &targets, temperature: pass.temperature };
        let scores =
            policy.scores(&policy.record(packed, ActivationCheckpointing::PerLayer)?, &targets)?;
        all.extend(examples.iter().map(|(_, range)| scores.logprobs[range.clone()].to_vec()));
    }
    Ok(all)
}
