//! The closed form of the gradient against two independent derivatives, and the expansion of the gain.
//!
//! A third one, automatic differentiation, is in the library: `gradient_check`.

use super::counterexample;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rs_grpo::{Policy, population_entropic_risk};
use rs_grpo_sims::theory::{
    BanditSampler, Expansion, Instance, Optimum, PolicyGradient, first_order_gain,
};

/// `J = ∂π/∂θ = diag(π) − ππᵀ`, the Jacobian of `π = softmax(θ)`.
fn softmax_jacobian(policy: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_diagonal(policy) - policy * policy.transpose()
}

/// `t = β r − max β r`.
fn exponents(instance: &Instance, beta: f64) -> DVector<f64> {
    let exponents = beta * instance.rewards();
    exponents.add_scalar(-exponents.max())
}

/// `∂V_β/∂π = e^t / (β Σⱼ πⱼ e^{tⱼ})`; the rewards for β = 0.
fn risk_slope(instance: &Instance, beta: f64) -> DVector<f64> {
    if beta == 0.0 {
        return instance.rewards().clone();
    }
    let exponentials = exponents(instance, beta).map(f64::exp);
    let total = instance.policy().dot(&exponentials);
    exponentials / (beta * total)
}

/// `∇V_β = Jᵀ ∂V_β/∂π`, the chain rule in matrices.
fn chain_rule(instance: &Instance, beta: f64) -> DVector<f64> {
    softmax_jacobian(instance.policy()).transpose() * risk_slope(instance, beta)
}

/// How far rounding can take [`chain_rule`] from the closed form, for each arm.
///
/// Let `u = 2⁻⁵³` and `T = max |tⱼ| + 2 max |β rⱼ|`. Entries of `J` are within `2u` of the magnitude of
/// their terms, which `diag(π) + ππᵀ` holds. Each exponent is within `u T`, an exponential makes that
/// its relative error, and dividing by a sum of them doubles it: entries of the slope are within
/// `u (2T + K + 12)`, relative. The product adds `K u`. All is doubled for terms of second order. The
/// closed form has a bound of its own.
fn rounding(instance: &Instance, beta: f64, gradient: &PolicyGradient) -> DVector<f64> {
    let policy = instance.policy();
    let magnitudes = DMatrix::from_diagonal(policy) + policy * policy.transpose();
    let exponent = exponents(instance, beta).amax() + 2.0 * beta.abs() * instance.rewards().amax();
    let units = 2.0 * exponent + 2.0 * policy.len() as f64 + 14.0;
    f64::EPSILON * units * magnitudes * risk_slope(instance, beta).abs() + gradient.errors()
}

/// Whether every entry of `a` is within its bound of the entry of `b`.
fn agree(a: &DVector<f64>, b: &DVector<f64>, bounds: &DVector<f64>) -> bool {
    (a - b).abs().iter().zip(bounds).all(|(difference, bound)| difference <= bound)
}

/// The core's `V_β` at the logits `ln π`, that of one arm moved by `h`.
fn risk(instance: &Instance, beta: f64, arm: usize, h: f64) -> f64 {
    let mut weights = instance.policy().clone();
    weights[arm] *= h.exp();
    let moved = &weights / weights.sum();
    let policy = Policy::new(moved.as_slice(), instance.rewards().as_slice()).unwrap();
    population_entropic_risk(policy, beta).unwrap()
}

/// `∇V_β` by central differences over the logits.
fn central_differences(instance: &Instance, beta: f64) -> DVector<f64> {
    let h = 1e-5;
    let difference = |arm: usize| risk(instance, beta, arm, h) - risk(instance, beta, arm, -h);
    DVector::from_fn(instance.arms(), |arm, _| difference(arm) / (2.0 * h))
}

#[test]
fn closed_form_chain_rule_and_differences_agree() {
    // Truncation h²/6 · |V'''| and cancellation u/h are both near 1e-10.
    let coarse = DVector::repeat(3, 2e-10);
    for beta in [-64.0, -8.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 8.0, 64.0] {
        let instance = counterexample();
        let gradient = PolicyGradient::new(&instance, beta).unwrap();
        let chain = chain_rule(&instance, beta);
        let differences = central_differences(&instance, beta);
        let fine = rounding(&instance, beta, &gradient);
        assert!(fine.max() < 1e-10, "β {beta}: {fine} decides little");
        assert!(agree(&chain, gradient.components(), &fine), "β {beta}: {chain} {gradient:?}");
        assert!(agree(&differences, gradient.components(), &coarse), "β {beta}: {differences}");
        assert!(agree(&differences, &chain, &coarse), "β {beta}: {differences} {chain}");
    }
}

/// Against central differences of softmax itself, in which neither rewards nor β occur.
#[test]
fn the_jacobian_is_the_derivative_of_softmax() {
    let policy = counterexample().policy().clone();
    let h = 1e-5;
    let moved = |arm: usize, h: f64| {
        let mut weights = policy.clone();
        weights[arm] *= h.exp();
        &weights / weights.sum()
    };
    for (arm, column) in softmax_jacobian(&policy).column_iter().enumerate() {
        let differences = (moved(arm, h) - moved(arm, -h)) / (2.0 * h);
        // Truncation h²/6 · |π'''| and cancellation u/h are both under 2e-11.
        let error = (differences - column).amax();
        assert!(error < 5e-11, "arm {arm}: {error}");
    }
}

proptest! {
    /// On skewed policies, too, and bounded so tightly that leaving out `− ππᵀ` would be noticed.
    #[test]
    fn closed_form_is_the_chain_rule(
        index in 0_u64..1_000_000, arms in 3_usize..60, tied: bool,
        log_beta in -7.0..4.2_f64, negative: bool
    ) {
        let optimum = if tied { Optimum::Tied } else { Optimum::Unique };
        let instance = BanditSampler::new(11, 50, index).bandit(arms, optimum).unwrap();
        let beta = if negative { -log_beta.exp() } else { log_beta.exp() };
        let gradient = PolicyGradient::new(&instance, beta).unwrap();
        let bounds = rounding(&instance, beta, &gradient);
        let chain = chain_rule(&instance, beta);
        prop_assert!(agree(&chain, gradient.components(), &bounds), "{} {:?}", chain, gradient);
        let without = instance.policy().component_mul(&risk_slope(&instance, beta));
        let missing = (without - gradient.components()).abs();
        prop_assert!(missing.iter().zip(&bounds).all(|(difference, bound)| difference > bound));
    }

    #[test]
    fn the_gain_is_the_expansion_in_exponentials(index in 0_u64..100_000, tied: bool) {
        let mut sampler = BanditSampler::new(5, 50, index);
        let optimum = if tied { Optimum::Tied } else { Optimum::Unique };
        let instance = sampler.bandit(12, optimum).unwrap();
        let beta = sampler.log_uniform(1e-2, 20.0);
        let gain = first_order_gain(&instance, &PolicyGradient::new(&instance, beta).unwrap());
        // β Z G = C e^{β r*} − Σ cⱼ e^{β rⱼ}, relative to e^{β r*}.
        let expansion = Expansion::new(&instance);
        let x = |reward: f64| (beta * (reward - instance.best_reward())).exp();
        let arms = instance.policy().iter().zip(instance.rewards());
        let z: f64 = arms.map(|(p, &r)| p * x(r)).sum();
        let below: f64 = expansion.below().iter().map(|&(r, c)| c * x(r)).sum();
        let size: f64 = expansion.below().iter().map(|&(r, c)| c.abs() * x(r)).sum();
        let expected = expansion.top() - below;
        let tolerance = 1e-14 * (expansion.top() + size + 1.0) + beta * z * gain.error;
        prop_assert!((beta * z * gain.value - expected).abs() < tolerance);
    }

    #[test]
    fn components_sum_to_zero_and_order_by_reward(index in 0_u64..100_000, beta in -64.0..64.0) {
        let instance = BanditSampler::new(6, 50, index).bandit(9, Optimum::Unique).unwrap();
        let gradient = PolicyGradient::new(&instance, beta).unwrap();
        let error: f64 = gradient.errors().iter().sum();
        let sum: f64 = gradient.components().iter().sum();
        prop_assert!(sum.abs() <= error + 1e-15);
        let best = (0..9).find(|&j| instance.is_best(j)).unwrap();
        for &advantage in gradient.advantages() {
            prop_assert!(advantage <= gradient.advantages()[best]);
        }
    }
}
