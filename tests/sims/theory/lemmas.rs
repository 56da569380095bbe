//! Lemma 1 and Lemma 2, and that a violation below the threshold is detected.

use super::counterexample;
use proptest::prelude::*;
use rs_grpo_sims::theory::lemma1::{counterexample as family, standard_rise};
use rs_grpo_sims::theory::lemma2::trial;
use rs_grpo_sims::theory::thresholds::{
    beta_bar, every_step_root, first_order_root, risk_root, small_step_bound,
};
use rs_grpo_sims::theory::{
    BanditSampler, Instance, Optimum, PolicyGradient, Sign, Step, first_order_gain, policy_after,
};

#[test]
fn three_arms_and_more_have_a_counterexample_at_every_step_size() {
    for arms in 3..=50 {
        let instance = family(arms).unwrap();
        for alpha in [1e-9, 1e-3, 0.1, 1.0, 10.0, 100.0] {
            let rise = standard_rise(&instance, alpha).unwrap();
            assert_eq!(rise.sign(), Sign::Negative, "K = {arms}, α = {alpha}: {rise:?}");
        }
    }
}

#[test]
fn the_family_has_the_gain_that_its_proof_states() {
    for arms in [3, 4, 10, 50] {
        let instance = family(arms).unwrap();
        let gradient = PolicyGradient::new(&instance, 0.0).unwrap();
        // Exact decimals of the proof.
        let expected = -0.077657 + 0.036163 / (arms - 2) as f64;
        assert!((first_order_gain(&instance, &gradient).value - expected).abs() < 1e-15);
    }
}

#[test]
fn a_violation_below_the_threshold_is_detected() {
    let instance = counterexample();
    let sign = |beta| trial(&instance, beta, 1.0).unwrap().margin.sign();
    assert_eq!(sign(0.0), Sign::Negative);
    assert_eq!(sign(4.3), Sign::Negative);
    assert_eq!(sign(beta_bar(&instance)), Sign::Positive);
    // Gains at first order, yet the step of size 10 overshoots: α_max is 7.77 here.
    assert_eq!(trial(&instance, 5.0, 10.0).unwrap().margin.sign(), Sign::Negative);
    assert_eq!(trial(&instance, 5.0, 1.0).unwrap().margin.sign(), Sign::Positive);
}

#[test]
fn the_bar_is_nearly_tight() {
    // An unlikely optimum, and a worthless arm that holds nearly all the mass: the sum in V_β is
    // P e^{β r*} and little else.
    let policy = vec![1e-6, 1e-12, 1.0 - 1e-6 - 1e-12];
    let instance = Instance::new(policy, vec![1.0, 0.9, 0.0]).unwrap();
    let ratio = beta_bar(&instance) / risk_root(&instance).unwrap();
    assert!((1.0..1.01).contains(&ratio), "{ratio}");
}

#[test]
fn one_of_several_tied_arms_may_fall_although_their_mass_rises() {
    // A large step on unequal ties: the likely one takes all.
    let instance = Instance::new(vec![0.01, 0.19, 0.8], vec![1.0, 1.0, 0.0]).unwrap();
    let beta = beta_bar(&instance);
    let gradient = PolicyGradient::new(&instance, beta).unwrap();
    let step = Step::new(&instance, &gradient, 100.0).unwrap();
    assert_eq!(step.log_odds_gain().sign(), Sign::Positive);
    assert!(policy_after(&instance, &gradient, 100.0).unwrap()[0] < 0.01);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn two_arms_never_lose_the_better_one(
        best in 1e-9..1.0_f64, gap in 1e-6..10.0_f64, other in -5.0..5.0_f64, log_step in -9.0..2.0_f64
    ) {
        let weights = vec![best, (1.0 - best).max(1e-9)];
        let instance = Instance::from_weights(weights, vec![other + gap, other]).unwrap();
        let rise = standard_rise(&instance, 10_f64.powf(log_step)).unwrap();
        prop_assert_eq!(rise.sign(), Sign::Positive, "{:?}", rise);
    }

    #[test]
    fn past_the_bar_every_step_gains(
        index: u64, arms in 3_usize..60, tied: bool, log_step in -3.0..2.0_f64, past in 0.0..3.0_f64
    ) {
        let optimum = if tied { Optimum::Tied } else { Optimum::Unique };
        let instance = BanditSampler::new(7, 50, index >> 24).bandit(arms, optimum).unwrap();
        let beta = beta_bar(&instance) * past.exp();
        let margin = trial(&instance, beta, 10_f64.powf(log_step)).unwrap().margin;
        prop_assert_eq!(margin.sign(), Sign::Positive, "{:?}", margin);
    }

    #[test]
    fn thresholds_come_in_their_order(index in 0_u64..1_000_000, arms in 3_usize..12) {
        let instance = BanditSampler::new(8, 50, index).bandit(arms, Optimum::Unique).unwrap();
        let root = first_order_root(&instance).unwrap().beta.unwrap_or(0.0);
        let risk = risk_root(&instance).unwrap();
        let slack = 1.0 + 1e-6;
        prop_assert!(root <= small_step_bound(&instance) * slack);
        prop_assert!(root <= every_step_root(&instance).unwrap() * slack);
        prop_assert!(every_step_root(&instance).unwrap() <= risk * slack);
        prop_assert!(risk <= beta_bar(&instance) * slack);
    }
}
