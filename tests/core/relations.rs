//! Estimators that are one another in a corner of their parameters.

use crate::support::{advantages, assert_close, stream};
use rs_grpo::{Group, Spread};

fn real_groups() -> impl Iterator<Item = Vec<f64>> {
    (0..30).map(|seed| stream(seed, 2 + seed as usize % 11, [3, 24][seed as usize % 2], 4.0, -2.0))
}

fn binary_groups() -> impl Iterator<Item = Vec<f64>> {
    (0..40).map(|seed| stream(seed, 2 + seed as usize % 13, 1, 2.0, 0.0))
}

/// Fails unless `left` is `scale` times `right` on every group.
#[track_caller]
fn assert_same(left: &str, right: &str, scale: f64, groups: impl Iterator<Item = Vec<f64>>) {
    for rewards in groups {
        let expected: Vec<f64> = advantages(right, &rewards).iter().map(|a| scale * a).collect();
        let what = format!("{left} is {scale} times {right} on {rewards:?}");
        assert_close(&advantages(left, &rewards), &expected, 2e-14, &what);
    }
}

#[test]
fn k_of_one_is_the_mean_reward_estimator() {
    assert_same("pkpo-loo-mm:k=1", "rloo", 1.0, real_groups());
    assert_same("pass-at-k-rloo:k=1", "rloo", 1.0, binary_groups());
    assert_same("pass-at-k:k=1", "grpo:std=population", 1.0, binary_groups());
    assert_same("pass-at-k:k=1,eps=0.01", "grpo:std=population,eps=0.01", 1.0, binary_groups());
    assert_same("focal:k=1", "grpo", 1.0, binary_groups());
    assert_same("focal:k=1,base=rloo", "rloo", 1.0, binary_groups());
    assert_same("focal:k=1,base=dr-grpo", "dr-grpo", 1.0, binary_groups());
}

#[test]
fn l_statistics_are_what_is_known_under_other_names() {
    for rewards in real_groups() {
        let n = rewards.len();
        let same = |left: &str, right: &str| {
            assert_same(left, right, 1.0, std::iter::once(rewards.clone()));
        };
        for k in 1..n {
            same(&format!("order:k={k},stat=max"), &format!("pkpo-loo-mm:k={k}"));
            same(&format!("order:k={k},stat=mean"), "rloo");
            same(&format!("order:k={k},stat=rank-1"), &format!("pkpo-loo-mm:k={k}"));
            same(&format!("order:k={k},stat=top-{k}"), "rloo");
            same(&format!("order:k={k},stat=upper-1"), "rloo");
        }
        same("order:k=1,stat=median", "rloo");
    }
}

/// However many ranks there are, one by one or by sums of positions: a few are added, many are not, and
/// given weights always are.
#[test]
fn many_ranks_are_the_sum_of_each() {
    for (seed, n, k) in [(1, 30, 20), (2, 30, 29), (3, 57, 12), (4, 200, 140), (5, 13, 12)] {
        let rewards = stream(seed, n, 24, 4.0, -2.0);
        let (most, few) = (k - 2, k / 3);
        for (stat, first, last) in [
            (format!("top-{most}"), 3, k),
            (format!("bottom-{most}"), 1, k - 2),
            (format!("trim-{few}"), few + 1, k - few),
            ("trim-1".to_owned(), 2, k - 1),
            ("mean".to_owned(), 1, k),
        ] {
            let share = 1.0 / (last + 1 - first) as f64;
            let weight = |j: usize| if (first..=last).contains(&j) { share } else { 0.0 };
            let weights: Vec<String> = (1..=k).map(|j| weight(j).to_string()).collect();
            let (named, given) = (format!("order:k={k},stat={stat}"), weights.join("/"));
            let expected = advantages(&format!("order:k={k},stat={given}"), &rewards);
            assert_close(&advantages(&named, &rewards), &expected, 1e-13, &named);
        }
    }
}

/// Reversing rewards and ranks changes the sign.
#[test]
fn l_statistics_reflect() {
    for rewards in real_groups().filter(|rewards| rewards.len() > 4) {
        let mirrored: Vec<f64> = rewards.iter().map(|r| -r).collect();
        for (left, right) in [
            ("order:k=4,stat=max", "order:k=4,stat=min"),
            ("order:k=4,stat=top-3", "order:k=4,stat=bottom-3"),
            ("order:k=4,stat=upper-0.3", "order:k=4,stat=lower-0.3"),
            ("order:k=3,stat=median", "order:k=3,stat=median"),
            ("order:k=3,stat=1/0/4", "order:k=3,stat=4/0/1"),
        ] {
            let expected: Vec<f64> = advantages(right, &mirrored).iter().map(|a| -a).collect();
            assert_close(&advantages(left, &rewards), &expected, 2e-14, left);
        }
    }
}

/// Documented: order 1 is RLOO, order N − 1 the released MaxRL without its ε.
#[test]
fn maxrl_is_the_last_order_of_its_series() {
    assert_same("maxrl-order-loo:order=1", "rloo", 1.0, binary_groups());
    for rewards in binary_groups() {
        let last = format!("maxrl-order-loo:order={}", rewards.len() - 1);
        assert_same(&last, "maxrl:eps=0", 1.0, std::iter::once(rewards));
    }
}

/// Documented: γ = 0 is the other estimator; the focal factor of k = 2 is twice that of γ = 1.
#[test]
fn focal_weights_are_what_is_known_under_other_names() {
    assert_same(
        "focal-weight:gamma=0,of=entropic-loo:beta=3",
        "entropic-loo:beta=3",
        1.0,
        binary_groups(),
    );
    assert_same("focal:k=2", "focal-weight:gamma=1", 2.0, binary_groups());
    let of_four = binary_groups().filter(|rewards| rewards.len() >= 4);
    assert_same("focal:k=4,base=rloo", "focal-weight:gamma=3,of=rloo", 4.0, of_four);
    assert_same("w-reinforce:lambda=0", "nsr", 1.0, binary_groups());
}

#[test]
fn risk_neutral_forms() {
    assert_same("rs-grpo:beta=0", "dr-grpo", 1.0, real_groups());
    assert_same("rs-loo:beta=0", "rloo", 1.0, real_groups());
}

/// GRPO_PASSK is PKPO s_loo−1 with k = N, divided by N.
#[test]
fn grpo_passk_is_pkpo_with_k_equal_to_the_group_size() {
    for rewards in real_groups() {
        let n = rewards.len();
        let full = format!("pkpo-loo1:k={n}");
        assert_same("grpo-passk", &full, 1.0 / n as f64, std::iter::once(rewards));
    }
}

/// As β → ∞, for a single winner; ties leave only terms of size 1/β.
#[test]
fn rs_loo_at_infinite_risk_is_grpo_passk() {
    let has_lead = |rewards: &Vec<f64>| advantages("grpo-passk", rewards).iter().any(|a| *a > 0.0);
    let groups: Vec<Vec<f64>> = real_groups().filter(has_lead).collect();
    assert!(groups.len() > 10);
    for rewards in groups {
        let n = rewards.len() as f64;
        assert_same("rs-loo:beta=1e200", "grpo-passk", n, std::iter::once(rewards));
    }
}

/// RS-GRPO on 0/1 rewards is MaxRL smoothed by δ = 1/(e^β − 1), divided by β. (For β > 0 the ε of
/// MaxRL takes the part of δ.)
#[test]
fn rs_grpo_on_binary_rewards_is_smoothed_maxrl() {
    for beta in [0.01, 0.5, 2.0, 8.0, 40.0_f64] {
        let maxrl = format!("maxrl:eps={:e}", 1.0 / beta.exp_m1());
        assert_same(&format!("rs-grpo:beta={beta}"), &maxrl, 1.0 / beta, binary_groups());
    }
}

/// s² divides by N or by N − 1.
#[test]
fn grpo_divisors_differ_by_the_root_of_n_over_n_less_one() {
    for rewards in real_groups() {
        let n = rewards.len() as f64;
        let ratio = (n / (n - 1.0)).sqrt();
        assert_same("grpo:std=population,eps=0", "grpo:eps=0", ratio, std::iter::once(rewards));
    }
}

/// Of 1, 2, 3, 4 the squares of the deviations sum to 5: √(5/3) and √(5/4), by hand.
#[test]
fn a_group_knows_its_spread() {
    let group = Group::new(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert!((group.standard_deviation(Spread::Sample) - (5.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    assert!((group.standard_deviation(Spread::Population) - 1.25_f64.sqrt()).abs() < 1e-15);
    for spread in [Spread::Sample, Spread::Population] {
        assert_eq!(Group::new(&[0.3]).unwrap().standard_deviation(spread), 0.0);
        assert_eq!(Group::new(&[0.1; 7]).unwrap().standard_deviation(spread), 0.0);
    }
}
