//! The tree is a softmax: probabilities, entropy and draws against the plain formulas.

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_sims::bandit::SoftmaxTree;

fn softmax(logits: &[f64]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|logit| (logit - max).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

fn entropy(policy: &[f64]) -> f64 {
    -policy.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

fn probabilities(tree: &SoftmaxTree) -> Vec<f64> {
    let mut policy = vec![0.0; tree.logits().len()];
    tree.probabilities_into(&mut policy);
    policy
}

/// Fixed-point weights of 48 bits or more at 128 arms or fewer: 1e-11 leaves room for sums.
fn assert_is_softmax(tree: &SoftmaxTree, logits: &[f64]) -> Result<(), TestCaseError> {
    let (policy, expected) = (probabilities(tree), softmax(logits));
    for (p, q) in policy.iter().zip(&expected) {
        prop_assert!((p - q).abs() < 1e-11, "{p} is not {q}");
    }
    prop_assert!((tree.entropy() - entropy(&expected)).abs() < 1e-9);
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
        let mut tree = SoftmaxTree::new(&start);
        let mut logits = start;
        for (arm, change) in moves {
            let arm = arm.index(logits.len());
            logits[arm] += change;
            tree.ascend(1.0, &[arm], &[change]);
            assert_is_softmax(&tree, &logits)?;
        }
    }

    /// Several arms at once, some of them twice.
    #[test]
    fn follows_groups_of_moves(
        moves in prop::collection::vec((0..9_usize, -0.5..0.5), 0..200),
    ) {
        let mut logits = vec![0.0; 9];
        let mut tree = SoftmaxTree::new(&logits);
        for group in moves.chunks(16) {
            for &(arm, change) in group {
                logits[arm] += 2.0 * change;
            }
            let (arms, changes): (Vec<usize>, Vec<f64>) = group.iter().copied().unzip();
            tree.ascend(2.0, &arms, &changes);
        }
        assert_is_softmax(&tree, &logits)?;
    }
}

/// Pearson's χ² over 20 arms: 19 degrees of freedom, of which 43.8 is the 99.9 % quantile (tables).
#[test]
fn draws_follow_the_probabilities() {
    let logits: Vec<f64> = (0..20).map(|arm| f64::from(arm) * 0.15).collect();
    let mut tree = SoftmaxTree::new(&logits);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut counts = [0.0; 20];
    let draws = 320_000;
    let mut arms = vec![0; draws];
    tree.draw_into(|| rng.next_u64(), &mut arms);
    arms.into_iter().for_each(|arm| counts[arm] += 1.0);
    let expected = softmax(&logits).into_iter().map(|p| p * draws as f64);
    let square: f64 =
        counts.iter().zip(expected).map(|(n, e): (&f64, f64)| (n - e).powi(2) / e).sum();
    assert!(square < 43.8, "χ² = {square}");
}

/// The two ends of the random numbers reach an arm, and never one without weight.
#[test]
fn the_ends_of_the_range_draw_possible_arms() {
    let mut tree = SoftmaxTree::new(&[-800.0, 0.0, -1.0, -800.0, -2.0, -800.0]);
    for random in [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
        let mut arms = [0];
        tree.draw_into(|| random, &mut arms);
        assert!([1, 2, 4].contains(&arms[0]), "{random} drew {arms:?}");
    }
}
