//! The analytic gradient against two independent derivatives, and the expansion of the gain.

use crate::{assert_close, counterexample};
use proptest::prelude::*;
use rs_grpo::{Policy, population_entropic_risk};
use rs_grpo_sims::theory::gradient_check::compare;
use rs_grpo_sims::theory::{
    Dual, Expansion, Instance, PolicyGradient, Source, Top, first_order_gain,
};

/// `V_β` at the logits `ln π + h v`.
fn risk(instance: &Instance, beta: f64, arm: usize, h: f64) -> f64 {
    let mut weights = instance.policy().to_vec();
    weights[arm] *= h.exp();
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    let policy = Policy::new(&weights, instance.rewards()).unwrap();
    population_entropic_risk(policy, beta).unwrap()
}

#[test]
fn central_differences() {
    let h = 1e-5;
    for beta in [-64.0, -8.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 8.0, 64.0] {
        let instance = counterexample();
        let gradient = PolicyGradient::new(&instance, beta).unwrap();
        for (arm, d) in gradient.components().iter().enumerate() {
            let difference = risk(&instance, beta, arm, h) - risk(&instance, beta, arm, -h);
            // Truncation h²/6 · |J'''| and cancellation u/h are both near 1e-10.
            assert!((difference / (2.0 * h) - d).abs() < 2e-10, "β {beta}, arm {arm}");
        }
    }
}

#[test]
fn a_wrong_gradient_would_be_noticed() {
    // Logits moved along v = (1, 1, 1) change nothing; along (1, 0, 0) they do. Handing the check
    // the derivative of one against the other has to leave no room.
    let instance = counterexample();
    let along = |v: [f64; 3]| v.map(|entry| [entry; 3]).to_vec();
    let right = compare(&instance, 2.0, &along([1.0, 0.0, 0.0])).unwrap();
    assert!(right.room > 0.0 && right.bound < 1e-12, "{right:?}");
    let shifted = Instance::new(vec![0.011, 0.699, 0.29], vec![1.0, 0.6, 0.0]).unwrap();
    let (a, b) = (PolicyGradient::new(&instance, 2.0), PolicyGradient::new(&shifted, 2.0));
    let gap = (a.unwrap().components()[0] - b.unwrap().components()[0]).abs();
    assert!(gap > 1e6 * right.bound, "the check resolves far less than a change of 0.1 % in π");
}

#[test]
fn dual_numbers_differentiate() {
    // d/dx ln(1 + e^{3x}/2) at x = 0.3: 1.5 e^{0.9} / (1 + e^{0.9}/2), elementary calculus.
    let x = Dual { value: 0.3, tangent: [1.0] };
    let y = (x * 3.0).exp().over(Dual::constant(2.0));
    let slope = 1.5 * 0.9_f64.exp() / (1.0 + 0.5 * 0.9_f64.exp());
    assert_close(y.ln_1p().tangent[0], slope, 1e-15);
    assert_close((y + Dual::constant(1.0)).ln().tangent[0], slope, 1e-15);
}

proptest! {
    #[test]
    fn the_gain_is_the_expansion_in_exponentials(index in 0_u64..100_000, tied: bool) {
        let mut source = Source::new(5, 50, index);
        let top = if tied { Top::Tied } else { Top::Unique };
        let instance = source.bandit(12, top).unwrap();
        let beta = source.log_uniform(1e-2, 20.0);
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
        let instance = Source::new(6, 50, index).bandit(9, Top::Unique).unwrap();
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
