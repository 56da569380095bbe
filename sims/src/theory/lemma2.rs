//! Lemma 2: past `β̄ = ln(1/P) / Δ` every step raises the optimal probability.
//!
//! Notation as in [`Instance`], [`Step`] and
//! [`PolicyGradient`].
//!
//! # Statement
//! For every policy with full support, all rewards that are not all equal, every step size `α > 0`
//! and every
//! ```text
//! β ≥ β̄ = ln(1/P) / (r* − r₂)
//! ```
//! one exact gradient step on `J_β` raises the total probability `P` of the best arms. With a unique
//! best arm `P = π*`, and that arm rises. With ties at the top the *mass* rises; a single one of the
//! tied arms may fall, since the others may rise faster.
//!
//! # Proof
//! The entropic risk is at least what its best arms contribute:
//! ```text
//! V_β = (1/β) ln Σⱼ πⱼ e^{β rⱼ}  >  (1/β) ln(P e^{β r*})  =  r* − ln(1/P)/β
//! ```
//! and `β ≥ β̄` means `ln(1/P)/β ≤ r* − r₂`. So `V_β > r₂`. The advantage is
//! `Aⱼ = (e^{β (rⱼ − V_β)} − 1) / β`, whose sign is that of `rⱼ − V_β`. Therefore
//! ```text
//! j ∉ O:  rⱼ ≤ r₂ < V_β   ⇒  Aⱼ < 0  ⇒  dⱼ = πⱼ Aⱼ < 0
//! i ∈ O:  rᵢ = r* > V_β   ⇒  Aᵢ > 0  ⇒  dᵢ = πᵢ Aᵢ > 0      (V_β < r* because R > 0)
//! ```
//! After the step the odds of the best arms are
//! ```text
//! P'/R' = Σ_{i∈O} πᵢ e^{α dᵢ} / Σ_{j∉O} πⱼ e^{α dⱼ}
//! ```
//! and every term above the bar has grown while every term below it has shrunk, whatever `α > 0`.
//! So `P'/R' > P/R`, that is `P' > P`. ∎
//!
//! The proof uses `β ≥ β̄` only for `V_β ≥ r₂`: the root of `V_β = r₂` is a sharper threshold, which `β̄`
//! bounds in closed form. For a small enough step the largest root of `G(β) = 0` suffices, which is
//! smaller still. `G` may change its sign more than once, so "rises for every β past the threshold" is
//! true and "rises only past it" is not.

use super::check::{Check, Claim, Trial, parallel};
use super::random::{BanditSampler, Optimum};
use super::thresholds::{FirstOrderRoot, beta_bar, first_order_root, risk_root};
use super::{Instance, PolicyGradient, Step};
use crate::Error;
use serde::Serialize;

/// One in ten instances is also searched for its exact thresholds, which costs 100 times more.
const THINNING: u64 = 10;

const UNIQUE: Claim = Claim {
    name: "lemma 2",
    claim: "β ≥ β̄ = ln(1/π*)/Δ raises a unique optimal arm, at step sizes 1e-3..1e2",
    margin: "rise of the log-odds of the optimal arm",
};
const TIED: Claim = Claim {
    name: "lemma 2, ties",
    claim: "β ≥ ln(1/P)/Δ raises the total mass P of two to four tied optimal arms",
    margin: "rise of the log-odds of the optimal mass",
};
const SHARPER: Claim = Claim {
    name: "lemma 2, sharper",
    claim: "β past the root of V_β = r₂ raises the optimal arm already",
    margin: "rise of the log-odds of the optimal arm",
};

/// Checks the statement with a unique best arm and with ties, and at the sharper threshold.
pub(crate) fn checks(seed: u64, instances: u64) -> Result<[Check; 3], Error> {
    let lemma = |experiment, optimum| {
        move |index| lemma_trial(BanditSampler::new(seed, experiment, index), optimum).map(Some)
    };
    Ok([
        UNIQUE.check(instances, lemma(4, Optimum::Unique))?,
        TIED.check(instances, lemma(5, Optimum::Tied))?,
        SHARPER.check(instances.div_ceil(THINNING), |index| {
            sharper_trial(BanditSampler::new(seed, 6, index)).map(Some)
        })?,
    ])
}

/// The rise of the log-odds of the optimal mass under one step at risk parameter `beta`.
///
/// # Errors
/// A risk parameter or a step size outside its range.
pub fn trial(instance: &Instance, beta: f64, alpha: f64) -> Result<Trial, Error> {
    let gradient = PolicyGradient::new(instance, beta)?;
    let rise = Step::new(instance, &gradient, alpha)?.log_odds_gain();
    Ok(Trial::new(instance, beta, Some(alpha), rise))
}

/// Half of the trials are at `β̄` itself, the others up to 100 times past it.
fn lemma_trial(mut sampler: BanditSampler, optimum: Optimum) -> Result<Trial, Error> {
    let arms = sampler.arms(if optimum == Optimum::Tied { 3 } else { 2 });
    let instance = sampler.bandit(arms, optimum)?;
    let past = if sampler.uniform() < 0.5 { 1.0 } else { sampler.log_uniform(1.0, 100.0) };
    trial(&instance, past * beta_bar(&instance), sampler.step())
}

fn sharper_trial(mut sampler: BanditSampler) -> Result<Trial, Error> {
    let arms = sampler.arms(2);
    let instance = sampler.bandit(arms, Optimum::Unique)?;
    // The root is known to a few units in the last place of V.
    let beta = risk_root(&instance)? * (1.0 + 1e-9);
    trial(&instance, beta, sampler.step())
}

/// How far `β̄` lies above the thresholds that it bounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tightness {
    /// Number of instances searched.
    pub instances: u64,
    /// Instances where `G` is negative for some β ≥ 0, so that there is a threshold.
    pub with_threshold: u64,
    /// Instances where more than one sign change of `G` was found.
    pub several_sign_changes: u64,
    /// Instances where Descartes' rule proves that no root was missed.
    pub proved: u64,
    /// `β̄` over the largest root of `G`.
    pub over_first_order_root: Quantiles,
    /// `β̄` over the root of `V_β = r₂`, for instances where that is positive.
    pub over_risk_root: Quantiles,
}

/// Quantiles of a ratio; all 0 without observations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// Minimum.
    pub min: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub median: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// Maximum.
    pub max: f64,
}

impl Quantiles {
    fn new(sorted: &[f64]) -> Self {
        let last = sorted.len().saturating_sub(1) as f64;
        let at = |q: f64| {
            let rank = (q * last).round() as usize;
            sorted.get(rank).copied().unwrap_or(0.0)
        };
        Self { min: at(0.0), q05: at(0.05), median: at(0.5), q95: at(0.95), max: at(1.0) }
    }
}

/// The thresholds of random instances: `β̄` over each, sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratios {
    /// Their quantiles, and how the search went.
    pub tightness: Tightness,
    /// `β̄` over the largest root of `G`, ascending.
    pub over_first_order_root: Vec<f64>,
    /// `β̄` over the root of `V_β = r₂`, ascending.
    pub over_risk_root: Vec<f64>,
}

/// Searches a tenth of `instances` random bandits for their exact thresholds.
pub(crate) fn ratios(seed: u64, instances: u64) -> Result<Ratios, Error> {
    let roots = parallel(instances.div_ceil(THINNING), |index| {
        let mut sampler = BanditSampler::new(seed, 7, index);
        let arms = sampler.arms(3);
        let instance = sampler.bandit(arms, Optimum::Unique)?;
        let bar = beta_bar(&instance);
        let first_order = first_order_root(&instance)?;
        Ok(Some((bar, first_order, risk_root(&instance)?)))
    })?;
    let over_first_order_root =
        sorted(roots.iter().filter_map(|(bar, root, _)| root.beta.map(|beta| bar / beta)));
    let positive = roots.iter().filter(|(_, _, risk)| *risk > 0.0);
    let over_risk_root = sorted(positive.map(|(bar, _, risk)| bar / risk));
    let count = |is: &dyn Fn(&FirstOrderRoot) -> bool| {
        roots.iter().filter(|(_, root, _)| is(root)).count() as u64
    };
    Ok(Ratios {
        tightness: Tightness {
            instances: roots.len() as u64,
            with_threshold: over_first_order_root.len() as u64,
            several_sign_changes: count(&|root| root.sign_changes > 1),
            proved: count(&|root| root.proved),
            over_first_order_root: Quantiles::new(&over_first_order_root),
            over_risk_root: Quantiles::new(&over_risk_root),
        },
        over_first_order_root,
        over_risk_root,
    })
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}
