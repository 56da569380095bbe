//! The policy-gradient losses, as weights of each token's log-probability and entropy.
//!
//! With `ρ` the ratio of the policy to the one that sampled, `A` the advantage, `δ` the dual clip, `w`
//! the correction for the sampler, and `c` the share of the token in the aggregate:
//!
//! ```text
//! L = Σ c [ −w min( min(ρ, δ) A, clip(ρ, 1 − low, 1 + high) A ) + kl_coef KL − entropy_coef H ]
//! ∂L/∂log π = c [ −w A ρ 1{not clipped} + kl_coef ∂KL/∂log π ]
//! ```
//!
//! The gradient is in closed form: it enters the head's backward pass as one number per token.

use crate::error::{Error, Result};
use rs_grpo_files::Refuse as _;
use serde::{Deserialize, Serialize};

/// How the terms of tokens are aggregated into one loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// The mean over all tokens (DAPO, Yu et al. 2025, arXiv 2503.14476).
    TokenMean,
    /// The mean over completions of their means over tokens (GRPO, Shao et al. 2024, arXiv
    /// 2402.03300).
    SequenceMean,
    /// The sum over tokens, divided by completions times the longest length (Dr. GRPO, Liu et al.
    /// 2025, arXiv 2503.20783).
    ConstantLength,
    /// As `SequenceMean`, with one ratio a completion: the geometric mean of its tokens' (GSPO, Zheng
    /// et al. 2025, arXiv 2507.18071).
    Gspo,
}

/// Estimates of the divergence of the policy from the reference, from samples of the policy
/// (Schulman 2020, "Approximating KL divergence").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KlKind {
    /// `log π − log π_ref`: unbiased; its gradient as a loss is 0 on average.
    K1,
    /// `(log π − log π_ref)² / 2`: the gradient of the divergence, on policy.
    K2,
    /// `π_ref/π − 1 − log(π_ref/π)`: unbiased and never negative.
    K3,
}

impl KlKind {
    /// The estimate, and its derivative by `log π`; `d` is `log π − log π_ref`.
    fn of(self, d: f64) -> (f64, f64) {
        match self {
            Self::K1 => (d, 1.0),
            Self::K2 => (0.5 * d * d, d),
            Self::K3 => ((-d).exp_m1() + d, -(-d).exp_m1()),
        }
    }
}

/// A loss and its constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// How tokens are aggregated.
    pub kind: LossKind,
    /// A ratio below `1 − clip_low` is not pushed further down.
    pub clip_low: f64,
    /// A ratio above `1 + clip_high` is not pushed further up.
    pub clip_high: f64,
    /// With a negative advantage, ratios above this have no gradient (dual clip, Ye et al. 2020, arXiv
    /// 1912.09729); ∞ is off.
    pub dual_clip: f64,
    /// Weight of the divergence from the reference.
    pub kl_coef: f64,
    /// How it is estimated.
    pub kl_kind: KlKind,
    /// Weight of the entropy, which the loss rewards.
    pub entropy_coef: f64,
    /// Bound on the correction for a sampler whose log-probabilities are not the trainer's; 0 is off.
    pub importance_cap: f64,
    /// Tokens by which [`LossKind::ConstantLength`] divides.
    pub longest: usize,
}

impl Default for Loss {
    /// Token mean, clipped at 0.2 and 0.28, nothing else.
    fn default() -> Self {
        Self {
            kind: LossKind::TokenMean,
            clip_low: 0.2,
            clip_high: 0.28,
            dual_clip: f64::INFINITY,
            kl_coef: 0.0,
            kl_kind: KlKind::K3,
            entropy_coef: 0.0,
            importance_cap: 0.0,
            longest: 1,
        }
    }
}

/// Inputs of the loss of one token besides the policy's log-probability and entropy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenTerms {
    /// Share of the token in the aggregate, `c`.
    pub share: f64,
    /// Advantage of its completion.
    pub advantage: f64,
    /// Its log-probability under the old policy, the denominator of the ratio; absent if that is the
    /// policy itself.
    pub old: Option<f64>,
    /// Its log-probability from the sampler.
    pub sampler: f64,
    /// Its log-probability under the reference, where there is one.
    pub reference: Option<f64>,
}

/// The loss of one token.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Term {
    /// Its part of the loss.
    pub value: f64,
    /// `∂L/∂log π` of the token.
    pub weight: f64,
    /// `∂L/∂H` of the token.
    pub entropy_weight: f64,
    /// The estimate of the divergence.
    pub kl: f64,
    /// Whether the lower bound clips the ratio.
    pub clipped_low: bool,
    /// Whether the upper bound clips the ratio.
    pub clipped_high: bool,
}

impl Loss {
    /// # Errors
    /// A constant outside its range.
    pub fn check(&self) -> Result<()> {
        let checks = [
            ("clip-low", self.clip_low, (0.0..1.0).contains(&self.clip_low), "0 up to 1"),
            ("clip-high", self.clip_high, self.clip_high >= 0.0, "0 or more"),
            (
                "dual_clip in loss",
                self.dual_clip,
                self.dual_clip > 1.0 + self.clip_high,
                "0 (off) or more than 1 + clip-high",
            ),
            ("kl-coef", self.kl_coef, finite(self.kl_coef), "a finite number, 0 (off) or more"),
            ("entropy-coef", self.entropy_coef, self.entropy_coef.is_finite(), "a finite number"),
            (
                "importance-cap",
                self.importance_cap,
                self.importance_cap == 0.0 || self.importance_cap >= 1.0,
                "0 (off) or at least 1",
            ),
        ];
        match checks.into_iter().find(|(_, _, ok, _)| !ok) {
            Some((name, value, _, allowed)) => Err(Error::parameter(name, value, allowed)),
            None => Ok(()),
        }
    }

    /// Whether a completion with advantage 0 has no gradient.
    pub fn needs_advantage(&self) -> bool {
        self.kl_coef == 0.0 && self.entropy_coef == 0.0
    }

    /// Share of each token of a completion of `len` tokens among `completions` that have `tokens`
    /// together.
    pub fn share(&self, len: usize, completions: usize, tokens: usize) -> f64 {
        match self.kind {
            LossKind::TokenMean => 1.0 / tokens.max(1) as f64,
            LossKind::SequenceMean | LossKind::Gspo => 1.0 / (completions * len).max(1) as f64,
            LossKind::ConstantLength => 1.0 / (completions * self.longest).max(1) as f64,
        }
    }

    /// The loss of a token whose log-probability and entropy under the policy are these.
    /// `log_ratio` is the token's own, or with [`LossKind::Gspo`] the mean of its completion's.
    pub fn term(&self, token: &TokenTerms, logprob: f64, entropy: f64, log_ratio: f64) -> Term {
        let TokenTerms { share, advantage, .. } = *token;
        let ratio = log_ratio.exp();
        let (low, high) = (1.0 - self.clip_low, 1.0 + self.clip_high);
        let clipped_low = advantage < 0.0 && ratio < low;
        let clipped_high = advantage > 0.0 && ratio > high;
        let beyond = advantage < 0.0 && ratio > self.dual_clip;
        let held = if beyond { self.dual_clip } else { ratio.clamp(low, high) };
        let free = !(clipped_low || clipped_high || beyond);
        let factor = self.importance(token, logprob) * advantage;
        let surrogate = factor * if free { ratio } else { held };
        let (kl, slope) = token.reference.map_or((0.0, 0.0), |r| self.kl_kind.of(logprob - r));
        let penalty = self.kl_coef * kl - self.entropy_coef * entropy;
        Term {
            value: share * (penalty - surrogate),
            weight: share * (self.kl_coef * slope - if free { factor * ratio } else { 0.0 }),
            entropy_weight: -share * self.entropy_coef,
            kl,
            clipped_low,
            clipped_high,
        }
    }

    /// `π_trainer/π_sampler` of the policy that sampled, bounded; 1 where the correction is off.
    fn importance(&self, token: &TokenTerms, logprob: f64) -> f64 {
        match self.importance_cap {
            0.0 => 1.0,
            cap => (token.old.unwrap_or(logprob) - token.sampler).exp().min(cap),
        }
    }
}

fn finite(coefficient: f64) -> bool {
    coefficient.is_finite() && coefficient >= 0.0
}
