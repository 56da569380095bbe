//! Lemma 1: the standard policy gradient can lower the probability of the optimal arm.
//!
//! Notation as in [`Instance`], [`Step`]; here `β = 0`, so
//! `Aⱼ = rⱼ − μ` with the mean reward `μ = Σ πⱼ rⱼ`, and the best arm is unique.
//!
//! # Two arms: never
//! ```text
//! A* = R Δ,  A₂ = −P Δ   ⇒   d* = P R Δ > 0 > d₂ = −P R Δ
//! ```
//! so the odds `P/R` are multiplied by `exp(2 α P R Δ) > 1` at every step size. ∎
//!
//! # Three arms and more: a family
//! For `K ≥ 3` let `K − 2` arms without reward share a mass of 0.29:
//! ```text
//! r = (1, 0.6, 0, …, 0),   π = (0.01, 0.7, 0.29/(K−2), …, 0.29/(K−2))
//! μ = 0.43,   A = (0.57, 0.17, −0.43, …, −0.43)
//! G = π* A* − Σ πⱼ² Aⱼ = 0.0057 − 0.083357 + 0.43 · 0.0841/(K−2) = −0.077657 + 0.036163/(K−2)
//! ```
//! `G` falls with `K` and is −0.041494 at `K = 3`, so `G < 0` for every `K ≥ 3`. By the convexity of
//! `f(α) = ln Σ πⱼ exp(α dⱼ) − α d* = −ln(π'*/π*)`, with `f(0) = 0` and `f'(0) = −G > 0`, the
//! probability falls at *every* step size `α > 0`, not only at small ones. ∎
//!
//! # What a fall needs
//! A suboptimal arm with a reward above `μ`: otherwise `dⱼ ≤ 0 < d*` for all `j ≠ *`, and softmax
//! raises the optimal arm at every step size. That is necessary, not sufficient: with
//! `r = (1, 0.5, 0)`, `π = (0.1, 0.6, 0.3)` the second reward exceeds `μ = 0.4`, yet `G = +0.054`.

use super::check::{Check, Claim, Trial, parallel};
use super::random::{BanditSampler, Optimum};
use super::thresholds::optimal_lead;
use super::{Enclosure, Instance, PolicyGradient, Sign, Step, first_order_gain};
use crate::Error;
use serde::Serialize;

/// Step sizes at which each member of the family is checked.
const STEPS: [f64; 6] = [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0];
/// Number of arms of the largest member checked.
const MAX_ARMS: usize = 1000;

const FAMILY: Claim = Claim {
    name: "lemma 1, counterexamples",
    claim: "for K = 3..1000 the constructed policy loses its optimal arm, at six step sizes",
    margin: "fall of the log-odds of the optimal arm",
};
const TWO_ARMS: Claim = Claim {
    name: "lemma 1, two arms",
    claim: "for K = 2 the standard gradient raises the optimal arm",
    margin: "rise of the log-odds of the optimal arm",
};
const PREMISE: Claim = Claim {
    name: "lemma 1, premise",
    claim: "without a suboptimal arm above the mean reward the optimal arm rises",
    margin: "rise of the log-odds of the optimal arm",
};

/// The member of the family with `arms` arms.
///
/// # Errors
/// Fewer than 3 arms, for which there is no counterexample, or more than 1,000,000.
pub fn counterexample(arms: usize) -> Result<Instance, Error> {
    if arms < 3 {
        let allowed = "3 or more; with two arms the optimal one never falls";
        return Err(Error::parameter("arms", arms, allowed));
    }
    let mut policy = vec![0.29 / (arms - 2) as f64; arms];
    policy[..2].copy_from_slice(&[0.01, 0.7]);
    let mut rewards = vec![0.0; arms];
    rewards[..2].copy_from_slice(&[1.0, 0.6]);
    Instance::from_weights(policy, rewards)
}

/// Checks the family, and two arms and the premise on `instances` random bandits each.
pub(crate) fn checks(seed: u64, instances: u64) -> Result<[Check; 3], Error> {
    let members = (MAX_ARMS - 2) * STEPS.len();
    Ok([
        FAMILY.check(members as u64, |index| family_trial(index).map(Some))?,
        TWO_ARMS.check(instances, |index| two_arms_trial(seed, index).map(Some))?,
        PREMISE.check(instances, |index| premise_trial(seed, index))?,
    ])
}

/// The rise of the log-odds under one standard step.
///
/// # Errors
/// A step size outside 1e-9 to 1e9.
pub fn standard_rise(instance: &Instance, alpha: f64) -> Result<Enclosure, Error> {
    let gradient = PolicyGradient::new(instance, 0.0)?;
    Ok(Step::new(instance, &gradient, alpha)?.log_odds_gain())
}

fn family_trial(index: u64) -> Result<Trial, Error> {
    let (member, step) = (index as usize / STEPS.len(), index as usize % STEPS.len());
    let instance = counterexample(3 + member)?;
    let rise = standard_rise(&instance, STEPS[step])?;
    let fall = Enclosure { value: -rise.value, ..rise };
    Ok(Trial::new(&instance, 0.0, Some(STEPS[step]), fall))
}

fn two_arms_trial(seed: u64, index: u64) -> Result<Trial, Error> {
    let mut sampler = BanditSampler::new(seed, 2, index);
    let instance = sampler.bandit(2, Optimum::Unique)?;
    let alpha = sampler.step();
    let rise = standard_rise(&instance, alpha)?;
    Ok(Trial::new(&instance, 0.0, Some(alpha), rise))
}

fn premise_trial(seed: u64, index: u64) -> Result<Option<Trial>, Error> {
    let mut sampler = BanditSampler::new(seed, 3, index);
    let arms = sampler.arms(3);
    let instance = sampler.bandit(arms, Optimum::Unique)?;
    let alpha = sampler.step();
    let gradient = PolicyGradient::new(&instance, 0.0)?;
    let above = |j: usize| !instance.is_best(j) && gradient.advantages()[j] > 0.0;
    if (0..arms).any(above) {
        return Ok(None);
    }
    let rise = Step::new(&instance, &gradient, alpha)?.log_odds_gain();
    Ok(Some(Trial::new(&instance, 0.0, Some(alpha), rise)))
}

/// How often the standard gradient lowers the probability of the optimal arm of a random policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FallRate {
    /// How the bandits were drawn: `uniform` (on the simplex) or `skewed` (the broad mixture).
    pub bandits: &'static str,
    /// Number of arms `K`.
    pub arms: usize,
    /// Number of bandits drawn.
    pub instances: u64,
    /// Share whose optimal arm falls at first order, and so at every step size.
    pub every_step: f64,
    /// Share whose optimal arm falls at some step size: `d*` is not the largest component.
    pub some_step: f64,
}

/// The rates over `instances` bandits, for each kind and several `K`.
pub(crate) fn fall_rates(seed: u64, instances: u64) -> Result<Vec<FallRate>, Error> {
    let rows =
        [2, 3, 5, 10, 100].into_iter().flat_map(|arms| [("uniform", arms), ("skewed", arms)]);
    rows.enumerate()
        .map(|(row, (bandits, arms))| {
            let draw = |index| {
                let mut sampler = BanditSampler::new(seed, 100 + row as u32, index);
                match bandits {
                    "uniform" => sampler.plain_bandit(arms),
                    _ => sampler.bandit(arms, Optimum::Unique),
                }
            };
            fall_rate(bandits, arms, instances, draw)
        })
        .collect()
}

fn fall_rate(
    bandits: &'static str,
    arms: usize,
    instances: u64,
    draw: impl Fn(u64) -> Result<Instance, Error> + Sync,
) -> Result<FallRate, Error> {
    let falls = parallel(instances, |index| {
        let instance = draw(index)?;
        let gradient = PolicyGradient::new(&instance, 0.0)?;
        let every = first_order_gain(&instance, &gradient).sign() == Sign::Negative;
        Ok(Some((every, optimal_lead(&instance, &gradient) < 0.0)))
    })?;
    let share = |count: usize| count as f64 / instances as f64;
    Ok(FallRate {
        bandits,
        arms,
        instances,
        every_step: share(falls.iter().filter(|(every, _)| *every).count()),
        some_step: share(falls.iter().filter(|(_, some)| *some).count()),
    })
}
