//! Every limit that the documentation states: constant and singleton groups, β → 0 and β → ±∞.

use crate::support::{admissible, advantages, assert_close, catalogue, estimator, stream};
use rs_grpo::{Estimator, entropic_risk, population_entropic_risk};

/// Constant rewards in an estimator's domain.
fn constants(estimator: &Estimator) -> Vec<Vec<f64>> {
    let rewards = [0.0, 1.0, 0.7, -3.0, 1e6 + 0.1, 1e-310];
    let groups = rewards.into_iter().flat_map(|reward| [5, 16].map(|n| vec![reward; n]));
    groups.map(|group| admissible(estimator, &group)).collect()
}

/// Bits, so that −0.0 fails.
#[track_caller]
fn assert_zeros(advantages: &[f64], what: &str) {
    assert!(advantages.iter().all(|a| a.to_bits() == 0), "{what}: {advantages:?}");
}

/// Exactly +0.0 for all estimators but `pkpo` and `pkpo-loo`, which give k r and −k r/(N−1).
#[test]
fn constant_groups_carry_no_signal() {
    let negative = ["rs-grpo:beta=-2", "rs-grpo:beta=0", "rs-loo:beta=-2", "entropic-loo:beta=-2"];
    let others = negative.into_iter().chain(["grpo:eps=0", "maxrl:eps=0", "grpo-passk:std=sample"]);
    for estimator in catalogue().chain(others.map(estimator)) {
        for group in constants(&estimator) {
            let advantages = estimator.advantages(&group).unwrap();
            let (what, reward) = (format!("{estimator} on {group:?}"), group[0]);
            let expected = match estimator {
                Estimator::Pkpo { k } => k as f64 * reward,
                Estimator::PkpoLoo { k } => -(k as f64) * reward / (group.len() - 1) as f64,
                _ => {
                    assert_zeros(&advantages, &what);
                    continue;
                }
            };
            let error = advantages.iter().map(|a| (a - expected).abs()).fold(0.0, f64::max);
            assert!(error <= 1e-14 * k_times(&estimator, reward), "{what}: {advantages:?}");
        }
    }
}

/// The size of the terms that cancel in `pkpo-loo`.
fn k_times(estimator: &Estimator, reward: f64) -> f64 {
    match estimator {
        Estimator::Pkpo { k } | Estimator::PkpoLoo { k } => *k as f64 * reward.abs(),
        _ => 0.0,
    }
}

/// A group of one: 0 where it is defined, the reward itself for `pkpo`, refused where others are needed.
#[test]
fn singleton_groups() {
    for text in ["rs-grpo:beta=2", "rs-grpo:beta=-2", "grpo", "grpo:eps=0", "dr-grpo", "maxrl"] {
        assert_zeros(&advantages(text, &[0.7]), text);
    }
    for text in ["entropic-loo:beta=2", "entropic-adaptive"] {
        assert_zeros(&advantages(text, &[0.7]), text);
    }
    for text in ["pass-at-k:k=1", "focal:k=1"] {
        assert_zeros(&advantages(text, &[1.0]), text);
    }
    assert_eq!(advantages("pkpo:k=1", &[0.7]), [0.7]);
    for text in ["rloo", "rs-loo:beta=2", "pkpo-loo:k=1", "pkpo-loo1:k=2", "pkpo-loo-mm:k=1"] {
        assert!(estimator(text).advantages(&[0.7]).is_err(), "{text}");
    }
    for text in ["pass-at-k-rloo:k=1", "grpo-passk", "focal:k=1,base=rloo"] {
        assert!(estimator(text).advantages(&[1.0]).is_err(), "{text}");
    }
}

/// β → 0: RS-GRPO is Dr. GRPO and RS-LOO is RLOO, without a jump at the smallest β.
#[test]
fn small_beta_recovers_the_mean_reward_estimators() {
    for seed in 0..20 {
        let rewards = stream(seed, 12, 24, 4.0, -2.0);
        for (risky, neutral) in [("rs-grpo", "dr-grpo"), ("rs-loo", "rloo")] {
            let limit = advantages(neutral, &rewards);
            for beta in ["0", "-0", "1e-300", "-1e-300", "5e-324", "1e-17", "-1e-16", "1e-15"] {
                let text = format!("{risky}:beta={beta}");
                assert_close(&advantages(&text, &rewards), &limit, 2e-14, &text);
            }
        }
        let mean = entropic_risk(&rewards, 0.0).unwrap();
        for beta in [1e-300, -1e-16, 1e-15] {
            assert!((entropic_risk(&rewards, beta).unwrap() - mean).abs() < 1e-14);
        }
    }
}

/// β → +∞ with m ties at the top: (N/m − 1)/β for them, −1/β for all others; mirrored for β → −∞.
/// Gaps of 1/8 and |β| ≥ 400 leave e⁻⁵⁰.
#[test]
fn large_beta_leaves_only_the_extremes() {
    let rewards = [0.5, 1.0, -0.25, 1.0, 0.875, -0.25, 0.0];
    for beta in [400.0, 3e3, 1e300, f64::MAX] {
        let share =
            |winner: bool, m: f64| if winner { (7.0 / m - 1.0) / beta } else { -1.0 / beta };
        let best: Vec<f64> = rewards.iter().map(|&r| share(r == 1.0, 2.0)).collect();
        let worst: Vec<f64> = rewards.iter().map(|&r| -share(r == -0.25, 2.0)).collect();
        let up = Estimator::RsGrpo { beta }.advantages(&rewards).unwrap();
        let down = Estimator::RsGrpo { beta: -beta }.advantages(&rewards).unwrap();
        // 1/β is subnormal at the largest β, with 50 bits left.
        assert_close(&up, &best, 2e-15, "up");
        assert_close(&down, &worst, 2e-15, "down");
        assert!((entropic_risk(&rewards, beta).unwrap() - 1.0).abs() <= 2.0 / beta);
        assert!((entropic_risk(&rewards, -beta).unwrap() + 0.25).abs() <= 2.0 / beta);
    }
}

/// RS-LOO as β → +∞: N times the lead for a single winner, 0 for all others.
#[test]
fn rs_loo_tends_to_the_lead() {
    let rewards = [0.5, 1.0, -0.25, 0.875];
    let text = "rs-loo:beta=1e300";
    assert_close(&advantages(text, &rewards), &[0.0, 0.5, 0.0, 0.0], 1e-15, text);
}

/// The source caps the entropic advantage near 1e12.
#[test]
fn entropic_loo_is_capped() {
    let advantages = advantages("entropic-loo:beta=1e4", &[1.0, 0.0, 0.0, 0.0]);
    assert_close(&advantages, &[1e12 - 1.0, -1.0, -1.0, -1.0], 1e-15, "cap");
}

/// Documented: invariant under shifts and positive scalings.
#[test]
fn entropic_adaptive_ignores_the_scale() {
    for seed in 0..20 {
        let rewards = stream(seed, 9, 24, 1.0, 0.0);
        let expected = advantages("entropic-adaptive", &rewards);
        for scale in [0.125, 3.0, 50.0] {
            let scaled: Vec<f64> = rewards.iter().map(|r| 7.0 + scale * r).collect();
            let what = format!("seed {seed}, scale {scale}");
            assert_close(&advantages("entropic-adaptive", &scaled), &expected, 1e-11, &what);
        }
    }
}

/// Probabilities that sum to 1 only within the tolerance are read as proportions.
#[test]
fn a_policy_off_by_rounding_is_normalised() {
    let (exact, off) = ([0.25, 0.75], [0.25 * (1.0 + 5e-10), 0.75 * (1.0 + 5e-10)]);
    let rewards = [1.0, 0.25];
    let of = |probabilities: &[f64], text: &str| {
        let policy = rs_grpo::Policy::new(probabilities, &rewards).unwrap();
        let mut out = vec![0.0; 2];
        estimator(text).population_advantages_into(policy, &mut out).unwrap();
        out
    };
    for text in ["rs-grpo:beta=2", "rs-grpo:beta=-0.01", "dr-grpo", "grpo", "maxrl"] {
        assert_close(&of(&off, text), &of(&exact, text), 1e-14, text);
    }
}

/// A policy that is certain of one arm has that arm's reward as its risk, at every β.
#[test]
fn a_certain_policy_has_no_risk() {
    let policy = rs_grpo::Policy::new(&[0.0, 1.0, 0.0], &[9.0, 0.5, -9.0]).unwrap();
    for beta in [-1e6, -2.0, 0.0, 1e-9, 2.0, 1e6] {
        assert_eq!(population_entropic_risk(policy, beta), Ok(0.5), "beta {beta}");
    }
}
