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

/// Exactly +0.0 for all estimators but those that say otherwise: `pkpo` and `pkpo-loo` give k r and
/// −k r/(N−1), and those without a baseline what a correct or a wrong response always gets.
#[test]
fn constant_groups_carry_no_signal() {
    let negative = ["rs-grpo:beta=-2", "rs-grpo:beta=0", "rs-loo:beta=-2", "entropic-loo:beta=-2"];
    let others = negative.into_iter().chain(["grpo:eps=0", "maxrl:eps=0", "grpo-passk:std=sample"]);
    let others = others.chain(["qae:level=0.9,eps=0", "top-eps:eps=1", "order:k=3,stat=-2/0/-1"]);
    let others = others.chain(["order:k=4,stat=trim-1", "focal-weight:gamma=2,of=rs-loo:beta=-1"]);
    let others = others.chain(["maxrl-order-loo:order=1", "maxrl-order:order=2"]);
    for estimator in catalogue().chain(others.map(estimator)) {
        for group in constants(&estimator) {
            let advantages = estimator.advantages(&group).unwrap();
            let (what, reward) = (format!("{estimator} on {group:?}"), group[0]);
            let expected = match estimator {
                Estimator::Pkpo { k } => k as f64 * reward,
                Estimator::PkpoLoo { k } => -(k as f64) * reward / (group.len() - 1) as f64,
                Estimator::MaxRlOrder { order } if reward == 0.0 => 1.0 - order as f64,
                Estimator::MaxRlOrder { .. } | Estimator::Psr => reward,
                Estimator::Nsr => reward - 1.0,
                Estimator::WReinforce { lambda } => {
                    if reward == 1.0 {
                        lambda
                    } else {
                        -1.0
                    }
                }
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
    for text in ["qae", "top-eps:eps=0.5", "top-eps:eps=1"] {
        assert_zeros(&advantages(text, &[0.7]), text);
    }
    for (text, expected) in [("psr", 1.0), ("nsr", 0.0), ("maxrl-order:order=1", 1.0)] {
        assert_eq!(advantages(text, &[1.0]), [expected], "{text}");
    }
    assert_zeros(&advantages("focal-weight:gamma=1,of=psr", &[1.0]), "focal-weight");
    for text in [
        "rloo",
        "rs-loo:beta=2",
        "pkpo-loo:k=1",
        "pkpo-loo1:k=2",
        "pkpo-loo-mm:k=1",
        "order:k=1,stat=max",
    ] {
        assert!(estimator(text).advantages(&[0.7]).is_err(), "{text}");
    }
    for text in
        ["pass-at-k-rloo:k=1", "grpo-passk", "focal:k=1,base=rloo", "maxrl-order-loo:order=1"]
    {
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

/// The gate of QAE: at most a share 1 − K correct, and only they learn; above, only the wrong ones do.
/// K N is decided as it is written: 0.57 of 100 is 57, although its product in f64 lies below.
#[test]
fn qae_lets_one_side_learn() {
    for (text, n, correct, hard) in [
        ("qae:level=0.4", 10, 6, true),
        ("qae:level=0.4", 10, 7, false),
        ("qae:level=0.57", 100, 43, true),
        ("qae:level=0.57", 100, 44, false),
        ("qae:level=0.55", 100, 45, true),
        ("qae:level=0.55", 100, 46, false),
        ("qae:level=0.999", 3, 1, false),
    ] {
        let rewards: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i < correct))).collect();
        let advantages = advantages(text, &rewards);
        let (of_correct, of_wrong) = (advantages[0], advantages[n - 1]);
        let what = format!("{text} with {correct} of {n}: {of_correct}, {of_wrong}");
        assert!((of_correct > 0.0) == hard && (of_wrong < 0.0) != hard, "{what}");
        assert!(of_correct * of_wrong == 0.0, "{what}");
    }
}

/// Of the best share ε, from its distance to the quantile; by hand.
#[test]
fn top_eps_looks_at_the_best_share() {
    let rewards = [0.5, 4.0, 1.0, 2.0, 0.0];
    assert_eq!(advantages("top-eps:eps=0.5", &rewards), [0.0, 6.0, 0.0, 2.0, 0.0]);
    assert_eq!(advantages("top-eps:eps=0.25", &rewards), [0.0, 8.0, 0.0, 0.0, 0.0]);
    assert_eq!(advantages("top-eps:eps=1", &rewards), rewards);
    // Under 1/(N − 1) the quantile is the maximum.
    assert_eq!(advantages("top-eps:eps=0.24", &rewards), [0.0; 5]);
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
