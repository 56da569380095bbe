//! The policy is a softmax: probabilities, entropy and draws against the plain formulas.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_sims::bandit::{Draws, SoftmaxPolicy};

fn policy(logits: &[f64]) -> SoftmaxPolicy {
    SoftmaxPolicy::new(logits).expect("finite logits")
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|logit| (logit - max).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

fn entropy(policy: &[f64]) -> f64 {
    -policy.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

fn probabilities(policy: &mut SoftmaxPolicy) -> Vec<f64> {
    let mut probabilities = vec![0.0; policy.logits().len()];
    policy.probabilities_into(&mut probabilities);
    probabilities
}

/// With 128 arms or fewer, weights have 48 bits or more: 1e-11 leaves room for sums.
fn assert_is_softmax(policy: &mut SoftmaxPolicy, logits: &[f64]) -> Result<(), TestCaseError> {
    let (found, expected) = (probabilities(policy), softmax(logits));
    for (p, q) in found.iter().zip(&expected) {
        prop_assert!((p - q).abs() < 1e-11, "{p} is not {q}");
    }
    prop_assert!((policy.entropy() - entropy(&expected)).abs() < 1e-9);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Moves large enough to force rebuilds, up and down.
    #[test]
    fn follows_any_moves(
        start in prop::collection::vec(-20.0..20.0, 1..70),
        moves in prop::collection::vec((any::<prop::sample::Index>(), -30.0..30.0), 0..60),
    ) {
        let mut policy = policy(&start);
        let mut logits = start;
        for (arm, change) in moves {
            let arm = arm.index(logits.len());
            logits[arm] += change;
            prop_assert!(policy.ascend(1.0, &[arm as u32], &[change]));
            assert_is_softmax(&mut policy, &logits)?;
        }
    }

    /// Several arms at once, some of them twice.
    #[test]
    fn follows_groups_of_moves(
        moves in prop::collection::vec((0..9_usize, -0.5..0.5), 0..200),
    ) {
        let mut logits = vec![0.0; 9];
        let mut policy = policy(&logits);
        for group in moves.chunks(16) {
            for &(arm, change) in group {
                logits[arm] += 2.0 * change;
            }
            let (arms, changes): (Vec<u32>, Vec<f64>) =
                group.iter().map(|&(arm, change)| (arm as u32, change)).unzip();
            prop_assert!(policy.ascend(2.0, &arms, &changes));
        }
        assert_is_softmax(&mut policy, &logits)?;
    }
}

/// Pearson's χ² of draws from a policy.
fn chi_square(policy: &SoftmaxPolicy, draws: usize) -> f64 {
    let logits: Vec<f64> = policy.logits().collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut drawn = Draws::default();
    policy.draw_into(&mut rng, draws, &mut drawn);
    let mut counts = vec![0.0; logits.len()];
    drawn.arms().iter().for_each(|&arm| counts[arm as usize] += 1.0);
    let expected = softmax(&logits).into_iter().map(|p| p * draws as f64);
    counts.iter().zip(expected).map(|(n, e): (&f64, f64)| (n - e).powi(2) / e).sum()
}

/// 20 arms: 19 degrees of freedom, for which the 99.9 % quantile of χ² is 43.8 (tables).
#[test]
fn draws_follow_the_probabilities() {
    let logits: Vec<f64> = (0..20).map(|arm| f64::from(arm) * 0.15).collect();
    let square = chi_square(&policy(&logits), 320_000);
    assert!(square < 43.8, "χ² = {square}");
}

/// Logits that have moved within the band of their bounds, up and down, or beyond it. If arms were drawn
/// in proportion to the bounds instead of the weights, the smallest moves alone, with a root mean square
/// of 0.006, would give χ² = 6,400,000 · 0.006², over 200.
#[test]
fn draws_follow_the_probabilities_after_moves() {
    let logits: Vec<f64> = (0..20).map(|arm| f64::from(arm) * 0.15).collect();
    let mut policy = policy(&logits);
    let arms: Vec<u32> = (0..20).collect();
    for size in [0.0075, 0.05, 0.3] {
        let moves: Vec<f64> = arms.iter().map(|arm| [-1.0, 1.0, 0.2][*arm as usize % 3]).collect();
        assert!(policy.ascend(size, &arms, &moves));
        let square = chi_square(&policy, 6_400_000);
        assert!(square < 43.8, "moves of {size}: χ² = {square}");
    }
}

#[test]
fn arms_without_weight_are_never_drawn() {
    let policy = policy(&[-800.0, 0.0, -1.0, -800.0, -2.0, -800.0]);
    let mut draws = Draws::default();
    policy.draw_into(&mut Xoshiro256PlusPlus::seed_from_u64(3), 100_000, &mut draws);
    assert!(draws.arms().iter().all(|arm| [1, 2, 4].contains(arm)));
}

#[test]
fn a_logit_that_is_not_finite_is_refused() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(!policy(&[0.0, 1.0]).ascend(1.0, &[1], &[bad]), "{bad}");
        assert!(!policy(&[0.0, 1.0]).add_all(|_| bad), "{bad}");
        let refused = SoftmaxPolicy::new(&[0.0, bad]).expect_err("not finite").to_string();
        assert_eq!(refused, format!("logit is {bad}; allowed: any finite number"));
    }
    let refused = SoftmaxPolicy::new(&[]).expect_err("no arms").to_string();
    assert_eq!(refused, "arms is 0; allowed: 1 to 16777216");
}
