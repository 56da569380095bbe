//! Laws of section "Properties": of every estimator, and of RS-GRPO and the entropic risk.

use crate::support::{
    admissible, advantages, assert_close, catalogue, estimator, largest_difference, max_abs,
    runner, stream,
};
use proptest::prelude::*;
use rs_grpo::{Estimator, Scratch, entropic_risk};

/// Groups whose rewards, and small multiples and shifts of them, are exact: multiples of 2⁻¹⁰.
fn groups() -> impl Strategy<Value = Vec<f64>> {
    let reward =
        prop_oneof![-4096_i32..4096, (-2_i32..3).prop_map(|level| level * 1024), Just(1024),];
    prop::collection::vec(reward.prop_map(|r| f64::from(r) / 1024.0), 5..40)
}

/// β of either sign over ten orders of magnitude.
fn betas() -> impl Strategy<Value = f64> {
    (-8.0..2.0_f64, any::<bool>())
        .prop_map(|(exponent, sign)| 10_f64.powf(exponent) * if sign { 1.0 } else { -1.0 })
}

fn rs_grpo(rewards: &[f64], beta: f64) -> Vec<f64> {
    Estimator::RsGrpo { beta }.advantages(rewards).unwrap()
}

#[test]
fn every_estimator_commutes_with_permutations() {
    let cases = groups().prop_flat_map(|group| (Just(group.clone()), Just(group).prop_shuffle()));
    let test = |(group, shuffled): (Vec<f64>, Vec<f64>)| {
        for estimator in catalogue() {
            let sorted = |rewards: &[f64]| {
                let rewards = admissible(&estimator, rewards);
                let advantages = estimator.advantages(&rewards).unwrap();
                let mut pairs: Vec<_> = rewards.into_iter().zip(advantages).collect();
                pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
                pairs.into_iter().map(|pair| pair.1).collect::<Vec<f64>>()
            };
            assert_close(&sorted(&shuffled), &sorted(&group), 1e-11, &estimator.to_string());
        }
        Ok(())
    };
    runner(150).run(&cases, test).unwrap();
}

/// A better reward never gets a lower advantage, whatever the sign of β. Documented exception:
/// `entropic-loo` with β < 0, which is not divided by β and so rewards the worst.
#[test]
fn every_estimator_is_monotone_in_the_reward() {
    let others = ["rs-grpo:beta=-3", "rs-loo:beta=-3", "grpo:eps=0", "grpo-passk:std=sample"];
    let estimators: Vec<Estimator> = catalogue().chain(others.map(estimator)).collect();
    let test = |group: Vec<f64>| {
        for estimator in &estimators {
            let rewards = admissible(estimator, &group);
            let advantages = estimator.advantages(&rewards).unwrap();
            let mut order: Vec<usize> = (0..rewards.len()).collect();
            order.sort_by(|&i, &j| rewards[i].total_cmp(&rewards[j]));
            let slack = 1e-13 * max_abs(&advantages);
            let rising = |pair: &[usize]| advantages[pair[0]] <= advantages[pair[1]] + slack;
            prop_assert!(order.windows(2).all(rising), "{estimator}: {rewards:?} {advantages:?}");
        }
        Ok(())
    };
    runner(200).run(&groups(), test).unwrap();
    let exception = advantages("entropic-loo:beta=-3", &[0.0, 1.0, 0.5]);
    assert!(exception[0] > exception[2] && exception[2] > exception[1], "{exception:?}");
}

/// Tied rewards get the same bits, wherever they stand.
#[test]
fn tied_rewards_get_equal_advantages() {
    let texts = [
        "order:k=4,stat=median",
        "order:k=4,stat=trim-1",
        "order:k=4,stat=lower-0.2",
        "order:k=3,stat=-1/0.1/0.7",
        "order:k=1,stat=mean",
        "top-eps:eps=0.6",
        "qae:level=0.3",
        "pkpo-loo-mm:k=3",
    ];
    let test = |group: Vec<f64>| {
        for text in texts {
            let advantages = advantages(text, &group);
            for i in 0..group.len() {
                for j in 0..i {
                    let same = advantages[i].to_bits() == advantages[j].to_bits();
                    prop_assert!(group[i] != group[j] || same, "{text}: {group:?} {advantages:?}");
                }
            }
        }
        Ok(())
    };
    runner(200).run(&groups(), test).unwrap();
}

/// `sums_to_zero` is true exactly for the estimators that do so on every group tried.
#[test]
fn sums_to_zero_says_what_the_sums_do() {
    for estimator in catalogue() {
        let off = |seed| {
            let rewards = admissible(&estimator, &stream(seed, 5 + seed as usize, 24, 4.0, -2.5));
            let advantages = estimator.advantages(&rewards).unwrap();
            advantages.iter().sum::<f64>().abs() / max_abs(&advantages).max(f64::MIN_POSITIVE)
        };
        let worst = (0..60).map(off).fold(0.0, f64::max);
        assert_eq!(estimator.sums_to_zero(), worst < 1e-12, "{estimator}: {worst:e}");
    }
}

/// `advantages_into` with a used scratch and a dirty buffer writes the bits of `advantages`.
#[test]
fn memory_does_not_leak_from_call_to_call() {
    for estimator in catalogue() {
        let mut scratch = Scratch::new();
        for (seed, n) in [(1, 9), (2, 30), (3, 6)] {
            let rewards = admissible(&estimator, &stream(seed, n, 24, 4.0, -2.0));
            let mut out = vec![f64::NAN; n];
            estimator.advantages_into(&rewards, &mut out, &mut scratch).unwrap();
            assert_eq!(out, estimator.advantages(&rewards).unwrap(), "{estimator}");
        }
    }
}

#[test]
fn shifting_the_rewards_changes_nothing() {
    let test = |(group, shift, beta): (Vec<f64>, i32, f64)| {
        let shifted: Vec<f64> = group.iter().map(|r| r + f64::from(shift)).collect();
        prop_assert_eq!(rs_grpo(&shifted, beta), rs_grpo(&group, beta));
        for text in ["grpo", "dr-grpo", "rloo", "pkpo-loo1:k=3", "pkpo-loo-mm:k=3", "grpo-passk"] {
            let what = format!("{text} shifted by {shift}");
            assert_close(&advantages(text, &shifted), &advantages(text, &group), 1e-14, &what);
        }
        for text in ["rs-loo:beta=2", "rs-loo:beta=-50", "entropic-loo:beta=1", "entropic-adaptive"]
        {
            let what = format!("{text} shifted by {shift}");
            assert_close(&advantages(text, &shifted), &advantages(text, &group), 1e-14, &what);
        }
        Ok(())
    };
    let shifts = prop_oneof![-10..10, Just(1_000_000), Just(-1_000_000)];
    runner(300).run(&(groups(), shifts, betas()), test).unwrap();
}

/// A_β(s r) = s A_{sβ}(r) for s > 0.
#[test]
fn rs_grpo_scales() {
    let test = |(group, scale, beta): (Vec<f64>, i32, f64)| {
        let s = f64::from(scale);
        let scaled: Vec<f64> = group.iter().map(|r| s * r).collect();
        let expected: Vec<f64> = rs_grpo(&group, s * beta).iter().map(|a| s * a).collect();
        // s β is rounded, which moves the exponents by 2⁻⁵³ of their size, at most 4e4.
        assert_close(&rs_grpo(&scaled, beta), &expected, 1e-11, "scaled");
        Ok(())
    };
    runner(300).run(&(groups(), 1..50, betas()), test).unwrap();
}

/// A_{−β}(−r) = −A_β(r), to the bit but for the sign of 0.
#[test]
fn rs_grpo_reflects() {
    let test = |(group, beta): (Vec<f64>, f64)| {
        let mirrored: Vec<f64> = group.iter().map(|r| -r).collect();
        let expected: Vec<f64> = rs_grpo(&group, beta).iter().map(|a| -a).collect();
        prop_assert_eq!(rs_grpo(&mirrored, -beta), expected);
        Ok(())
    };
    runner(300).run(&(groups(), betas()), test).unwrap();
}

/// β > 0: −1/β ≤ A ≤ (N−1)/β; mirrored for β < 0. Σ A = 0. A = expm1(β (r − V_β))/β.
#[test]
fn rs_grpo_stays_in_range_and_follows_the_risk() {
    let test = |(group, beta): (Vec<f64>, f64)| {
        let advantages = rs_grpo(&group, beta);
        let largest = max_abs(&advantages);
        let (unit, n) = (1.0 / beta.abs(), group.len() as f64);
        for &advantage in &advantages {
            let toward = advantage * beta.signum();
            prop_assert!(toward >= -unit * (1.0 + 1e-14), "{advantage}");
            prop_assert!(toward <= (n - 1.0) * unit * (1.0 + 1e-14), "{advantage}");
        }
        prop_assert!(advantages.iter().sum::<f64>().abs() <= 1e-14 * n * largest);
        let risk = entropic_risk(&group, beta).unwrap();
        let by_risk: Vec<f64> = group.iter().map(|r| (beta * (r - risk)).exp_m1() / beta).collect();
        // V_β carries 2⁻⁵³ of the largest reward; β times that enters the exponent.
        let slack = 1e-12 * (1.0 + beta.abs()) * largest + 1e-14;
        prop_assert!(largest_difference(&advantages, &by_risk) <= slack);
        Ok(())
    };
    runner(300).run(&(groups(), betas()), test).unwrap();
}

/// A = x + (β/2)(x² − m₂) + (β²/6)(x³ − m₃ − 3 x m₂) + O(β³) with x = r − r̄.
#[test]
fn rs_grpo_has_its_series_at_small_beta() {
    let test = |(group, exponent): (Vec<f64>, f64)| {
        let x = advantages("dr-grpo", &group);
        let moment = |power| x.iter().map(|x| x.powi(power)).sum::<f64>() / x.len() as f64;
        let (m2, m3, largest) = (moment(2), moment(3), max_abs(&x));
        for beta in [10_f64.powf(exponent), -(10_f64.powf(exponent))] {
            let series = x.iter().map(|x| {
                let (first, second) = (x * x - m2, x.powi(3) - m3 - 3.0 * x * m2);
                x + beta / 2.0 * first + beta * beta / 6.0 * second
            });
            let series: Vec<f64> = series.collect();
            // The next coefficient is below 1 · |x|⁴.
            let slack = beta.abs().powi(3) * largest.powi(4) + 1e-14 * largest;
            let error = largest_difference(&rs_grpo(&group, beta), &series);
            prop_assert!(error <= slack, "beta {beta}: {error:e} exceeds {slack:e}");
        }
        Ok(())
    };
    runner(300).run(&(groups(), -9.0..-1.5), test).unwrap();
}

/// min ≤ V_β ≤ max, non-decreasing in β, and a shift of the rewards shifts it.
#[test]
fn entropic_risk_has_its_laws() {
    let test = |(group, beta, growth): (Vec<f64>, f64, f64)| {
        let risk = |beta| entropic_risk(&group, beta).unwrap();
        let (min, max) = group.iter().fold((f64::MAX, f64::MIN), |(a, b), r| (r.min(a), r.max(b)));
        prop_assert!((min - 1e-14..=max + 1e-14).contains(&risk(beta)));
        prop_assert!(risk(beta) <= risk(beta + growth) + 2e-14);
        let shifted: Vec<f64> = group.iter().map(|r| r + 8.0).collect();
        prop_assert!((entropic_risk(&shifted, beta).unwrap() - risk(beta) - 8.0).abs() < 1e-14);
        Ok(())
    };
    runner(300).run(&(groups(), betas(), 0.0..5.0), test).unwrap();
}
