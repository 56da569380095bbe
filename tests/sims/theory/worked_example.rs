//! The instance `r = (1, 0.6, 0)`, `π = (0.01, 0.7, 0.29)`.
//!
//! Every expected number: the closed forms of the module docs, evaluated and solved with mpmath 1.3
//! at 40 digits, printed to 20 and rounded to the nearest f64.

use super::{assert_close, counterexample};
use rs_grpo_sims::theory::thresholds::{
    beta_bar, every_step_root, falling_bound, first_order_root, risk_root, small_step_bound,
    step_limit,
};
use rs_grpo_sims::theory::{
    Expansion, Instance, PolicyGradient, Step, StepLimit, analyse, first_order_gain, peak,
};

fn gain(beta: f64, alpha: f64) -> Step {
    let instance = counterexample();
    let gradient = PolicyGradient::new(&instance, beta).unwrap();
    Step::new(&instance, &gradient, alpha).unwrap()
}

#[test]
fn the_standard_gradient_lowers_the_optimal_arm() {
    let instance = counterexample();
    let gradient = PolicyGradient::new(&instance, 0.0).unwrap();
    let expected = [0.57, 0.17, -0.43];
    for (advantage, expected) in gradient.advantages().iter().zip(expected) {
        assert_close(*advantage, expected, 1e-15);
    }
    assert_close(first_order_gain(&instance, &gradient).value, -0.041494, 1e-14);
    assert_close(gain(0.0, 1.0).mass_after(), 0.009_537_222_061_554_288, 1e-14);
    assert_close(gain(0.0, 10.0).mass_after(), 0.004_420_497_324_865_27, 1e-14);
}

#[test]
fn thresholds() {
    let instance = counterexample();
    let root = first_order_root(&instance).unwrap();
    assert_close(root.beta.unwrap(), 4.370_716_159_933_227, 1e-12);
    assert!(root.proved && root.sign_changes == 1, "{root:?}");
    assert_close(small_step_bound(&instance), 4.527_405_585_997_032, 1e-14);
    assert_close(every_step_root(&instance).unwrap(), 6.329_218_477_304_776, 1e-12);
    assert_close(risk_root(&instance).unwrap(), 8.488_109_946_727_957, 1e-12);
    assert_close(beta_bar(&instance), 11.512_925_464_970_228, 1e-13);
    assert_close(falling_bound(&instance), 19.100_061_111_895_96, 1e-13);
}

#[test]
fn step_sizes_that_gain() {
    let instance = counterexample();
    let limit = |beta| {
        step_limit(&instance, &PolicyGradient::new(&instance, beta).unwrap()).unwrap().unwrap()
    };
    for (beta, expected) in
        [(4.5, 1.152_543_996_680_954_3), (5.0, 7.769_874_093_040_891), (6.0, 66.784_295_549_938_01)]
    {
        let StepLimit::Below(alpha) = limit(beta) else { panic!("no limit at {beta}") };
        assert_close(alpha, expected, 1e-9);
    }
    assert_eq!(limit(4.0), StepLimit::None);
    assert_eq!(limit(7.0), StepLimit::Unlimited);
}

#[test]
fn gains_of_a_unit_step() {
    for (beta, expected) in [
        (2.0, -0.000_252_398_211_698_370_7),
        (4.0, -0.000_048_144_465_461_951_23),
        (8.0, 0.000_383_799_113_836_624_5),
        (16.0, 0.000_898_674_482_501_557_2),
        (32.0, 0.000_497_264_516_663_006_1),
        (64.0, 0.000_245_742_518_225_722_1),
        (128.0, 0.000_122_143_812_932_212_16),
    ] {
        assert_close(gain(beta, 1.0).gain(), expected, 1e-11);
    }
}

#[test]
fn the_gain_peaks_and_then_falls_as_one_over_beta() {
    let instance = counterexample();
    let beta = peak(&instance, 1.0).unwrap();
    assert_close(beta, 14.921_230_705_866, 1e-6);
    assert_close(gain(beta, 1.0).gain(), 0.000_907_750_750_651_988, 1e-12);
    // (1 − π*)² + Σ_{j≠*} πⱼ² = 0.9801 + 0.49 + 0.0841, exact decimals.
    assert_close(Expansion::new(&instance).limit().value, 1.5542, 1e-14);
}

#[test]
fn a_good_second_arm_is_not_enough_for_a_fall() {
    // r₂ = 0.5 > μ = 0.4, yet G = 0.054: exact decimals.
    let instance = Instance::new(vec![0.1, 0.6, 0.3], vec![1.0, 0.5, 0.0]).unwrap();
    let gradient = PolicyGradient::new(&instance, 0.0).unwrap();
    assert_close(first_order_gain(&instance, &gradient).value, 0.054, 1e-14);
}

#[test]
fn the_analysis_holds_the_same_numbers() {
    let analysis = analyse(&counterexample(), 1.0, &[0.0, 8.0]).unwrap();
    assert_close(analysis.rows[0].policy_after[0], 0.009_537_222_061_554_288, 1e-14);
    assert_close(analysis.rows[1].gain, 0.000_383_799_113_836_624_5, 1e-12);
    assert_close(analysis.rows[1].first_order_gain.value, 0.037_838_370_063_632_23, 1e-12);
    let total: f64 = analysis.rows[1].policy_after.iter().sum();
    assert_close(total, 1.0, 1e-15);
}
