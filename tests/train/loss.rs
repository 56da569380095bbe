//! The losses and their gradients, token by token.
//!
//! Expected values are the formulas written out by hand, and central differences.

use rs_grpo_train::{KlKind, Loss, LossKind, Term, TokenTerms};

const OLD: f64 = -1.0;
const PLAIN: TokenTerms =
    TokenTerms { share: 1.0, advantage: 1.0, old: Some(OLD), sampler: OLD, reference: None };

/// The term of a token whose ratio is this.
fn at(loss: &Loss, token: TokenTerms, ratio: f64) -> Term {
    let logprob = OLD + ratio.ln();
    loss.term(&token, logprob, 0.5, ratio.ln())
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-12, "{a} is not {b}");
}

#[test]
fn the_surrogate_is_clipped_on_the_side_of_its_advantage() {
    let loss = Loss { clip_low: 0.2, clip_high: 0.3, ..Loss::default() };
    let bad = TokenTerms { advantage: -2.0, ..PLAIN };
    // Inside the range: −ρ A, with gradient −ρ A.
    close(at(&loss, PLAIN, 1.1).value, -1.1);
    close(at(&loss, PLAIN, 1.1).weight, -1.1);
    close(at(&loss, bad, 0.9).value, 1.8);
    // Above with a good advantage: −1.3 A, no gradient. Below with a bad one: −0.8 A, no gradient.
    let (high, low) = (at(&loss, PLAIN, 1.5), at(&loss, bad, 0.5));
    close(high.value, -1.3);
    close(low.value, 1.6);
    assert_eq!((high.weight, low.weight), (0.0, 0.0));
    assert!(high.clipped_high && !high.clipped_low && low.clipped_low && !low.clipped_high);
    // The other way round nothing is clipped: the pessimistic side.
    close(at(&loss, PLAIN, 0.5).weight, -0.5);
    close(at(&loss, bad, 1.5).weight, 3.0);
}

#[test]
fn dual_clip_bounds_what_a_bad_advantage_can_do() {
    let loss = Loss { dual_clip: 3.0, ..Loss::default() };
    let bad = TokenTerms { advantage: -2.0, ..PLAIN };
    close(at(&loss, bad, 2.9).weight, 5.8);
    close(at(&loss, bad, 4.0).value, 6.0);
    assert_eq!(at(&loss, bad, 4.0).weight, 0.0);
    // A good advantage does not notice.
    close(at(&loss, PLAIN, 4.0).value, -1.28);
}

#[test]
fn divergences_are_those_of_their_formulas() {
    let token = TokenTerms { advantage: 0.0, reference: Some(-1.7), ..PLAIN };
    let d: f64 = OLD - -1.7;
    for (kl_kind, expected, slope) in [
        (KlKind::K1, d, 1.0),
        (KlKind::K2, d * d / 2.0, d),
        (KlKind::K3, (-d).exp() - 1.0 + d, 1.0 - (-d).exp()),
    ] {
        let loss = Loss { kl_coef: 0.3, kl_kind, ..Loss::default() };
        let term = at(&loss, token, 1.0);
        close(term.kl, expected);
        close(term.value, 0.3 * expected);
        close(term.weight, 0.3 * slope);
    }
}

#[test]
fn the_correction_for_the_sampler_is_bounded() {
    let loss = Loss { importance_cap: 2.0, ..Loss::default() };
    let sampler = |sampler| TokenTerms { sampler, ..PLAIN };
    close(at(&loss, sampler(OLD), 1.0).weight, -1.0);
    // exp(−1 + 1.5) = 1.6487…; exp(−1 + 3) is over the cap.
    close(at(&loss, sampler(-1.5), 1.0).weight, -0.5_f64.exp());
    close(at(&loss, sampler(-3.0), 1.0).weight, -2.0);
    close(at(&Loss::default(), sampler(-3.0), 1.0).weight, -1.0);
}

/// The weight is the derivative of the value by the log-probability, wherever there is one.
#[test]
fn weights_are_derivatives() {
    let h = 1e-6;
    for kl_kind in [KlKind::K1, KlKind::K2, KlKind::K3] {
        let loss = Loss { dual_clip: 2.5, kl_coef: 0.1, kl_kind, ..Loss::default() };
        for advantage in [-1.5, 0.0, 0.7] {
            // Away from the corners at 0.8, 1.28 and 2.5.
            for ratio in [0.3_f64, 0.79, 0.81, 1.0, 1.27, 1.29, 2.4, 2.6, 9.0] {
                let token = TokenTerms { advantage, reference: Some(-0.4), share: 0.25, ..PLAIN };
                let value =
                    |log_ratio: f64| loss.term(&token, OLD + log_ratio, 0.5, log_ratio).value;
                let center = ratio.ln();
                let slope = (value(center + h) - value(center - h)) / (2.0 * h);
                let weight = at(&loss, token, ratio).weight;
                assert!((slope - weight).abs() < 1e-7, "{advantage} {ratio}: {slope} {weight}");
            }
        }
    }
}

#[test]
fn the_policy_itself_has_ratio_one() {
    let token = TokenTerms { old: None, share: 0.5, ..PLAIN };
    let term = Loss::default().term(&token, -2.3, 0.5, 0.0);
    assert_eq!((term.value, term.weight), (-0.5, -0.5));
}

#[test]
fn entropy_is_rewarded() {
    let loss = Loss { entropy_coef: 0.2, ..Loss::default() };
    let term = at(&loss, TokenTerms { advantage: 0.0, share: 0.5, ..PLAIN }, 1.0);
    // −0.2 · 0.5 nats, half of it.
    close(term.value, -0.05);
    assert_eq!(term.entropy_weight, -0.1);
    assert!(!loss.needs_advantage() && Loss::default().needs_advantage());
}

/// Two completions, of 3 and 5 tokens: each token's share, and what all of them sum to.
#[test]
fn shares_are_those_of_the_papers() {
    let share = |kind, len| Loss { kind, longest: 10, ..Loss::default() }.share(len, 2, 8);
    assert_eq!(share(LossKind::TokenMean, 3), 1.0 / 8.0);
    assert_eq!(share(LossKind::SequenceMean, 3), 1.0 / 6.0);
    assert_eq!(share(LossKind::SequenceMean, 5), 1.0 / 10.0);
    assert_eq!(share(LossKind::Gspo, 5), 1.0 / 10.0);
    assert_eq!(share(LossKind::ConstantLength, 5), 1.0 / 20.0);
}

#[test]
fn constants_outside_their_range_are_refused() {
    let bad = [
        Loss { clip_low: 1.0, ..Loss::default() },
        Loss { clip_high: -0.1, ..Loss::default() },
        Loss { clip_high: f64::NAN, ..Loss::default() },
        Loss { dual_clip: 1.28, ..Loss::default() },
        Loss { kl_coef: -1.0, ..Loss::default() },
        Loss { entropy_coef: f64::INFINITY, ..Loss::default() },
        Loss { importance_cap: 0.5, ..Loss::default() },
    ];
    let messages: Vec<String> =
        bad.iter().map(|loss| loss.check().unwrap_err().to_string()).collect();
    insta::assert_snapshot!("constants_outside_their_range", messages.join("\n"));
    Loss::default().check().unwrap();
}
