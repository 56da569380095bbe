//! Checks of the statements about a finite group, on random bandits.

use super::check::{Check, Claim, Trial, parallel};
use super::group::{
    GroupAdvantages, best_arm, distance_bound, large_beta_limit, no_beta_helps_pairs, smallest_gap,
    unevenness,
};
use super::random::{BanditSampler, Optimum};
use super::{Enclosure, Instance, PolicyGradient, Sign, enclosure::UNIT, first_order_gain};
use crate::Error;
use serde::Serialize;

/// Largest number of arms of a trial, and sizes of its group.
const MOST_ARMS: f64 = 32.0;
const GROUPS: (f64, f64) = (2.0, 1025.0);
const LARGEST_GROUP: f64 = 16_777_216.0;
/// Group sizes of [`RescueRate`].
const RESCUED: [usize; 5] = [2, 4, 8, 16, 64];

const TWO_ARMS: Claim = Claim {
    name: "group, two arms",
    claim: "with K = 2 a group of any N ≥ 2 raises the best arm at every β, of either sign",
    margin: "first-order gain G_N",
};
const CEILING: Claim = Claim {
    name: "group, ceiling",
    claim: "q* < 1 - (1-π*)^N: no β weighs what is not in the group",
    margin: "1 - (1-π*)^N less q*",
};
const BIAS: Claim = Claim {
    name: "group, bias",
    claim: "a finite group gives the best arm less than an infinite one",
    margin: "π* x* less q*",
};
const DISTANCE: Claim = Claim {
    name: "group, 1/N law",
    claim: "β|G_N - G_∞| ≤ 2(1-π*) T_N, T_N ≤ χ/(N-1)",
    margin: "the bound less the distance",
};
const SIZE: Claim = Claim {
    name: "group, large enough",
    claim: "N ≥ 1 + 2(1-π*)χ/(βG_∞) gains where an infinite group does",
    margin: "first-order gain G_N",
};
const LARGE_BETA: Claim = Claim {
    name: "group, large β",
    claim: "past β = ln(2(N-1)/|H_N|)/δ the sign of G_N is that of its limit H_N",
    margin: "βG_N, times the sign of H_N",
};
const PAIRS: Claim = Claim {
    name: "group, pairs",
    claim: "under premise (3) no β raises the best arm with N = 2",
    margin: "-βG_2",
};

/// Checks the statements, each on `instances` random bandits.
pub(crate) fn checks(seed: u64, instances: u64) -> Result<[Check; 7], Error> {
    let check = |claim: Claim, experiment, trial: fn(Draw) -> Result<Option<Trial>, Error>| {
        claim.check(instances, |index| trial(Draw::new(seed, experiment, index)))
    };
    Ok([
        check(TWO_ARMS, 20, two_arms)?,
        check(CEILING, 21, ceiling)?,
        check(BIAS, 22, bias)?,
        check(DISTANCE, 23, distance)?,
        check(SIZE, 24, size)?,
        check(LARGE_BETA, 25, large_beta)?,
        check(PAIRS, 26, pairs)?,
    ])
}

/// A random bandit, group and β.
struct Draw {
    sampler: BanditSampler,
}

impl Draw {
    fn new(seed: u64, experiment: u32, index: u64) -> Self {
        Self { sampler: BanditSampler::new(seed, experiment, index) }
    }

    fn bandit(&mut self, least: f64) -> Result<Instance, Error> {
        let arms = self.sampler.log_uniform(least, MOST_ARMS + 1.0) as usize;
        self.sampler.bandit(arms, Optimum::Unique)
    }

    /// A group size, log-uniform from 2 to 1,024.
    fn size(&mut self) -> usize {
        self.sampler.log_uniform(GROUPS.0, GROUPS.1) as usize
    }

    /// β times the range of the rewards is log-uniform from 0.1 to 10: below, a group and an infinite one agree
    /// to rounding, above, a group and its ceiling do.
    fn beta(&mut self, instance: &Instance) -> f64 {
        let smallest = instance.rewards().iter().copied().fold(f64::INFINITY, f64::min);
        self.sampler.log_uniform(1e-1, 1e1) / (instance.best_reward() - smallest)
    }
}

fn trial(instance: &Instance, beta: f64, margin: Enclosure) -> Result<Option<Trial>, Error> {
    Ok(Some(Trial::new(instance, beta, None, margin)))
}

fn two_arms(mut draw: Draw) -> Result<Option<Trial>, Error> {
    let instance = draw.sampler.bandit(2, Optimum::Unique)?;
    let sign = if draw.sampler.uniform() < 0.5 { 1.0 } else { -1.0 };
    let (beta, n) = (sign * draw.beta(&instance), draw.size());
    trial(&instance, beta, GroupAdvantages::new(&instance, beta, n)?.gain(&instance))
}

fn ceiling(mut draw: Draw) -> Result<Option<Trial>, Error> {
    let instance = draw.bandit(2.0)?;
    let (beta, n) = (draw.beta(&instance), draw.size());
    let tilt = GroupAdvantages::new(&instance, beta, n)?.tilt(&instance, best_arm(&instance));
    let value = -libm::expm1(-(n as f64) * surprisal_of_rest(&instance));
    let ceiling = Enclosure { value, error: 8.0 * (n as f64 + 8.0) * UNIT * value };
    trial(&instance, beta, ceiling.minus(tilt))
}

/// `−ln(1 − π_*)`.
fn surprisal_of_rest(instance: &Instance) -> f64 {
    match instance.best_mass() < 0.5 {
        true => -libm::log1p(-instance.best_mass()),
        false => -libm::log(instance.rest_mass()),
    }
}

fn bias(mut draw: Draw) -> Result<Option<Trial>, Error> {
    let instance = draw.bandit(2.0)?;
    let (beta, n, best) = (draw.beta(&instance), draw.size(), best_arm(&instance));
    let tilt = GroupAdvantages::new(&instance, beta, n)?.tilt(&instance, best);
    let gradient = PolicyGradient::new(&instance, beta)?;
    let value = instance.best_mass() + beta * gradient.components()[best];
    let error = beta * gradient.errors()[best] + 8.0 * UNIT * value;
    trial(&instance, beta, Enclosure { value, error }.minus(tilt))
}

fn distance(mut draw: Draw) -> Result<Option<Trial>, Error> {
    let instance = draw.bandit(2.0)?;
    let (beta, n) = (draw.beta(&instance), draw.size());
    let gradient = PolicyGradient::new(&instance, beta)?;
    let apart = GroupAdvantages::new(&instance, beta, n)?.distance(&instance, &gradient);
    trial(&instance, beta, distance_bound(&instance, &gradient, beta, n).minus(apart))
}

fn size(mut draw: Draw) -> Result<Option<Trial>, Error> {
    let instance = draw.bandit(2.0)?;
    let beta = draw.beta(&instance);
    let gradient = PolicyGradient::new(&instance, beta)?;
    let limit = first_order_gain(&instance, &gradient);
    if limit.sign() != Sign::Positive {
        return Ok(None);
    }
    let unevenness = unevenness(&instance, &gradient, beta);
    let size = 1.0 + 2.0 * instance.rest_mass() * unevenness / (beta * limit.value);
    let size = (size * (1.0 + 1e-9)).ceil().max(2.0);
    if size > LARGEST_GROUP {
        return Ok(None);
    }
    let group = GroupAdvantages::new(&instance, beta, size as usize)?;
    trial(&instance, beta, group.gain(&instance))
}

fn large_beta(mut draw: Draw) -> Result<Option<Trial>, Error> {
    let instance = draw.bandit(2.0)?;
    let n = draw.size();
    let limit = large_beta_limit(&instance, n);
    if limit.sign() == Sign::Undecided {
        return Ok(None);
    }
    let certain = limit.value.abs() - limit.error;
    let beta = libm::log(2.0 * (n - 1) as f64 / certain).max(1.0) / smallest_gap(&instance);
    // Half of the trials are at the threshold, the others up to 100 times past it.
    let past =
        if draw.sampler.uniform() < 0.5 { 1.0 } else { draw.sampler.log_uniform(1.0, 100.0) };
    let beta = past * beta * (1.0 + 1e-9);
    let gain = GroupAdvantages::new(&instance, beta, n)?.gain(&instance);
    let sign = limit.value.signum();
    trial(&instance, beta, Enclosure { value: sign * beta * gain.value, error: beta * gain.error })
}

/// Bandits with a rare best arm and probabilities that grow with the reward among the others.
fn pairs(mut draw: Draw) -> Result<Option<Trial>, Error> {
    let arms = draw.sampler.log_uniform(3.0, MOST_ARMS + 1.0) as usize;
    let mut weights: Vec<f64> = (1..arms).map(|_| draw.sampler.log_uniform(1e-3, 1.0)).collect();
    weights.sort_by(f64::total_cmp);
    let mut rewards: Vec<f64> = (1..arms).map(|_| draw.sampler.uniform()).collect();
    rewards.sort_by(f64::total_cmp);
    let total: f64 = weights.iter().sum();
    weights.push(total * draw.sampler.log_uniform(1e-6, 1e-1));
    rewards.push(1.0 + draw.sampler.log_uniform(1e-3, 1.0));
    let instance = Instance::from_weights(weights, rewards)?;
    if !no_beta_helps_pairs(&instance) {
        return Ok(None);
    }
    let sign = if draw.sampler.uniform() < 0.5 { 1.0 } else { -1.0 };
    let beta = sign * draw.beta(&instance);
    let gain = GroupAdvantages::new(&instance, beta, 2)?.gain(&instance);
    let size = beta.abs();
    trial(&instance, beta, Enclosure { value: -size * gain.value, error: size * gain.error })
}

/// How often some β raises a best arm that the standard gradient lowers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RescueRate {
    /// Group size; `None` is an infinite group.
    pub group_size: Option<usize>,
    /// Bandits of ten arms whose best arm falls with the standard gradient, of a broad mixture.
    pub instances: u64,
    /// Share of them with a β among 60 from 0.01 to 10,000 over the range of the rewards at which it rises.
    pub rescued: f64,
}

/// The rates over the bandits among `instances` whose best arm falls, for several sizes of the group.
pub(crate) fn rescue_rates(seed: u64, instances: u64) -> Result<Vec<RescueRate>, Error> {
    let rescued = parallel(instances, |index| {
        let mut draw = Draw::new(seed, 27, index);
        let instance = draw.sampler.bandit(10, Optimum::Unique)?;
        let standard = PolicyGradient::new(&instance, 0.0)?;
        if first_order_gain(&instance, &standard).sign() != Sign::Negative {
            return Ok(None);
        }
        let smallest = instance.rewards().iter().copied().fold(f64::INFINITY, f64::min);
        let range = instance.best_reward() - smallest;
        let betas: Vec<f64> =
            (0..60).map(|i| libm::exp10(-2.0 + 6.0 * f64::from(i) / 59.0) / range).collect();
        let mut answer = [false; RESCUED.len() + 1];
        for (answer, &n) in answer.iter_mut().zip(&RESCUED) {
            *answer =
                any(&betas, |beta| Ok(GroupAdvantages::new(&instance, beta, n)?.gain(&instance)))?;
        }
        answer[RESCUED.len()] = any(&betas, |beta| {
            Ok(first_order_gain(&instance, &PolicyGradient::new(&instance, beta)?))
        })?;
        Ok(Some(answer))
    })?;
    let sizes = RESCUED.iter().map(|&n| Some(n)).chain([None]);
    let count = rescued.len() as u64;
    let share = |i: usize| {
        let yes = rescued.iter().filter(|answer| answer[i]).count();
        yes as f64 / (count.max(1)) as f64
    };
    Ok(sizes
        .enumerate()
        .map(|(i, group_size)| RescueRate { group_size, instances: count, rescued: share(i) })
        .collect())
}

fn any(betas: &[f64], gain: impl Fn(f64) -> Result<Enclosure, Error>) -> Result<bool, Error> {
    for &beta in betas {
        if gain(beta)?.sign() == Sign::Positive {
            return Ok(true);
        }
    }
    Ok(false)
}
