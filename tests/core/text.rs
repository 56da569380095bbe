//! The text form of estimators in both directions, and every error message as people read it.

use crate::support::{catalogue, estimator, runner};
use proptest::prelude::*;
use rs_grpo::{
    Base, CATALOGUE, Error, Estimator, OrderStatistic, Policy, Scratch, SeriesBaseline, Spread,
    effective_weight, max_at_k, pass_at_k,
};
use std::collections::BTreeSet;
use std::fmt::Write;

#[test]
fn the_catalogue_lists_every_estimator_once_and_its_text_reads_back() {
    let names: BTreeSet<&str> = catalogue().map(|estimator| estimator.name()).collect();
    assert_eq!(names.len(), CATALOGUE.len());
    for estimator in catalogue() {
        assert_eq!(estimator.to_string().parse(), Ok(estimator.clone()));
        assert_eq!(estimator.name().parse(), Ok(estimator), "defaults are the catalogue's");
    }
}

/// The catalogue as the README and `repro` show it.
#[test]
fn catalogue_texts() {
    let mut table = String::new();
    for entry in CATALOGUE {
        writeln!(table, "{} | {} | {}", entry.estimator, entry.optimises, entry.source).unwrap();
    }
    insta::assert_snapshot!(table);
}

fn finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite())
}

fn share() -> impl Strategy<Value = f64> {
    (1..=1_u64 << 53).prop_map(|numerator| numerator as f64 / (1_u64 << 53) as f64)
}

fn any_statistic() -> impl Strategy<Value = OrderStatistic> {
    let words =
        [OrderStatistic::Mean, OrderStatistic::Max, OrderStatistic::Min, OrderStatistic::Median];
    prop_oneof![
        prop::sample::select(words.to_vec()),
        (1..usize::MAX).prop_map(OrderStatistic::Rank),
        (1..usize::MAX).prop_map(OrderStatistic::Top),
        (1..usize::MAX).prop_map(OrderStatistic::Bottom),
        (0..usize::MAX).prop_map(OrderStatistic::Trim),
        share().prop_map(OrderStatistic::Upper),
        share().prop_map(OrderStatistic::Lower),
        prop::collection::vec(finite(), 1..9).prop_map(OrderStatistic::Weights),
    ]
}

/// One that may hold another.
fn nested() -> impl Strategy<Value = Estimator> {
    let gamma = finite().prop_map(f64::abs);
    (gamma, any_estimator(), any::<bool>()).prop_map(|(gamma, estimator, inside)| match inside {
        true => Estimator::FocalWeight { gamma, of: estimator.into() },
        false => estimator,
    })
}

fn any_estimator() -> impl Strategy<Value = Estimator> {
    let k = 1..usize::MAX;
    let epsilon = || finite().prop_map(f64::abs);
    let spread = prop_oneof![Just(Spread::Sample), Just(Spread::Population)];
    let base = prop_oneof![Just(Base::Grpo), Just(Base::DrGrpo), Just(Base::Rloo)];
    prop_oneof![
        finite().prop_map(|beta| Estimator::RsGrpo { beta }),
        finite().prop_map(|beta| Estimator::RsLoo { beta }),
        finite().prop_map(|beta| Estimator::EntropicLoo { beta }),
        (epsilon(), spread).prop_map(|(epsilon, spread)| Estimator::Grpo { epsilon, spread }),
        epsilon().prop_map(|epsilon| Estimator::MaxRl { epsilon }),
        k.clone().prop_map(|k| Estimator::PkpoLoo1 { k }),
        (k.clone(), epsilon()).prop_map(|(k, epsilon)| Estimator::PassAtK { k, epsilon }),
        (k.clone(), base).prop_map(|(k, base)| Estimator::Focal { k, base }),
        any::<bool>().prop_map(|normalise| Estimator::GrpoPassK { normalise }),
        (k, any_statistic()).prop_map(|(k, statistic)| Estimator::Order { k, statistic }),
        share().prop_map(|epsilon| Estimator::TopEps { epsilon }),
        (share(), epsilon(), Just(Spread::Population)).prop_filter_map(
            "a level below 1",
            |(level, epsilon, spread)| {
                (level < 1.0).then_some(Estimator::Qae { level, epsilon, spread })
            }
        ),
        epsilon().prop_map(|lambda| Estimator::WReinforce { lambda }),
        (1..usize::MAX).prop_map(|order| Estimator::MaxRlOrder { order }),
        (1..usize::MAX)
            .prop_map(|order| Estimator::MaxRlOrderLoo { order, baseline: SeriesBaseline::Tuples }),
    ]
}

/// Display then parse is the identity, to the bit of every parameter.
#[test]
fn every_estimator_survives_printing_and_reading() {
    let test = |estimator: Estimator| {
        prop_assert_eq!(estimator.to_string().parse::<Estimator>(), Ok(estimator));
        Ok(())
    };
    runner(3000).run(&nested(), test).unwrap();
}

#[test]
fn parameters_may_be_left_out_and_come_in_any_order() {
    let defaults =
        [("rs-grpo", "rs-grpo:beta=2"), ("pkpo", "pkpo:k=4"), (" grpo ", "grpo:eps=1e-6")];
    for (short, long) in defaults {
        assert_eq!(estimator(short), estimator(long));
    }
    assert_eq!(estimator("pass-at-k:eps=0,k=2"), estimator("pass-at-k:k=2,eps=0"));
    assert_eq!(estimator("grpo:std=sample,eps=0.000001").to_string(), "grpo");
    assert_eq!(estimator("rs-grpo:beta=0.0000001").to_string(), "rs-grpo:beta=1e-7");
    assert_eq!(estimator("focal:base=rloo").to_string(), "focal:k=4,base=rloo");
    assert_eq!(estimator("order:stat=top-2,k=4"), estimator("order"));
    assert_eq!(estimator("order:k=3,stat=0/0.5/0.5").to_string(), "order:k=3,stat=0/0.5/0.5");
    assert_eq!(estimator("focal-weight").to_string(), "focal-weight:gamma=1,of=grpo");
    // All that follows `of=` is the text of the other estimator.
    let whole = "focal-weight:gamma=0.5,of=order:k=3,stat=min";
    assert_eq!(estimator(whole).to_string(), whole);
    let of = ("of", "order:k=3,stat=min".to_owned());
    assert_eq!(estimator(whole).parameters(), [("gamma", "0.5".to_owned()), of]);
}

#[test]
fn arbitrary_text_never_panics() {
    let noise = "[a-z0-9:=,. -]{0,24}";
    let near = (
        0..CATALOGUE.len(),
        ":?(beta|k|eps|std|base|stat|of|gamma|order|level)?=?[a-z0-9./:,=-]{0,12}",
    )
        .prop_map(|(i, rest)| format!("{}{rest}", CATALOGUE[i].estimator.name()));
    let test = |text: String| {
        if let Ok(estimator) = text.parse::<Estimator>() {
            prop_assert_eq!(estimator.to_string().parse(), Ok(estimator));
        }
        Ok(())
    };
    runner(3000).run(&prop_oneof![noise, near, ".*"], test).unwrap();
}

fn parse_error(text: &str) -> Error {
    text.parse::<Estimator>().unwrap_err()
}

fn group_error(text: &str, rewards: &[f64]) -> Error {
    estimator(text).advantages(rewards).unwrap_err()
}

/// What people read when an estimator's text is wrong: what was given, and what is allowed.
#[test]
fn messages_about_texts() {
    let texts = [
        "",
        "rs-gpro",
        "RS-GRPO",
        "rs-grpo:",
        "rs-grpo:beta",
        "rs-grpo:beta=",
        "rs-grpo:beta=two",
        "rs-grpo:beta=inf",
        "rs-grpo:beta=nan",
        "rs-grpo:k=2",
        "rs-grpo:beta=1,beta=2",
        "rloo:k=1",
        "grpo:eps=-1",
        "grpo:std=bessel",
        "pkpo:k=0",
        "pkpo:k=2.5",
        "pkpo:k=-1",
        "focal:base=ppo",
        "grpo-passk:std=population",
        "pkpo:k=2,",
        "order:stat=mode",
        "order:stat=top",
        "order:stat=top-0",
        "order:stat=upper-1.5",
        "order:stat=1//2",
        "order:k=4,stat=max,stat=min",
        "top-eps:eps=0",
        "top-eps:eps=2",
        "qae:level=1",
        "w-reinforce:lambda=-1",
        "maxrl-order:order=0",
        "maxrl-order-loo:baseline=loo",
        "focal-weight:of=grpo,gamma=1",
        "focal-weight:of=gpro",
        "focal-weight:of=rs-grpo:k=2",
        "focal-weight:of=focal-weight:of=grpo",
        "focal-weight:gamma=x,of=grpo",
    ];
    let mut messages = String::new();
    for text in texts {
        writeln!(messages, "{text}\n    {}", parse_error(text)).unwrap();
    }
    insta::assert_snapshot!(messages);
}

/// What people read when a group or a parameter is wrong.
#[test]
fn messages_about_groups_and_parameters() {
    let rs_grpo = estimator("rs-grpo");
    let policy = Policy::new(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
    let errors = [
        group_error("rs-grpo", &[]),
        group_error("rs-grpo", &[0.0, f64::NAN]),
        group_error("rs-grpo", &[1e308, -1e308]),
        group_error("pass-at-k", &[0.0, 1.0, 0.5, 1.0]),
        group_error("maxrl", &[0.5, -0.5]),
        group_error("rloo", &[1.0]),
        group_error("pkpo:k=9", &[1.0; 8]),
        group_error("pkpo-loo:k=8", &[1.0; 8]),
        group_error("pkpo-loo1:k=2", &[1.0]),
        group_error("pkpo:k=4", &[1e308; 4]),
        group_error("order:k=4,stat=top-5", &[1.0; 5]),
        group_error("order:k=4,stat=trim-2", &[1.0; 5]),
        group_error("order:k=4,stat=0/1", &[1.0; 5]),
        group_error("order:k=5", &[1.0; 5]),
        group_error("maxrl-order-loo:order=3", &[1.0; 3]),
        group_error("focal-weight:gamma=1,of=rloo", &[0.5, 1.0]),
        group_error("focal-weight:gamma=1,of=rloo", &[1.0]),
        Estimator::RsGrpo { beta: f64::NAN }.advantages(&[1.0]).unwrap_err(),
        Estimator::MaxRl { epsilon: -1.0 }.advantages(&[1.0]).unwrap_err(),
        rs_grpo.advantages_into(&[1.0; 4], &mut [0.0; 3], &mut Scratch::new()).unwrap_err(),
        estimator("pkpo").population_advantages_into(policy, &mut [0.0; 2]).unwrap_err(),
        Policy::new(&[0.5], &[0.0, 1.0]).unwrap_err(),
        Policy::new(&[1.5, -0.5], &[0.0, 1.0]).unwrap_err(),
        Policy::new(&[0.5, 0.25], &[0.0, 1.0]).unwrap_err(),
        pass_at_k(10, 3, 11).unwrap_err(),
        pass_at_k(10, 11, 3).unwrap_err(),
        pass_at_k(0, 0, 1).unwrap_err(),
        max_at_k(&[0.5; 3], 4).unwrap_err(),
        effective_weight(&rs_grpo, 4, 1.5).unwrap_err(),
    ];
    let messages: Vec<String> = errors.iter().map(Error::to_string).collect();
    insta::assert_snapshot!(messages.join("\n"));
}
