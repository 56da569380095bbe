//! pass@k and max@k: exact fixtures up to n = 1,000,000, laws, unbiasedness.

use crate::support::{rows, runner, stream};
use proptest::prelude::*;
use rs_grpo::{entropic_risk, max_at_k, pass_at_k};

/// `fixtures/pass_at_k.csv`: exact rationals, or products of 60-digit factors beyond n = 5000.
#[test]
fn pass_at_k_agrees_with_exact_values_up_to_a_million() {
    for row in rows(include_str!("fixtures/pass_at_k.csv")) {
        let (n, c, k) = (row[0] as u64, row[1] as u64, row[2] as u64);
        let actual = pass_at_k(n, c, k).unwrap();
        let error = (actual - row[3]).abs();
        assert!(error <= 1e-13 * row[3], "n {n}, c {c}, k {k}: {actual} is not {}", row[3]);
    }
}

/// `fixtures/max_at_k.csv`: the sum over ranks with 60 digits. The weights are a running product, whose
/// rounding drifts by 1e-17 or less a factor.
#[test]
fn max_at_k_agrees_with_sixty_digits_up_to_a_million() {
    for row in rows(include_str!("fixtures/max_at_k.csv")) {
        let rewards = stream(row[0] as u64, row[1] as usize, row[2] as u32, row[3], row[4]);
        let actual = max_at_k(&rewards, row[5] as usize).unwrap();
        let error = (actual - row[6]).abs();
        assert!(error <= (1e-14 + 1e-17 * row[1]) * row[6].abs(), "{row:?}: {actual}");
    }
}

/// Counting subsets one by one, for every n ≤ 10.
#[test]
fn pass_at_k_counts_subsets() {
    for n in 1..=10_u64 {
        for c in 0..=n {
            let mut hits = vec![0_u32; n as usize + 1];
            let mut sets = vec![0_u32; n as usize + 1];
            for set in 0..1_u32 << n {
                sets[set.count_ones() as usize] += 1;
                hits[set.count_ones() as usize] += u32::from(set & ((1 << c) - 1) != 0);
            }
            for k in 1..=n {
                let expected = f64::from(hits[k as usize]) / f64::from(sets[k as usize]);
                let actual = pass_at_k(n, c, k).unwrap();
                assert!((actual - expected).abs() <= 4e-16, "{n} {c} {k}: {actual} {expected}");
            }
        }
    }
}

#[test]
fn pass_at_k_has_exact_limits() {
    for n in [1, 2, 7, 1000, 1_000_000] {
        assert_eq!(pass_at_k(n, 0, n), Ok(0.0));
        assert_eq!(pass_at_k(n, n, 1), Ok(1.0));
        assert_eq!(pass_at_k(n, 1, n), Ok(1.0));
        // Documented: n − c < k gives 1.
        assert_eq!(pass_at_k(n, n / 2 + 1, n - n / 2), Ok(1.0));
    }
}

#[test]
fn pass_at_1_is_the_pass_rate_and_pass_at_k_grows() {
    let cases = (1..2000_u64).prop_flat_map(|n| (Just(n), 0..=n, 1..=n));
    let test = |(n, c, k)| {
        let value = pass_at_k(n, c, k).unwrap();
        let rate = pass_at_k(n, c, 1).unwrap();
        prop_assert!((rate - c as f64 / n as f64).abs() <= 4e-16 * rate);
        prop_assert!((0.0..=1.0).contains(&value));
        prop_assert!(k == n || pass_at_k(n, c, k + 1).unwrap() >= value - 1e-15);
        prop_assert!(c == n || pass_at_k(n, c + 1, k).unwrap() >= value - 1e-15);
        Ok(())
    };
    runner(500).run(&cases, test).unwrap();
}

/// E over c ~ Binomial(n, p) of pass@k is 1 − (1 − p)^k, summed over all 2ⁿ outcomes.
#[test]
fn pass_at_k_is_unbiased() {
    for (n, k, p) in [(5, 3, 0.2_f64), (8, 8, 0.05), (10, 4, 0.7), (6, 1, 0.4)] {
        let mean: f64 = (0..1_u32 << n)
            .map(|outcome| {
                let c = outcome.count_ones();
                let chance = p.powi(c as i32) * (1.0 - p).powi(n - c as i32);
                chance * pass_at_k(n as u64, u64::from(c), k as u64).unwrap()
            })
            .sum();
        let truth = 1.0 - (1.0 - p).powi(k);
        assert!((mean - truth).abs() < 1e-14, "n {n}, k {k}, p {p}: {mean} is not {truth}");
    }
}

#[test]
fn max_at_k_on_binary_rewards_is_pass_at_k() {
    let cases = (1..300_usize).prop_flat_map(|n| (Just(n), 0..=n, 1..=n));
    let test = |(n, c, k): (usize, usize, usize)| {
        let rewards: Vec<f64> = (0..n).map(|i| if i < c { 1.0 } else { 0.0 }).collect();
        let expected = pass_at_k(n as u64, c as u64, k as u64).unwrap();
        let actual = max_at_k(&rewards, k).unwrap();
        prop_assert!((actual - expected).abs() <= 1e-14, "{actual} {expected}");
        Ok(())
    };
    runner(300).run(&cases, test).unwrap();
}

/// Documented limits: k = 1 is the mean, k = N the maximum; non-decreasing between.
#[test]
fn max_at_k_runs_from_the_mean_to_the_maximum() {
    for seed in 0..50 {
        let rewards = stream(seed, 2 + seed as usize, 24, 16.0, -8.0);
        let values: Vec<f64> =
            (1..=rewards.len()).map(|k| max_at_k(&rewards, k).unwrap()).collect();
        let mean = entropic_risk(&rewards, 0.0).unwrap();
        assert!((values[0] - mean).abs() < 1e-14);
        assert_eq!(values.last(), rewards.iter().max_by(|a, b| a.total_cmp(b)));
        assert!(values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-14), "{values:?}");
    }
}
