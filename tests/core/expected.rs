//! The exact expectation over groups of N: against a count of all groups, closed forms and limits.

use crate::support::{admissible, assert_close, catalogue, estimator, largest_difference, max_abs};
use rs_grpo::{Error, Estimator, Policy, effective_weight};

/// Four arms, of which two have the same reward.
const POLICY: [f64; 4] = [0.15, 0.5, 0.3, 0.05];
const REWARDS: [f64; 4] = [1.3, -0.4, 0.7, 0.7];

/// Expected advantages and the bound on their error.
fn expected(estimator: &Estimator, policy: &[f64], rewards: &[f64], n: usize) -> (Vec<f64>, f64) {
    let mut out = vec![f64::NAN; rewards.len()];
    let policy = Policy::new(policy, rewards).unwrap();
    let error = estimator.expected_advantages_into(policy, n, 1e-13, &mut out);
    let error = error.unwrap_or_else(|error| panic!("{estimator}, N {n}: {error}"));
    (out, error)
}

/// `E[A₁ | a₁ = a] − E[A₁]` over all K^N ordered groups.
fn counted(estimator: &Estimator, policy: &[f64], rewards: &[f64], n: usize) -> Vec<f64> {
    let arms = rewards.len();
    let mut sums = vec![0.0; arms];
    for code in 0..arms.pow(n as u32) {
        let group: Vec<usize> = (0..n).map(|i| code / arms.pow(i as u32) % arms).collect();
        let others: f64 = group[1..].iter().map(|&arm| policy[arm]).product();
        let drawn: Vec<f64> = group.iter().map(|&arm| rewards[arm]).collect();
        sums[group[0]] += others * estimator.advantages(&drawn).unwrap()[0];
    }
    let mean: f64 = sums.iter().zip(policy).map(|(sum, p)| sum * p).sum();
    sums.iter().map(|sum| sum - mean).collect()
}

fn assert_within(actual: &[f64], expected: &[f64], bound: f64, what: &str) {
    let off = largest_difference(actual, expected);
    // The counted side is rounded, too.
    let rounding = 1e-14 * max_abs(expected).max(1.0);
    assert!(off <= bound + rounding, "{what}: off by {off:e}, bound {bound:e}");
}

/// Every estimator, on rewards that it accepts; the bound holds, and says something.
#[test]
fn every_estimator_equals_the_count_of_all_groups() {
    for estimator in catalogue() {
        let rewards = admissible(&estimator, &REWARDS);
        let least = if estimator.advantages(&rewards[..1]).is_ok() { 1 } else { 2 };
        for n in least..=5 {
            if estimator.advantages(&vec![rewards[0]; n]).is_err() {
                continue;
            }
            let (out, bound) = expected(&estimator, &POLICY, &rewards, n);
            let exact = counted(&estimator, &POLICY, &rewards, n);
            assert_within(&out, &exact, bound, &format!("{estimator}, N {n}"));
            assert!(
                bound < 1e-10 * max_abs(&exact).max(1.0),
                "{estimator}, N {n}: bound {bound:e}"
            );
        }
    }
}

/// Every branch of the formula: negligible, narrow, shared grid, far apart, and the mirrors of all.
#[test]
fn every_size_of_beta_equals_the_count_of_all_groups() {
    for beta in ["0", "1e-300", "1e-17", "1e-9", "0.01", "0.29", "0.3", "2", "7", "64", "280"] {
        for sign in ["", "-"] {
            for (name, least) in [("rs-grpo", 1), ("rs-loo", 2)] {
                let estimator = estimator(&format!("{name}:beta={sign}{beta}"));
                for n in least..=5 {
                    let (out, bound) = expected(&estimator, &POLICY, &REWARDS, n);
                    let exact = counted(&estimator, &POLICY, &REWARDS, n);
                    assert_within(&out, &exact, bound, &format!("{estimator}, N {n}"));
                }
            }
        }
    }
    for beta in ["300", "-1e4", "1e12", "-1e300"] {
        let estimator = estimator(&format!("rs-grpo:beta={beta}"));
        for n in 1..=5 {
            let (out, bound) = expected(&estimator, &POLICY, &REWARDS, n);
            let exact = counted(&estimator, &POLICY, &REWARDS, n);
            assert!(bound < 1e-9 * 5.0, "{estimator}: {bound:e}");
            assert_close(&out, &exact, 1e-11, &format!("{estimator}, N {n}"));
        }
    }
}

/// Two draws are a pairwise comparison, elementary: `A₁ = tanh(β (r₁ − r₂)/2)/β`; one draw is no signal.
#[test]
fn one_and_two_draws_in_closed_form() {
    for beta in [-30.0, -1.0, 0.2, 3.0, 100.0] {
        let estimator = Estimator::RsGrpo { beta };
        let pair = |own: f64| {
            let others = REWARDS.iter().zip(POLICY);
            others.map(|(r, p)| p * (beta * (own - r) / 2.0).tanh() / beta).sum::<f64>()
        };
        let (out, bound) = expected(&estimator, &POLICY, &REWARDS, 2);
        assert_within(&out, &REWARDS.map(pair), bound, &format!("N 2, β {beta}"));
        assert_eq!(expected(&estimator, &POLICY, &REWARDS, 1).0, [0.0; 4]);
    }
}

/// On binary rewards the two levels differ by `w_N(p)`, an independent sum over binomial chances.
#[test]
fn binary_rewards_give_the_effective_weight() {
    let rules = ["rs-grpo:beta=2", "rs-grpo:beta=-3", "rs-loo:beta=5", "pkpo-loo-mm:k=3", "grpo"];
    for estimator in rules.map(estimator) {
        for n in [4, 16, 300] {
            for p in [0.003, 0.2, 0.9] {
                let (out, bound) = expected(&estimator, &[p, 1.0 - p], &[1.0, 0.0], n);
                let weight = effective_weight(&estimator, n, p).unwrap();
                let off = (out[0] - out[1] - weight).abs();
                let what = format!("{estimator}, N {n}, p {p}: off by {off:e}");
                assert!(off <= 2.0 * bound + 1e-12 * weight.abs().max(1.0), "{what}");
            }
        }
    }
}

/// The distance to the limit of infinite groups halves when the group doubles.
#[test]
fn large_groups_approach_the_population_like_one_over_n() {
    for text in ["rs-grpo:beta=4", "rs-grpo:beta=-2", "rs-loo:beta=4", "dr-grpo"] {
        let estimator = estimator(text);
        let mut limit = vec![0.0; 4];
        let policy = Policy::new(&POLICY, &REWARDS).unwrap();
        estimator.population_advantages_into(policy, &mut limit).unwrap();
        let distance =
            |n| largest_difference(&expected(&estimator, &POLICY, &REWARDS, n).0, &limit);
        let (near, far) = (distance(1 << 20), distance(1 << 10));
        assert!(
            near < 1e-4 && (far / near / 1024.0 - 1.0).abs() < 0.02,
            "{text}: {far} and {near}"
        );
    }
}

/// mpmath 1.3 at 40 digits: `quad` over t of the Laplace transform, without a change of variable
/// (`fixtures/make_expected.py`).
#[test]
fn groups_of_16_in_high_precision() {
    let policy = [0.01, 0.6, 0.25, 0.1, 0.04];
    let rewards = [1.0, 0.6, 0.45, 0.1, 0.0];
    for (text, golden) in [
        ("rs-grpo:beta=4", GOLDEN_RS_GRPO),
        ("rs-grpo:beta=0.3", GOLDEN_SMALL_BETA),
        ("rs-loo:beta=4", GOLDEN_RS_LOO),
    ] {
        let (out, bound) = expected(&estimator(text), &policy, &rewards, 16);
        assert_within(&out, &golden, bound, text);
    }
}

const GOLDEN_RS_GRPO: [f64; 5] = [
    0.929_940_965_135_664_7,
    0.063_097_024_593_450_29,
    -0.071_740_088_937_355_62,
    -0.204_478_628_137_701_04,
    -0.219_368_483_982_945_3,
];
const GOLDEN_SMALL_BETA: [f64; 5] = [
    0.503_847_021_147_956,
    0.097_860_459_769_485_57,
    -0.043_806_784_125_498_4,
    -0.353_368_345_179_371_68,
    -0.436_655_388_096_478_26,
];
const GOLDEN_RS_LOO: [f64; 5] = [
    1.141_138_493_430_502_7,
    0.065_084_794_786_948_83,
    -0.078_790_490_302_664_79,
    -0.215_451_316_785_253_49,
    -0.230_487_688_807_069_35,
];

/// A coarse tolerance is kept, and its bound covers what it loses.
#[test]
fn the_bound_covers_a_coarse_grid() {
    let policy = Policy::new(&POLICY, &REWARDS).unwrap();
    for text in ["rs-grpo:beta=4", "rs-grpo:beta=0.2", "rs-loo:beta=9", "rs-grpo:beta=1000"] {
        let (fine, _) = expected(&estimator(text), &POLICY, &REWARDS, 16);
        for tolerance in [1e-3, 1e-5, 1e-8] {
            let mut out = [0.0; 4];
            let run = estimator(text).expected_advantages_into(policy, 16, tolerance, &mut out);
            let bound = run.unwrap();
            let off = largest_difference(&out, &fine);
            assert!(off <= bound, "{text}, {tolerance}: off by {off:e}, bound {bound:e}");
            assert!(bound < 300.0 * tolerance, "{text}, {tolerance}: bound {bound:e}");
        }
    }
}

#[test]
fn refusals_say_what_is_allowed() {
    let rewards: Vec<f64> = (0..40).map(f64::from).collect();
    let uniform = vec![1.0 / 40.0; 40];
    let policy = Policy::new(&uniform, &rewards).unwrap();
    let mut out = vec![0.0; 40];
    let mut refused = |text: &str, n: usize, tolerance: f64| {
        let answer = estimator(text).expected_advantages_into(policy, n, tolerance, &mut out);
        answer.expect_err("refused").to_string()
    };
    let messages = [
        refused("grpo", 16, 1e-9),
        refused("entropic-adaptive", 1 << 24, 1e-9),
        refused("rs-grpo:beta=2", 0, 1e-9),
        refused("rs-grpo:beta=2", 1 << 25, 1e-9),
        refused("rs-grpo:beta=2", 16, 0.1),
        refused("rs-loo:beta=2", 1, 1e-9),
        refused("rloo", 1, 1e-9),
        refused("rs-loo:beta=1e3", 4, 1e-9),
        refused("pkpo-loo-mm:k=4", 4, 1e-9),
    ];
    insta::assert_snapshot!("expected_refused", messages.join("\n"));
    let short = estimator("rloo").expected_advantages_into(policy, 4, 1e-9, &mut [0.0; 3]);
    assert_eq!(short, Err(Error::OutputLength { got: 3, expected: 40 }));
}
