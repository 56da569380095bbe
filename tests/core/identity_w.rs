//! Identity W: `effective_weight` against enumeration of all groups, closed forms and another program.

use crate::golden::{golden, numbers};
use crate::support::{catalogue, estimator};
use rs_grpo::{Estimator, effective_weight};

fn weight(text: &str, n: usize, p: f64) -> f64 {
    effective_weight(&estimator(text), n, p).unwrap()
}

/// E[(1/N) Σ Aᵢ ∂ln π(rᵢ)/∂p] over all 2^N groups, with ∂ln π/∂p = 1/p or −1/(1−p).
fn enumerated(estimator: &Estimator, n: usize, p: f64) -> f64 {
    let mut mean = 0.0;
    for outcome in 0..1_u32 << n {
        let rewards: Vec<f64> = (0..n).map(|i| f64::from(outcome >> i & 1)).collect();
        let chance: f64 = rewards.iter().map(|&r| if r == 1.0 { p } else { 1.0 - p }).product();
        let advantages = estimator.advantages(&rewards).unwrap();
        let score = |r: f64| if r == 1.0 { 1.0 / p } else { -1.0 / (1.0 - p) };
        let sum: f64 = advantages.iter().zip(&rewards).map(|(a, &r)| a * score(r)).sum();
        mean += chance * sum / n as f64;
    }
    mean
}

#[test]
fn every_estimator_agrees_with_enumeration_of_all_groups() {
    let variants = ["grpo:std=population", "grpo-passk:std=sample", "focal:k=3,base=rloo"];
    let variants = variants.into_iter().chain(["rs-grpo:beta=-3", "rs-loo:beta=-3", "pkpo:k=1"]);
    let variants = variants.chain(["order:k=4,stat=lower-0.3", "order:k=3,stat=-1/2/0.5"]);
    let variants = variants.chain(["top-eps:eps=0.6", "qae:level=0.8", "w-reinforce:lambda=3"]);
    let variants =
        variants.chain(["maxrl-order:order=2", "maxrl-order-loo:order=3,baseline=tuples"]);
    let variants = variants.chain(["focal-weight:gamma=2.5,of=order:k=2,stat=min"]);
    for estimator in catalogue().chain(variants.map(estimator)) {
        for (n, p) in [(5, 0.3), (6, 0.05), (8, 0.9)] {
            let actual = effective_weight(&estimator, n, p).unwrap();
            let expected = enumerated(&estimator, n, p);
            // Entropic LOO gives 1e12 to a winner whose rivals weigh nothing: compare relatively.
            let error = (actual - expected).abs() / expected.abs().max(1.0);
            assert!(error < 2e-13, "{estimator}, N {n}, p {p}: {actual} is not {expected}");
        }
    }
}

/// Unbiased for pass@k means w(p) = k (1−p)^{k−1}, at every N and p.
#[test]
fn unbiased_pass_at_k_estimators_have_the_exact_weight() {
    for name in ["pkpo", "pkpo-loo", "pkpo-loo1", "pkpo-loo-mm", "pass-at-k-rloo"] {
        for k in [1, 2, 4, 7].into_iter().filter(|&k| k > 1 || name != "pkpo-loo1") {
            for (n, p) in [(8, 0.0), (8, 0.05), (16, 0.5), (16, 0.9), (200, 0.01), (9, 1.0)] {
                let actual = weight(&format!("{name}:k={k}"), n, p);
                let expected = k as f64 * (1.0_f64 - p).powi(k - 1);
                let what = format!("{name} k {k}, N {n}, p {p}: {actual} is not {expected}");
                assert!((actual - expected).abs() < 1e-12, "{what}");
            }
        }
    }
}

/// MaxRL of order T climbs Σ_{k ≤ T} (1/k) pass@k: w(p) = (1 − (1−p)^T)/p at every N, with or without
/// the baseline over the other responses. The source's baseline over the other tuples is biased.
#[test]
fn maxrl_of_every_order_has_the_truncated_weight() {
    for (n, p) in [(3, 0.4_f64), (8, 0.05), (9, 0.9), (40, 0.2)] {
        for order in [1, 2, n - 1, n] {
            let expected = (1.0 - (1.0 - p).powi(order as i32)) / p;
            let error = |text: &str| (weight(text, n, p) / expected - 1.0).abs();
            let plain = format!("maxrl-order:order={order}");
            assert!(error(&plain) < 1e-12, "{plain}, N {n}, p {p}");
            if order < n {
                let loo = format!("maxrl-order-loo:order={order}");
                assert!(error(&loo) < 1e-12, "{loo}, N {n}, p {p}");
            }
        }
    }
    let biased = weight("maxrl-order-loo:order=4,baseline=tuples", 8, 0.3);
    let expected = (1.0 - 0.7_f64.powi(4)) / 0.3;
    assert!((biased / expected - 1.0).abs() > 0.01, "{biased}, {expected}");
}

/// The statistic of K binary rewards is Σⱼ αⱼ 1[more than K − j correct]; w is the derivative of its
/// mean, here by central differences of a polynomial.
#[test]
fn l_statistics_have_the_derivative_of_their_mean() {
    let chance = |k: usize, c: usize, p: f64| {
        let choose = (0..c).fold(1.0, |product, i| product * (k - i) as f64 / (i + 1) as f64);
        choose * p.powi(c as i32) * (1.0 - p).powi((k - c) as i32)
    };
    let cases: [(&str, usize, &[f64]); 5] = [
        ("top-2", 4, &[0.0, 0.0, 0.5, 0.5]),
        ("median", 5, &[0.0, 0.0, 1.0, 0.0, 0.0]),
        ("lower-0.5", 4, &[0.5, 0.5, 0.0, 0.0]),
        ("trim-1", 4, &[0.0, 0.5, 0.5, 0.0]),
        ("3/-1/0.25", 3, &[3.0, -1.0, 0.25]),
    ];
    for (stat, k, alpha) in cases {
        let mean = |p: f64| -> f64 {
            let value = |c: usize| alpha[k - c..].iter().sum::<f64>();
            (0..=k).map(|c| chance(k, c, p) * value(c)).sum()
        };
        for (n, p) in [(k + 1, 0.3), (9, 0.08), (30, 0.7)] {
            let slope = (mean(p + 1e-5) - mean(p - 1e-5)) / 2e-5;
            let actual = weight(&format!("order:k={k},stat={stat}"), n, p);
            assert!((actual - slope).abs() < 1e-8, "{stat}, N {n}, p {p}: {actual} is not {slope}");
        }
    }
}

/// PSR, NSR and W-REINFORCE climb the pass rate, at 1, 1 and 1 + λ.
#[test]
fn without_a_baseline_the_weight_is_constant() {
    for (n, p) in [(1, 0.5), (7, 0.01), (16, 0.9)] {
        for (text, expected) in [("psr", 1.0), ("nsr", 1.0), ("w-reinforce:lambda=0.3", 1.3)] {
            assert!((weight(text, n, p) - expected).abs() < 1e-14, "{text}, N {n}, p {p}");
        }
    }
}

/// QAE has GRPO's limit 1/√(p(1−p)) on either side of its gate, and F-GRPO of RLOO has (1 − p)^γ.
#[test]
fn quantile_baselines_and_focal_weights_approach_their_limit() {
    for p in [0.2_f64, 0.8] {
        let limits = [
            ("qae:level=0.4,eps=0", 1.0 / (p * (1.0 - p)).sqrt()),
            ("focal-weight:gamma=1.5,of=rloo", (1.0 - p).powf(1.5)),
        ];
        for (text, limit) in limits {
            let off = |n| (weight(text, n, p) / limit - 1.0).abs();
            assert!(off(50) > 1e-4 && off(3200) < off(50) / 30.0, "{text}, p {p}");
        }
    }
}

/// Closed forms: RLOO 1, Dr. GRPO (N−1)/N, MaxRL (1 − (1−p)^{N−1})/p as ε → 0, GRPO_PASSK (1−p)^{N−1}.
#[test]
fn the_others_have_their_closed_form() {
    for (n, p) in [(2, 0.3_f64), (4, 0.05), (16, 0.25), (1000, 0.002)] {
        let none = (1.0 - p).powi(n as i32 - 1);
        let forms = [
            ("rloo", 1.0),
            ("dr-grpo", 1.0 - 1.0 / n as f64),
            ("maxrl:eps=0", (1.0 - none) / p),
            ("grpo-passk", none),
        ];
        for (text, expected) in forms {
            let actual = weight(text, n, p);
            assert!((actual - expected).abs() < 2e-12 * expected, "{text}, N {n}, p {p}: {actual}");
        }
    }
}

/// Documented limits N → ∞ on binary rewards: GRPO climbs 2 arcsin √p, Chen et al. (2/k) arcsin √pass@k,
/// RS-GRPO the entropic risk. The error falls like 1/N.
#[test]
fn biased_estimators_approach_their_limit() {
    let (p, q) = (0.3_f64, 2_f64.exp() - 1.0);
    let pass_at_4 = 1.0 - (1.0 - p).powi(4);
    let limits = [
        ("grpo:eps=0", 1.0 / (p * (1.0 - p)).sqrt()),
        ("pass-at-k:k=4,eps=0", (1.0 - p).powi(3) / (pass_at_4 * (1.0 - pass_at_4)).sqrt()),
        ("rs-grpo:beta=2", q / (2.0 * (1.0 + p * q))),
    ];
    for (text, limit) in limits {
        let off = |n| (weight(text, n, p) - limit).abs() / limit;
        assert!(off(50) > 1e-3, "{text} is biased");
        assert!(off(400) < off(50) / 6.0 && off(3200) < off(400) / 6.0, "{text} converges");
    }
}

/// `fixtures/golden_advantages.json`: the same mean with 60 digits, by another program, for groups of 16.
#[test]
fn weights_of_sixteen_responses_are_those_of_another_program() {
    let rows = golden("weights");
    assert_eq!(rows.len(), 15);
    for row in rows {
        let text = row["estimator"].as_str().unwrap();
        let n = row["n"].as_u64().unwrap() as usize;
        for (p, expected) in numbers(&row["p"]).into_iter().zip(numbers(&row["weight"])) {
            let actual = weight(text, n, p);
            let close = (actual - expected).abs() <= 1e-13 * expected.abs();
            assert!(close, "{text}, N {n}, p {p}: {actual} is not {expected}");
        }
    }
}
