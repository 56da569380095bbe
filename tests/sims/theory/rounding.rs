//! The error bounds: every enclosure must contain the value computed in higher precision.
//!
//! Expected numbers: the formulas of the module docs evaluated with mpmath 1.3 at 60 digits, for the
//! exact binary values of the inputs given here.

use rs_grpo_sims::theory::{Instance, PolicyGradient, Step, first_order_gain};

struct Case {
    policy: [f64; 4],
    rewards: [f64; 4],
    beta: f64,
    alpha: f64,
    first_order: f64,
    log_odds: f64,
}

const CASES: [Case; 8] = [
    Case {
        policy: [0.01, 0.7, 0.28, 0.01],
        rewards: [1.0, 0.6, 0.0, 0.25],
        beta: 0.0,
        alpha: 1.0,
        first_order: -0.04253049999999999,
        log_odds: -0.04851356691647081,
    },
    Case {
        policy: [0.25, 0.25, 0.25, 0.25],
        rewards: [1.0, 0.9, 0.8, 0.7],
        beta: 1e-09,
        alpha: 100.0,
        first_order: 0.03750000000125,
        log_odds: 3.513515042552252,
    },
    Case {
        policy: [1e-09, 0.5, 0.3, 0.199999999],
        rewards: [1.0, 0.999, 0.5, -3.0],
        beta: 21000.0,
        alpha: 0.001,
        first_order: 4.607827464333027e-05,
        log_odds: 4.607827468770268e-08,
    },
    Case {
        policy: [1e-09, 0.5, 0.3, 0.199999999],
        rewards: [1.0, 0.5, 0.4, 0.3],
        beta: 45.0,
        alpha: 10.0,
        first_order: 0.028053021789229034,
        log_odds: 0.28033761385073613,
    },
    Case {
        policy: [0.999999, 5e-07, 3e-07, 2e-07],
        rewards: [0.3, 0.2, 0.1, -0.5],
        beta: 3.0,
        alpha: 0.001,
        first_order: 1.9619237800394393e-13,
        log_odds: 1.961923780039213e-10,
    },
    Case {
        policy: [0.1, 0.2, 0.3, 0.4],
        rewards: [2.0, 2.0, 1.0, 0.5],
        beta: -7.0,
        alpha: 100.0,
        first_order: 0.03777659053848047,
        log_odds: -0.5573827138658095,
    },
    Case {
        policy: [1e-12, 0.3, 0.2, 0.5],
        rewards: [5.0, 4.0, 3.0, 3.0],
        beta: 27.7,
        alpha: 100.0,
        first_order: 0.0395531369107968,
        log_odds: 3.7289013127460993,
    },
    Case {
        policy: [0.2, 0.1, 0.3, 0.4],
        rewards: [0.7, 0.7, 0.7, 0.1],
        beta: 64.0,
        alpha: 1000000000.0,
        first_order: 0.0034722222222222225,
        log_odds: 9374999.30685282,
    },
];

#[test]
fn enclosures_hold_the_exact_value() {
    for case in CASES {
        let instance = Instance::new(case.policy.to_vec(), case.rewards.to_vec()).unwrap();
        let gradient = PolicyGradient::new(&instance, case.beta).unwrap();
        let gain = first_order_gain(&instance, &gradient);
        let step = Step::new(&instance, &gradient, case.alpha).unwrap().log_odds_gain();
        // The expected number itself is rounded to f64.
        let slack = |expected: f64| f64::EPSILON * expected.abs();
        let miss = (gain.value - case.first_order).abs();
        assert!(miss <= gain.error + slack(case.first_order), "G: {gain:?}, {miss:e}");
        let miss = (step.value - case.log_odds).abs();
        assert!(miss <= step.error + slack(case.log_odds), "λ: {step:?}, {miss:e}");
        // And the bound is tight enough to decide.
        assert!(gain.error < 1e-4 * case.first_order.abs(), "{gain:?}");
        assert!(step.error < 1e-4 * case.log_odds.abs(), "{step:?}");
    }
}
