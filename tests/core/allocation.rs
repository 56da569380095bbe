//! The form that writes into a caller's buffer allocates nothing once its scratch is warm.

use crate::support::{admissible, catalogue, estimator, stream};
use rs_grpo::{Estimator, Policy, Scratch};

fn allocations(estimator: &Estimator, rewards: &[f64]) -> u64 {
    let (mut out, mut scratch) = (vec![0.0; rewards.len()], Scratch::new());
    let mut call = || estimator.advantages_into(rewards, &mut out, &mut scratch).unwrap();
    call();
    allocation_counter::measure(call).count_total
}

#[test]
fn a_warm_call_allocates_nothing() {
    let others = ["grpo-passk:std=sample", "focal:k=2,base=rloo", "rs-grpo:beta=-0.001"];
    let others = others.into_iter().chain(["order:k=7,stat=mean", "order:k=3,stat=0/1/-1"]);
    let others = others.chain(["focal-weight:gamma=2,of=order:k=7,stat=trim-1"]);
    for estimator in catalogue().chain(others.map(estimator)) {
        for n in [8, 33] {
            let rewards = admissible(&estimator, &stream(5, n, 24, 2.0, -1.0));
            assert_eq!(allocations(&estimator, &rewards), 0, "{estimator}, N = {n}");
        }
    }
}

#[test]
fn population_advantages_allocate_nothing() {
    let policy = Policy::new(&[0.25, 0.75], &[0.5, 1.0]).unwrap();
    for text in ["rs-grpo:beta=2", "grpo", "maxrl", "dr-grpo", "entropic-loo:beta=2"] {
        let (estimator, mut out) = (estimator(text), [0.0; 2]);
        let call = || estimator.population_advantages_into(policy, &mut out).unwrap();
        assert_eq!(allocation_counter::measure(call).count_total, 0, "{text}");
    }
}

/// The counter counts: a cold scratch allocates for the estimators that sort.
#[test]
fn the_counter_sees_a_cold_scratch() {
    let rewards = stream(5, 8, 24, 2.0, -1.0);
    let mut out = vec![0.0; 8];
    let cold = || {
        estimator("pkpo:k=4").advantages_into(&rewards, &mut out, &mut Scratch::new()).unwrap();
    };
    assert!(allocation_counter::measure(cold).count_total > 0);
}
