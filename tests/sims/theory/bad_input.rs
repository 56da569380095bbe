//! Bad input: the error messages, and that nothing panics.

use super::counterexample;
use proptest::prelude::*;
use rs_grpo_sims::theory::lemma1::counterexample as family;
use rs_grpo_sims::theory::{Instance, PolicyGradient, Step, analyse, verify};

fn refusal(policy: &[f64], rewards: &[f64]) -> String {
    Instance::new(policy.to_vec(), rewards.to_vec()).unwrap_err().to_string()
}

/// Every message: the value given, and the allowed range.
#[test]
fn messages() {
    let messages = [
        refusal(&[0.5, 0.5], &[1.0]),
        refusal(&[0.5, 0.5], &[1.0, 0.5, 0.0]),
        refusal(&[0.5, 0.4], &[1.0, 0.0]),
        refusal(&[1.5, -0.5], &[1.0, 0.0]),
        refusal(&[f64::NAN, 0.5], &[1.0, 0.0]),
        refusal(&[1.0, 1e-13], &[1.0, 0.0]),
        refusal(&[0.5, 0.5], &[1.0, f64::NAN]),
        refusal(&[0.5, 0.5], &[1e7, 0.0]),
        refusal(&[0.5, 0.5], &[0.3, 0.3]),
        refusal(&[0.5, 0.5], &[1.0, 1.0 - 1e-13]),
        PolicyGradient::new(&counterexample(), f64::INFINITY).unwrap_err().to_string(),
        analyse(&counterexample(), 0.0, &[]).unwrap_err().to_string(),
        family(2).unwrap_err().to_string(),
        verify(0, 0).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

/// Any 64 bits, among them NaN, infinities, subnormals and negative zero; ordinary numbers too.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![any::<u64>().prop_map(f64::from_bits), 0.0..1.0_f64, Just(0.5), Just(1.0)]
}

proptest! {
    #[test]
    fn arbitrary_bits_never_panic(
        policy in prop::collection::vec(anything(), 0..5),
        rewards in prop::collection::vec(anything(), 0..5),
        beta in anything(),
        alpha in anything(),
        normalise: bool,
    ) {
        let make = if normalise { Instance::from_weights } else { Instance::new };
        if let Ok(instance) = make(policy, rewards)
            && let Ok(gradient) = PolicyGradient::new(&instance, beta)
            && let Ok(step) = Step::new(&instance, &gradient, alpha)
        {
            let after = step.mass_after();
            prop_assert!((0.0..=1.0 + 1e-9).contains(&after), "{after}");
            prop_assert!(step.log_odds_gain().error >= 0.0);
        }
    }

    #[test]
    fn whatever_is_accepted_can_be_analysed(
        policy in prop::collection::vec(1e-3..1.0_f64, 2..5), alpha in anything(), beta in anything()
    ) {
        let rewards = (0..policy.len()).map(|j| j as f64).collect();
        let instance = Instance::from_weights(policy, rewards).unwrap();
        if let Ok(analysis) = analyse(&instance, alpha, &[beta]) {
            prop_assert!(analysis.rows[0].policy_after.iter().all(|p| p.is_finite()));
        }
    }
}
