//! Golden vectors: `fixtures/golden_advantages.json`, made by `fixtures/make_golden.py`.

use crate::support::{assert_close, catalogue, estimator};
use rs_grpo::{Policy, entropic_risk, max_at_k, population_entropic_risk};
use serde_json::Value;
use std::collections::BTreeSet;

pub(crate) fn golden(section: &str) -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("fixtures/golden_advantages.json")).unwrap();
    file[section].as_array().unwrap().clone()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The pairs `[beta, value]`.
fn risks(entry: &Value) -> Vec<(f64, f64)> {
    let pairs = entry["entropic_risk"].as_array().unwrap();
    pairs.iter().map(|pair| (pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap())).collect()
}

#[test]
fn every_vector_agrees_and_every_null_is_refused() {
    for group in golden("groups") {
        let rewards = numbers(&group["rewards"]);
        for (text, expected) in group["advantages"].as_object().unwrap() {
            let what = format!("{text} on group {}", group["name"]);
            match (estimator(text).advantages(&rewards), expected) {
                (result, Value::Null) => assert!(result.is_err(), "{what}: {result:?}"),
                (Err(error), _) => panic!("{what}: {error}"),
                (Ok(actual), _) => assert_close(&actual, &numbers(expected), 1e-13, &what),
            }
        }
    }
}

#[test]
fn every_estimator_of_the_catalogue_has_a_vector() {
    let mut seen = BTreeSet::new();
    for group in golden("groups") {
        for (text, values) in group["advantages"].as_object().unwrap() {
            if values.is_array() {
                seen.insert(estimator(text).name());
            }
        }
    }
    assert_eq!(seen, catalogue().map(|estimator| estimator.name()).collect());
}

#[test]
fn entropic_risk_agrees() {
    for group in golden("groups") {
        let rewards = numbers(&group["rewards"]);
        for (beta, expected) in risks(&group) {
            let actual = entropic_risk(&rewards, beta).unwrap();
            let error = (actual - expected).abs();
            assert!(error <= 4e-16 * expected.abs() + 1e-16, "{group}: beta {beta}: {actual}");
        }
    }
}

#[test]
fn max_at_k_agrees() {
    for group in golden("groups") {
        let rewards = numbers(&group["rewards"]);
        for (below, expected) in numbers(&group["max_at_k"]).into_iter().enumerate() {
            let actual = max_at_k(&rewards, below + 1).unwrap();
            let error = (actual - expected).abs();
            assert!(error <= 4e-16 * expected.abs() + 1e-16, "{group}: k = {}", below + 1);
        }
    }
}

/// Component by component, also where an arm is (all but) never played: its reward must not set the
/// scale of the exponentials of the others.
#[test]
fn population_advantages_agree_component_by_component() {
    for entry in golden("policies") {
        let (probabilities, rewards) =
            (numbers(&entry["probabilities"]), numbers(&entry["rewards"]));
        let policy = Policy::new(&probabilities, &rewards).unwrap();
        for (text, expected) in entry["advantages"].as_object().unwrap() {
            let mut actual = vec![f64::NAN; rewards.len()];
            estimator(text).population_advantages_into(policy, &mut actual).unwrap();
            for (a, e) in actual.iter().zip(numbers(expected)) {
                assert!(
                    (a - e).abs() <= 2e-14 * e.abs() + 1e-15,
                    "{text} under {}: {actual:?} is not {expected}",
                    entry["name"]
                );
            }
        }
        for (beta, expected) in risks(&entry) {
            let actual = population_entropic_risk(policy, beta).unwrap();
            let what = format!("risk at {beta} under {}", entry["name"]);
            assert!((actual - expected).abs() <= 1e-15, "{what}: {actual} is not {expected}");
        }
    }
}

#[test]
fn estimators_without_a_large_group_limit_say_so() {
    let policy = Policy::new(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
    let with_limit: BTreeSet<&str> = catalogue()
        .filter(|estimator| estimator.population_advantages_into(policy, &mut [0.0; 2]).is_ok())
        .map(|estimator| estimator.name())
        .collect();
    let refusal = estimator("focal").population_advantages_into(policy, &mut [0.0; 2]).unwrap_err();
    let rs_grpo::Error::NoPopulationForm { known, .. } = refusal else {
        panic!("{refusal}");
    };
    assert_eq!(with_limit, known.split(", ").collect());
}
