//! Bad input is refused with a typed error that names what was given; nothing panics.

use crate::support::{catalogue, estimator, runner};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rs_grpo::{
    Base, Error, Estimator, Group, OrderStatistic, Policy, Scratch, Spread, effective_weight,
    entropic_risk, max_at_k, pass_at_k, population_entropic_risk,
};

/// The parameter that the error blames.
fn blamed<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result {
        Err(Error::Parameter { parameter, .. }) => parameter,
        other => panic!("{other:?} blames no parameter"),
    }
}

fn try_on(text: &str, rewards: &[f64]) -> Result<Vec<f64>, Error> {
    estimator(text).advantages(rewards)
}

#[test]
fn every_estimator_refuses_empty_and_non_finite_groups() {
    for estimator in catalogue() {
        assert_eq!(estimator.advantages(&[]), Err(Error::EmptyGroup), "{estimator}");
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let result = estimator.advantages(&[0.0, 1.0, bad, 0.0, bad]);
            let Err(Error::NonFiniteReward { index, value }) = result else {
                panic!("{estimator}: {result:?}");
            };
            assert_eq!((index, value.to_bits()), (2, bad.to_bits()), "the first one, {estimator}");
        }
    }
}

#[test]
fn every_estimator_refuses_a_buffer_of_another_length() {
    for estimator in catalogue() {
        let result = estimator.advantages_into(&[0.0; 8], &mut [0.0; 7], &mut Scratch::new());
        assert_eq!(result, Err(Error::OutputLength { got: 7, expected: 8 }), "{estimator}");
    }
}

#[test]
fn every_estimator_refuses_rewards_too_far_apart() {
    for estimator in catalogue() {
        let result = estimator.advantages(&[f64::MAX, 0.0, -f64::MAX, 0.0, 0.0]);
        let expected = Error::RewardsTooFarApart { min: -f64::MAX, max: f64::MAX };
        assert_eq!(result, Err(expected), "{estimator}");
    }
}

#[test]
fn k_must_fit_the_group() {
    for estimator in catalogue() {
        let name = estimator.name();
        for k in [0, 6, usize::MAX] {
            let result = match estimator.clone() {
                Estimator::Pkpo { .. } => Estimator::Pkpo { k }.advantages(&[1.0; 5]),
                Estimator::PkpoLoo { .. } => Estimator::PkpoLoo { k }.advantages(&[1.0; 5]),
                Estimator::PkpoLoo1 { .. } => Estimator::PkpoLoo1 { k }.advantages(&[1.0; 5]),
                Estimator::PkpoLooMm { .. } => Estimator::PkpoLooMm { k }.advantages(&[1.0; 5]),
                Estimator::PassAtK { epsilon, .. } => {
                    Estimator::PassAtK { k, epsilon }.advantages(&[1.0; 5])
                }
                Estimator::Focal { base, .. } => Estimator::Focal { k, base }.advantages(&[1.0; 5]),
                Estimator::PassAtKRloo { .. } => Estimator::PassAtKRloo { k }.advantages(&[1.0; 5]),
                Estimator::Order { statistic, .. } => {
                    Estimator::Order { k, statistic }.advantages(&[1.0; 5])
                }
                _ => {
                    let parameters = estimator.parameters();
                    assert!(parameters.iter().all(|(key, _)| *key != "k"), "{name} has a k");
                    continue;
                }
            };
            assert_eq!(blamed(result), "k", "{name} with k = {k}");
        }
    }
    assert_eq!(blamed(try_on("order:k=5", &[1.0; 5])), "k");
    assert_eq!(blamed(try_on("maxrl-order:order=6", &[1.0; 5])), "order");
    assert_eq!(blamed(try_on("maxrl-order-loo:order=5", &[1.0; 5])), "order");
    assert_eq!(blamed(try_on("pkpo-loo:k=5", &[1.0; 5])), "k");
    assert_eq!(blamed(try_on("pkpo-loo-mm:k=5", &[1.0; 5])), "k");
    assert_eq!(blamed(try_on("pkpo-loo1:k=1", &[1.0; 5])), "k");
    assert_eq!(blamed(max_at_k(&[1.0; 5], 0)), "k");
    assert_eq!(blamed(max_at_k(&[1.0; 5], 6)), "k");
    assert_eq!(blamed(pass_at_k(5, 2, 0)), "k");
    assert_eq!(blamed(pass_at_k(5, 2, 6)), "k");
    assert_eq!(blamed(pass_at_k(5, 6, 2)), "c");
    assert_eq!(blamed(pass_at_k(0, 0, 1)), "n");
}

#[test]
fn beta_and_epsilon_must_be_finite() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for estimator in [
            Estimator::RsGrpo { beta: bad },
            Estimator::RsLoo { beta: bad },
            Estimator::EntropicLoo { beta: bad },
        ] {
            assert_eq!(blamed(estimator.advantages(&[0.0, 1.0])), "beta");
            let policy = Policy::new(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
            assert_eq!(blamed(estimator.population_advantages_into(policy, &mut [0.0; 2])), "beta");
            assert_eq!(blamed(population_entropic_risk(policy, bad)), "beta");
            assert_eq!(blamed(entropic_risk(&[0.0, 1.0], bad)), "beta");
        }
    }
    for bad in [f64::NAN, f64::INFINITY, -1e-300] {
        for estimator in [
            Estimator::Grpo { epsilon: bad, spread: Spread::Sample },
            Estimator::MaxRl { epsilon: bad },
            Estimator::PassAtK { k: 1, epsilon: bad },
        ] {
            assert_eq!(blamed(estimator.advantages(&[0.0, 1.0])), "eps");
        }
        let grpo = Estimator::Grpo { epsilon: bad, spread: Spread::Sample };
        let policy = Policy::new(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
        assert_eq!(blamed(grpo.population_advantages_into(policy, &mut [0.0; 2])), "eps");
    }
}

/// Values that no text can give, but a program can.
#[test]
fn parameters_are_checked_however_they_are_made() {
    for bad in [f64::NAN, f64::INFINITY, -1e-300] {
        let lambda = Estimator::WReinforce { lambda: bad };
        let gamma = Estimator::FocalWeight { gamma: bad, of: estimator("rloo").into() };
        let qae = Estimator::Qae { level: 0.5, epsilon: bad, spread: Spread::Sample };
        for (bad, key) in [(lambda, "lambda"), (gamma, "gamma"), (qae, "eps")] {
            assert_eq!(blamed(bad.advantages(&[0.0, 1.0])), key);
        }
    }
    for bad in [f64::NAN, 0.0, -0.5, 1.5, f64::INFINITY] {
        let top = Estimator::TopEps { epsilon: bad };
        let qae = Estimator::Qae { level: bad, epsilon: 0.0, spread: Spread::Sample };
        assert_eq!(blamed(top.advantages(&[0.0, 1.0])), "eps");
        assert_eq!(blamed(qae.advantages(&[0.0, 1.0])), "level");
        for statistic in [OrderStatistic::Upper(bad), OrderStatistic::Lower(bad)] {
            let order = Estimator::Order { k: 2, statistic };
            assert_eq!(blamed(order.advantages(&[0.0, 1.0, 2.0])), "stat");
        }
    }
    for statistic in [
        OrderStatistic::Top(0),
        OrderStatistic::Top(4),
        OrderStatistic::Bottom(usize::MAX),
        OrderStatistic::Rank(0),
        OrderStatistic::Rank(usize::MAX),
        OrderStatistic::Trim(2),
        OrderStatistic::Trim(usize::MAX),
        OrderStatistic::Weights(vec![]),
        OrderStatistic::Weights(vec![1.0; 2]),
        OrderStatistic::Weights(vec![1.0, f64::NAN, 0.0]),
    ] {
        let order = Estimator::Order { k: 3, statistic };
        assert_eq!(blamed(order.advantages(&[0.0, 1.0, 2.0, 3.0])), "stat", "{order:?}");
    }
    let nested = Estimator::FocalWeight { gamma: 1.0, of: estimator("focal-weight").into() };
    assert_eq!(blamed(nested.advantages(&[0.0, 1.0])), "of");
}

/// A long text is refused in time and memory of its own length.
#[test]
fn long_texts_are_refused_at_once() {
    let many = 200_000;
    for text in [
        "focal-weight:of=".repeat(many),
        "x".repeat(many),
        format!("order:k=4,stat={}", "1/".repeat(many)),
        format!("order:k=4,stat={}", "-".repeat(many)),
        format!("rs-grpo:{}", "beta=2,".repeat(many)),
    ] {
        assert!(text.parse::<Estimator>().is_err());
    }
    let weights = vec!["1"; many].join("/");
    let order = estimator(&format!("order:k=4,stat={weights}"));
    assert!(order.advantages(&[0.0, 1.0, 2.0, 3.0, 4.0]).is_err());
}

/// A million responses take a moment, whatever the statistic.
#[test]
fn long_groups_take_no_longer_for_many_ranks() {
    let (n, rewards) = (1_000_000, crate::support::stream(9, 1_000_000, 24, 1.0, 0.0));
    for stat in ["upper-0.3", "trim-100000", "median", "mean", "lower-0.9"] {
        let text = format!("order:k={},stat={stat}", n / 2);
        let advantages = try_on(&text, &rewards).unwrap();
        let sum: f64 = advantages.iter().sum();
        assert!(sum.abs() < 1e-3 * advantages[0].abs() * n as f64, "{text}: {sum}");
    }
}

#[test]
fn rewards_must_lie_in_the_domain() {
    for (text, rewards, at) in [
        ("psr", [0.0, 1.0, 0.5], 2),
        ("nsr", [2.0, 1.0, 0.0], 0),
        ("w-reinforce", [0.0, -1.0, 1.0], 1),
        ("maxrl-order:order=2", [0.0, 1.0, 0.5], 2),
        ("maxrl-order-loo:order=2", [0.0, 1.0, 0.5], 2),
        ("focal-weight:gamma=0,of=rloo", [0.0, 1.0, 0.5], 2),
        ("pass-at-k:k=2", [0.0, 1.0, 0.5], 2),
        ("focal:k=2", [0.0, -1.0, 1.0], 1),
        ("pass-at-k-rloo:k=2", [1.0 + f64::EPSILON, 1.0, 0.0], 0),
        ("maxrl", [0.0, 1.0, -0.5], 2),
    ] {
        let result = try_on(text, &rewards);
        let Err(Error::RewardOutOfDomain { index, value, .. }) = result else {
            panic!("{text}: {result:?}");
        };
        assert_eq!((index, value), (at, rewards[at]), "{text}");
    }
    let policy = Policy::new(&[0.5, 0.5], &[-1.0, 1.0]).unwrap();
    let result = estimator("maxrl").population_advantages_into(policy, &mut [0.0; 2]);
    assert!(matches!(result, Err(Error::RewardOutOfDomain { index: 0, .. })), "{result:?}");
}

#[test]
fn leave_one_out_needs_two() {
    for text in ["rloo", "rs-loo:beta=2", "pass-at-k-rloo:k=1", "grpo-passk", "focal:k=1,base=rloo"]
    {
        let result = try_on(text, &[1.0]);
        assert!(matches!(result, Err(Error::GroupTooSmall { n: 1, min: 2, .. })), "{text}");
    }
}

#[test]
fn a_policy_must_be_a_distribution() {
    let bad: [(&str, &[f64]); 7] = [
        ("policy length", &[1.0]),
        ("policy length", &[0.5, 0.25, 0.25]),
        ("policy length", &[]),
        ("policy probability", &[-0.5, 1.5]),
        ("policy probability", &[f64::NAN, 0.5]),
        ("policy sum", &[0.5, 0.5 + 1e-8]),
        ("policy sum", &[0.0, 0.0]),
    ];
    for (parameter, probabilities) in bad {
        assert_eq!(blamed(Policy::new(probabilities, &[0.0, 1.0])), parameter, "{probabilities:?}");
    }
    assert_eq!(Policy::new(&[], &[]), Err(Error::EmptyGroup));
    assert!(Policy::new(&[0.5, f64::INFINITY], &[0.0, f64::NAN]).is_err());
}

#[test]
fn effective_weight_refuses_what_is_no_probability() {
    for bad in [f64::NAN, -1e-300, 1.0 + f64::EPSILON, f64::INFINITY] {
        assert_eq!(blamed(effective_weight(&estimator("rloo"), 4, bad)), "p");
    }
    assert_eq!(effective_weight(&estimator("rloo"), 0, 0.5), Err(Error::EmptyGroup));
    assert_eq!(blamed(effective_weight(&estimator("pkpo:k=4"), 3, 0.5)), "k");
}

/// Extremes of magnitude give finite numbers: subnormal, huge, and β far beyond both ends.
#[test]
fn extreme_magnitudes_stay_finite() {
    let groups: [&[f64]; 6] = [
        &[5e-324, 0.0, -0.0, 1e-310, 5e-324],
        &[2e307, -2e307, 0.0, 1.0, 5e-324],
        &[1e308, 1e308, 1e308, 1e308, 1e308],
        &[1e-300, 2e-300, 3e-300, -1e-300, 0.0],
        &[1e16, 1.0, 2.0, 3.0, -1e16],
        &[-0.0, 0.0, -0.0, 0.0, 0.0],
    ];
    for beta in [1e300, -1e300, 1e-300, -1e-300, 5e-324, f64::MAX, f64::MIN, 0.0, -0.0, 1.0] {
        for group in groups {
            let advantages = Estimator::RsGrpo { beta }.advantages(group).unwrap();
            assert!(advantages.iter().all(|a| a.is_finite()), "beta {beta}, {group:?}");
            let risk = entropic_risk(group, beta).unwrap();
            let group = Group::new(group).unwrap();
            // Rounding of N sums relative to the largest reward.
            let slack = 4.0 * f64::EPSILON * group.max().abs().max(group.min().abs());
            let inside = group.min() - slack <= risk && risk <= group.max() + slack;
            assert!(inside, "beta {beta}, {group:?}: {risk}");
        }
    }
}

/// At the edge of f64 the numbers are still right: β · r is what counts.
#[test]
fn rs_grpo_is_right_at_extreme_scales() {
    let expected = Estimator::RsGrpo { beta: 2.0 }.advantages(&[0.25, 1.0, 0.5]).unwrap();
    for exponent in [-900, -300, 300, 900] {
        let scale = 2_f64.powi(exponent);
        let rewards = [0.25 * scale, scale, 0.5 * scale];
        let actual = Estimator::RsGrpo { beta: 2.0 / scale }.advantages(&rewards).unwrap();
        for (a, e) in actual.iter().zip(&expected) {
            assert!((a / scale - e).abs() < 1e-15, "2^{exponent}: {actual:?}");
        }
    }
}

/// Any f64 at all, with the special ones often.
fn any_bits() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => any::<u64>().prop_map(f64::from_bits),
        2 => prop_oneof![Just(0.0), Just(-0.0), Just(1.0), Just(5e-324), Just(f64::MAX), Just(f64::MIN)],
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
        2 => -10.0..10.0_f64,
    ]
}

/// Any reward that is finite, and whole groups of 0 and 1.
fn any_group() -> impl Strategy<Value = Vec<f64>> {
    let finite = any_bits().prop_map(|x| if x.is_finite() { x } else { 1.0 });
    let halved = any_bits().prop_map(|x| if x.is_finite() { x / 4.0 } else { 0.0 });
    prop_oneof![
        prop::collection::vec(any_bits(), 0..12),
        prop::collection::vec(finite, 1..12),
        prop::collection::vec(halved, 1..40),
        prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), Just(-0.0)], 1..20),
    ]
}

/// Every estimator with arbitrary parameters.
fn any_estimators() -> impl Strategy<Value = Vec<Estimator>> {
    let k = prop_oneof![0_usize..12, any::<usize>()];
    (any_bits(), any_bits(), k, any::<bool>()).prop_map(|(beta, epsilon, k, flag)| {
        let base = if flag { Base::Rloo } else { Base::DrGrpo };
        let spread = if flag { Spread::Sample } else { Spread::Population };
        let parametrised = [
            Estimator::RsGrpo { beta },
            Estimator::RsLoo { beta },
            Estimator::EntropicLoo { beta },
            Estimator::Grpo { epsilon, spread },
            Estimator::MaxRl { epsilon },
            Estimator::Pkpo { k },
            Estimator::PkpoLoo { k },
            Estimator::PkpoLoo1 { k },
            Estimator::PkpoLooMm { k },
            Estimator::PassAtK { k, epsilon },
            Estimator::Focal { k, base },
            Estimator::PassAtKRloo { k },
            Estimator::GrpoPassK { normalise: flag },
        ];
        parametrised.into_iter().chain(catalogue()).collect()
    })
}

#[test]
fn arbitrary_bits_give_finite_numbers_or_a_typed_error() {
    let test = |(group, estimators): (Vec<f64>, Vec<Estimator>)| {
        for estimator in estimators {
            let Ok(advantages) = estimator.advantages(&group) else { continue };
            prop_assert_eq!(advantages.len(), group.len());
            let finite = advantages.iter().all(|a| a.is_finite());
            prop_assert!(finite, "{estimator:?} on {group:?}: {advantages:?}");
        }
        Ok(())
    };
    runner(3000).run(&(any_group(), any_estimators()), test).unwrap();
    // The strategy is not so wild that everything is refused.
    let mut draw = runner(1);
    let accepted = (0..300).filter(|_| {
        let group = any_group().new_tree(&mut draw).unwrap().current();
        estimator("rs-grpo:beta=2").advantages(&group).is_ok()
    });
    assert!(accepted.count() > 100);
}

#[test]
fn arbitrary_bits_never_upset_the_other_functions() {
    let test = |(group, beta, p, k): (Vec<f64>, f64, Vec<f64>, u8)| {
        for value in [entropic_risk(&group, beta), max_at_k(&group, k.into())].into_iter().flatten()
        {
            prop_assert!(value.is_finite());
        }
        let total: f64 = p.iter().map(|x| x.abs()).sum();
        let normalised: Vec<f64> = p.iter().map(|x| x.abs() / total).collect();
        for policy in
            [Policy::new(&p, &group), Policy::new(&normalised, &group)].into_iter().flatten()
        {
            if let Ok(risk) = population_entropic_risk(policy, beta) {
                prop_assert!(risk.is_finite());
            }
            let mut out = vec![0.0; group.len()];
            for estimator in catalogue().chain([Estimator::RsGrpo { beta }]) {
                if estimator.population_advantages_into(policy, &mut out).is_ok() {
                    prop_assert!(out.iter().all(|a| a.is_finite()), "{estimator:?}: {out:?}");
                }
            }
        }
        for estimator in catalogue() {
            let weight = effective_weight(
                &estimator,
                usize::from(k % 10),
                p.first().copied().unwrap_or(0.5),
            );
            prop_assert!(weight.is_err() || weight.is_ok_and(f64::is_finite));
        }
        Ok(())
    };
    let pairs = (1_usize..8).prop_flat_map(|n| {
        (
            prop::collection::vec(any_bits(), n),
            any_bits(),
            prop::collection::vec(any_bits(), n),
            any::<u8>(),
        )
    });
    runner(1000).run(&pairs, test).unwrap();
}

#[test]
fn arbitrary_counts_never_upset_pass_at_k() {
    let counts = prop_oneof![0_u64..30, 0_u64..2_000_000, Just(u64::MAX)];
    let test = |(n, c, k): (u64, u64, u64)| {
        if n < u64::MAX || c.min(k) < 2_000_000 {
            let value = pass_at_k(n, c, k);
            prop_assert!(value.is_err() || value.is_ok_and(|p| (0.0..=1.0).contains(&p)));
        }
        Ok(())
    };
    runner(2000).run(&(counts.clone(), counts.clone(), counts), test).unwrap();
}
