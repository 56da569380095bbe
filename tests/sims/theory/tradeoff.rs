//! Past the peak the gain stays positive and falls as 1/β.

use super::{assert_close, counterexample};
use proptest::prelude::*;
use rs_grpo_sims::theory::thresholds::falling_bound;
use rs_grpo_sims::theory::tradeoff::limit_margin;
use rs_grpo_sims::theory::{
    BanditSampler, Expansion, Optimum, PolicyGradient, Sign, Step, first_order_gain, gain_curves,
    log_spaced, peak,
};

#[test]
fn beta_times_gain_tends_to_its_limit() {
    let instance = counterexample();
    let limit = Expansion::new(&instance).limit().value;
    let scaled = |beta| {
        let gradient = PolicyGradient::new(&instance, beta).unwrap();
        beta * first_order_gain(&instance, &gradient).value
    };
    // From below in this example: the decay is that of the 1/β prefactor alone.
    assert!(scaled(16.0) < scaled(32.0) && scaled(32.0) < scaled(64.0));
    for beta in [128.0, 1e3, 1e6, 1e12] {
        assert_close(scaled(beta), limit, 1e-12);
    }
}

#[test]
fn gain_curves_rise_to_one_peak_and_fall() {
    let instance = counterexample();
    let betas = log_spaced(1.0, 200.0, 400);
    for curve in gain_curves(&instance, &[0.1, 1.0, 10.0], &betas).unwrap() {
        let highest = curve.gains.iter().copied().fold(f64::MIN, f64::max);
        let at = curve.gains.iter().position(|gain| *gain == highest).unwrap();
        let found = peak(&instance, curve.step).unwrap();
        assert!((curve.betas[at] / found).ln().abs() < 0.02, "{} {found}", curve.betas[at]);
        assert!(curve.gains[at..].windows(2).all(|pair| pair[1] < pair[0]));
        assert!(found < falling_bound(&instance));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn past_the_bound_the_gain_is_positive_and_falls(
        index in 0_u64..1_000_000, arms in 2_usize..40, log_step in -3.0..2.0_f64, wait in 0.01..2.0_f64
    ) {
        let instance = BanditSampler::new(9, 50, index).bandit(arms, Optimum::Unique).unwrap();
        let rise = |beta: f64| {
            let gradient = PolicyGradient::new(&instance, beta).unwrap();
            Step::new(&instance, &gradient, 10_f64.powf(log_step)).unwrap().log_odds_gain()
        };
        let beta = falling_bound(&instance);
        let (now, later) = (rise(beta), rise(beta * wait.exp()));
        prop_assert_eq!(later.sign(), Sign::Positive);
        prop_assert_eq!(now.minus(later).sign(), Sign::Positive);
    }

    #[test]
    fn the_distance_to_the_limit_is_bounded(index in 0_u64..1_000_000, tied: bool, t in 0.0..30.0_f64) {
        let optimum = if tied { Optimum::Tied } else { Optimum::Unique };
        let instance = BanditSampler::new(10, 50, index).bandit(20, optimum).unwrap();
        let margin = limit_margin(&instance, t / instance.gap()).unwrap();
        prop_assert_ne!(margin.sign(), Sign::Negative);
    }
}
