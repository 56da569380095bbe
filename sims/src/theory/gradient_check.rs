//! The policy-gradient theorem: the closed form of `∇J_β` against automatic differentiation.
//!
//! # Statement
//! ```text
//! J_β(θ) = (1/β) ln Σⱼ πⱼ(θ) exp(β rⱼ),  π = softmax(θ)
//! ∂J_β/∂θⱼ = πⱼ Aⱼ,  Aⱼ = (1/β) (exp(β rⱼ) / Σᵢ πᵢ exp(β rᵢ) − 1)
//! ```
//! Proof: the Jacobian of softmax is `diag(π) − ππᵀ`, that is `∂πᵢ/∂θⱼ = πᵢ (δᵢⱼ − πⱼ)`, so
//! `∂J_β/∂θⱼ = Σᵢ πᵢ (δᵢⱼ − πⱼ) e^{β rᵢ} / (β Z) = πⱼ (e^{β rⱼ} − Z) / (β Z)`. For `β → 0` this is
//! `πⱼ (rⱼ − Σ πᵢ rᵢ)`.
//!
//! # Check
//! `J_β` is evaluated in dual numbers from the logits `θ = ln π`, without any advantage, along three
//! directions `v`: a random one with entries in `[−1, 1]`, the best arm's logit and a random arm's
//! logit. The derivative has to equal `Σⱼ vⱼ πⱼ Aⱼ` within the rounding errors of both sides.
//!
//! # Rounding
//! Let `x`, `Z`, `a` be as in [`PolicyGradient`], `b = min(a, 1/|β|)`, and `κ = 2K + 128`, which
//! covers the logarithm, the softmax (`|θ| ≤ 28`) and all sums. The dual evaluation uses
//! `ln(1 + Σ πⱼ expm1(β (rⱼ − x)))` where that sum is above −1/2 and `ln Σ πⱼ exp(β (rⱼ − x))` where
//! not; either way `Σ πⱼ |terms| / (|β| Z) ≤ b`, hence
//! ```text
//! |error of the derivative| ≤ u max|vⱼ| b (6κ + 8 + 3/Z),   1/Z = 1 + |β| a
//! ```
//! doubled. The analytic side carries `Σ |vⱼ| · error of dⱼ`. A trial is undecided where the sum of
//! both bounds exceeds 1e-3 of `max|vⱼ| Σ |dⱼ|`: agreement would then say little.

use super::check::{Check, Claim, Trial, parallel};
use super::dual::Dual;
use super::enclosure::UNIT;
use super::gradient::origin;
use super::random::{BanditSampler, Optimum};
use super::{Enclosure, Instance, PolicyGradient};
use crate::Error;
use nalgebra::Matrix3xX;
use serde::Serialize;

/// Largest error bound, relative to the gradient, at which agreement still decides.
const RESOLUTION: f64 = 1e-3;
const CLAIM: Claim = Claim {
    name: "policy gradient",
    claim: "∂J_β/∂θⱼ = πⱼ Aⱼ for β in [-64, 64], against dual numbers",
    margin: "rounding bound less |analytic - dual|, relative to Σ|dⱼ|",
};

/// Three directions in logit space, one a row; a column holds their entries for one arm.
type Directions = Matrix3xX<f64>;

/// Runs the check on `instances` random bandits; also returns how large the differences are.
pub(crate) fn check(seed: u64, instances: u64) -> Result<(Check, GradientAgreement), Error> {
    let trials = parallel(instances, |index| trial(seed, index).map(Some))?;
    let mut differences: Vec<f64> = trials.iter().map(|(_, difference)| *difference).collect();
    differences.sort_by(f64::total_cmp);
    let agreement = GradientAgreement::new(&differences);
    let check = CLAIM.tally(trials.into_iter().map(|(trial, _)| trial));
    Ok((check, agreement))
}

/// How far both sides differ: `|analytic − dual| / (max|vⱼ| Σ |dⱼ|)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GradientAgreement {
    /// Median over instances of the largest difference among the three directions.
    pub median: f64,
    /// Largest difference over all instances.
    pub largest: f64,
}

impl GradientAgreement {
    fn new(sorted: &[f64]) -> Self {
        let at = |i: usize| sorted.get(i).copied().unwrap_or(0.0);
        Self { median: at(sorted.len() / 2), largest: at(sorted.len().saturating_sub(1)) }
    }
}

fn trial(seed: u64, index: u64) -> Result<(Trial, f64), Error> {
    let mut sampler = BanditSampler::new(seed, 1, index);
    let arms = sampler.arms(2);
    let instance = sampler.bandit(arms, Optimum::Unique)?;
    let beta = risk_parameter(&mut sampler);
    let directions = directions(&mut sampler, &instance);
    let comparison = compare(&instance, beta, &directions)?;
    let trial = Trial::new(&instance, beta, None, comparison.margin());
    Ok((trial, comparison.difference))
}

/// 0 with probability 1/16, otherwise uniform on `[−64, 64]` or log-uniform in |β| from 1e-6 to 64.
fn risk_parameter(sampler: &mut BanditSampler) -> f64 {
    match sampler.choice(16) {
        0 => 0.0,
        1..8 => 128.0 * sampler.uniform() - 64.0,
        8..12 => sampler.log_uniform(1e-6, 64.0),
        _ => -sampler.log_uniform(1e-6, 64.0),
    }
}

fn directions(sampler: &mut BanditSampler, instance: &Instance) -> Directions {
    let other = sampler.choice(instance.arms());
    let unit = |is_one: bool| f64::from(u8::from(is_one));
    let entries = (0..instance.arms()).flat_map(|j| {
        let dense = 2.0 * sampler.uniform() - 1.0;
        [dense, unit(instance.is_best(j)), unit(j == other)]
    });
    Directions::from_iterator(instance.arms(), entries)
}

/// The largest difference of the two derivatives among the directions, and how much rounding explains.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Comparison {
    /// Largest `|analytic − dual| / (max|vⱼ| Σ |dⱼ|)`.
    difference: f64,
    /// How large rounding can make it, in the direction with the least room.
    bound: f64,
    /// `bound − |difference|` at that direction.
    room: f64,
}

impl Comparison {
    /// The room left: negative for a certain disagreement, undecided if the bound is too large.
    fn margin(self) -> Enclosure {
        let too_large = self.room > 0.0 && self.bound > RESOLUTION;
        Enclosure { value: self.room, error: if too_large { self.bound } else { 0.0 } }
    }
}

/// Compares both derivatives of `J_β` along each direction, for a `beta` from −1e15 to 1e15.
fn compare(instance: &Instance, beta: f64, directions: &Directions) -> Result<Comparison, Error> {
    let gradient = PolicyGradient::new(instance, beta)?;
    let dual = objective(instance, beta, directions);
    let analytic = directions * gradient.components();
    let analytic_errors = directions.abs() * gradient.errors();
    let length = gradient.components().abs().sum();
    let mut comparison = Comparison { difference: 0.0, bound: 0.0, room: f64::INFINITY };
    for (i, direction) in directions.row_iter().enumerate() {
        let largest = direction.amax();
        let scale = largest * length;
        let summation = 2.0 * UNIT * instance.arms() as f64 * scale;
        let bound = analytic_errors[i] + summation + dual_bound(instance, beta, &gradient, largest);
        let difference = (analytic[i] - dual.tangent[i]).abs();
        comparison.difference = comparison.difference.max(difference / scale);
        if (bound - difference) / scale < comparison.room {
            comparison.room = (bound - difference) / scale;
            comparison.bound = bound / scale;
        }
    }
    Ok(comparison)
}

fn dual_bound(instance: &Instance, beta: f64, gradient: &PolicyGradient, largest: f64) -> f64 {
    let extreme = gradient.extreme();
    let kappa = 2.0 * instance.arms() as f64 + 128.0;
    let inverse_z = 1.0 + beta.abs() * extreme;
    let spread = extreme.min(1.0 / beta.abs());
    2.0 * UNIT * largest * spread * (6.0 * kappa + 8.0 + 3.0 * inverse_z)
}

/// `J_β` at the logits `ln π`, with its derivatives along the directions.
fn objective(instance: &Instance, beta: f64, directions: &Directions) -> Dual<3> {
    let probabilities = softmax(instance, directions);
    let x = origin(instance, beta);
    let average = |value: &dyn Fn(f64) -> f64| -> Dual<3> {
        let arms = probabilities.iter().zip(instance.rewards());
        arms.map(|(&p, &r)| p * value(r - x)).sum()
    };
    if beta == 0.0 {
        return average(&|reward| reward) + Dual::constant(x);
    }
    let shortfall = average(&|reward| libm::expm1(beta * reward));
    let ln = if shortfall.value > -0.5 {
        shortfall.ln_1p()
    } else {
        average(&|reward| libm::exp(beta * reward)).ln()
    };
    ln * (1.0 / beta) + Dual::constant(x)
}

/// `softmax(ln π)`, with its derivatives along the directions.
fn softmax(instance: &Instance, directions: &Directions) -> Vec<Dual<3>> {
    let logits = instance.policy().iter().zip(directions.column_iter());
    let exponentials: Vec<_> = logits
        .map(|(&p, direction)| Dual { value: libm::log(p), tangent: direction.into() }.exp())
        .collect();
    let total: Dual<3> = exponentials.iter().copied().sum();
    exponentials.into_iter().map(|e| e.over(total)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The room for rounding is 1e-12 at most, and a change of 0.1 % in π moves the gradient by a
    /// million times as much.
    #[test]
    fn a_wrong_gradient_would_be_noticed() {
        let rewards = [1.0, 0.6, 0.0];
        let instance = |policy: [f64; 3]| Instance::new(policy.to_vec(), rewards.to_vec()).unwrap();
        let (original, shifted) = (instance([0.01, 0.7, 0.29]), instance([0.011, 0.699, 0.29]));
        let directions = Directions::from_fn(3, |_, arm| [1.0, 0.0, 0.0][arm]);
        let comparison = compare(&original, 2.0, &directions).unwrap();
        assert!(comparison.room > 0.0 && comparison.bound < 1e-12, "{comparison:?}");
        let first = |instance| PolicyGradient::new(instance, 2.0).unwrap().components()[0];
        let change = (first(&original) - first(&shifted)).abs();
        assert!(change > 1e6 * comparison.bound, "{change} beside {comparison:?}");
    }
}
