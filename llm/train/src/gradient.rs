//! The loss of a mini-batch and its gradient.

use super::batch::{Count, Example, MicroBatch, micro_batches};
use super::loss::{Loss, LossKind, Term, Token};
use crate::Result;
use rs_grpo_engine::model::Keep;
use rs_grpo_engine::model::Policy;
use rs_grpo_engine::ops::logprob_head::{Scores, Targets, Weights};
use std::ops::{AddAssign, Range};

/// How a gradient is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// Divides the logits, as when the completions were drawn.
    pub temperature: f32,
    /// Most tokens that go through the network together.
    pub micro_batch_tokens: usize,
    /// What is kept between forward and backward.
    pub keep: Keep,
}

/// Sums over the tokens that went through the network.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// The loss.
    pub loss: f64,
    /// Tokens.
    pub tokens: usize,
    /// Sum of their negative log-probabilities.
    pub surprise: f64,
    /// Sum of their entropies.
    pub entropy: f64,
    /// Sum of the estimates of the divergence from the reference.
    pub kl: f64,
    /// Ratios: one a token, or with [`LossKind::Gspo`] one a completion.
    pub ratios: f64,
    /// Ratios that the lower clip holds.
    pub clipped_low: f64,
    /// Ratios that the upper clip holds.
    pub clipped_high: f64,
    /// Sum of |log π_trainer − log π_sampler|.
    pub difference: f64,
    /// The largest of these.
    pub largest_difference: f64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.tokens += other.tokens;
        self.surprise += other.surprise;
        self.entropy += other.entropy;
        self.kl += other.kl;
        self.ratios += other.ratios;
        self.clipped_low += other.clipped_low;
        self.clipped_high += other.clipped_high;
        self.difference += other.difference;
        self.largest_difference = self.largest_difference.max(other.largest_difference);
    }
}

/// The loss of a mini-batch, and its gradient with respect to the trained weights.
///
/// Neither depends on how the mini-batch is cut into micro-batches. Completions that cannot have a
/// gradient count in the shares of the others, and cost nothing.
///
/// # Errors
/// Completions that are longer than the context, or hold tokens outside the vocabulary.
pub fn gradient<P: Policy>(
    policy: &P,
    examples: &[Example<'_>],
    loss: &Loss,
    pass: Pass,
) -> Result<(P::Gradients, Sums)> {
    let count = Count::of(examples);
    let (mut gradients, mut sums) = (policy.gradients(), Sums::default());
    let matters = |example: &&Example<'_>| {
        !example.masked && (example.advantage != 0.0 || !loss.needs_advantage())
    };
    for batch in micro_batches(examples.iter().filter(matters), pass.micro_batch_tokens)? {
        let tokens = batch.tokens(|example| count.share(loss, example));
        sums += micro_gradient(policy, batch, &tokens, loss, pass, &mut gradients)?;
    }
    Ok((gradients, sums))
}

fn micro_gradient<P: Policy>(
    policy: &P,
    batch: MicroBatch<'_>,
    tokens: &[Token],
    loss: &Loss,
    pass: Pass,
    gradients: &mut P::Gradients,
) -> Result<Sums> {
    let MicroBatch { packed, rows, targets, examples } = batch;
    let targets = Targets { rows: &rows, tokens: &targets, temperature: pass.temperature };
    let recorded = policy.record(packed, pass.keep)?;
    let ratios = match loss.kind {
        LossKind::Gspo => {
            let scores = policy.scores(&recorded, &targets)?;
            Some(mean_ratios(examples.iter().map(|(_, range)| range), tokens, &scores))
        }
        _ => None,
    };
    let mut sums = Sums::default();
    let mut weigh = |range: Range<usize>, scores: &Scores| {
        let ratios = ratios.as_ref().map(|ratios| &ratios[range.clone()]);
        weigh(loss, &tokens[range], scores, ratios, &mut sums)
    };
    policy.learn(recorded, &targets, &mut weigh, gradients)?;
    Ok(sums)
}

/// The weights of some tokens; adds what they say to the sums.
fn weigh(
    loss: &Loss,
    tokens: &[Token],
    scores: &Scores,
    ratios: Option<&[Ratio]>,
    sums: &mut Sums,
) -> Weights {
    let entropic = loss.entropy_coef != 0.0;
    let mut weights = Weights { logprobs: Vec::with_capacity(tokens.len()), entropies: Vec::new() };
    for (row, token) in tokens.iter().enumerate() {
        let (logprob, entropy) =
            (f64::from(scores.logprobs[row]), f64::from(scores.entropies[row]));
        let own = token.old.map_or(0.0, |old| logprob - old);
        let own = Ratio { log: own, part: 1.0 };
        let ratio = ratios.map_or(own, |ratios| ratios[row]);
        let term = loss.term(token, logprob, entropy, ratio.log);
        weights.logprobs.push(term.weight as f32);
        if entropic {
            weights.entropies.push(term.entropy_weight as f32);
        }
        sums.count(token, logprob, entropy, &term, ratio.part);
    }
    weights
}

impl Sums {
    fn count(&mut self, token: &Token, logprob: f64, entropy: f64, term: &Term, part: f64) {
        let if_so = |clipped: bool| if clipped { part } else { 0.0 };
        let difference = (token.old.unwrap_or(logprob) - token.sampler).abs();
        *self += Self {
            loss: term.value,
            tokens: 1,
            surprise: -logprob,
            entropy,
            kl: term.kl,
            ratios: part,
            clipped_low: if_so(term.clipped_low),
            clipped_high: if_so(term.clipped_high),
            difference,
            largest_difference: difference,
        };
    }
}

/// The logarithm of a ratio, and which part of a ratio a token stands for.
#[derive(Clone, Copy)]
struct Ratio {
    log: f64,
    part: f64,
}

/// The mean log-ratio of each example, once for each of its tokens.
fn mean_ratios<'a>(
    ranges: impl Iterator<Item = &'a Range<usize>>,
    tokens: &[Token],
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
pub fn logprobs<P: Policy>(
    policy: &P,
    examples: &[Example<'_>],
    pass: Pass,
) -> Result<Vec<Vec<f32>>> {
    let mut all = Vec::with_capacity(examples.len());
    for batch in micro_batches(examples, pass.micro_batch_tokens)? {
        let MicroBatch { packed, rows, targets, examples } = batch;
        let targets = Targets { rows: &rows, tokens: &targets, temperature: pass.temperature };
        let scores = policy.scores(&policy.record(packed, Keep::LayerInputs)?, &targets)?;
        all.extend(examples.iter().map(|(_, range)| scores.logprobs[range.clone()].to_vec()));
    }
    Ok(all)
}
