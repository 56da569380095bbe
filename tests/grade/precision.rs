//! Numbers beyond the precision of numeric evaluation.

use rs_grpo_grade::{Grader, Verdict};

fn verdict(gold: &str, answer: &str) -> Verdict {
    Grader::default().grade(gold, &format!("\\boxed{{{answer}}}")).verdict
}

/// A number far below the precision must not be taken for 0: both sides then agree in every digit that is
/// looked at.
#[test]
fn what_the_precision_loses_is_not_equal() {
    for (gold, answer) in [
        ("1", "e^{10^{-10^{11}}}"),
        ("1", "2^{1/10^{10^{11}}}"),
        ("0", "\\sinh(10^{-10^{11}})"),
        ("\\pi", "\\pi + e^{-10^{100}}"),
        ("\\frac{\\pi}{2}", "\\arctan(10^{10^{11}})"),
        ("\\sqrt{2}", "\\sqrt{2} + e^{-2000000}"),
        ("\\frac{e^{5000}}{2}", "\\cosh(5000)"),
    ] {
        assert_ne!(verdict(gold, answer), Verdict::Correct, "{answer} is not {gold}");
        assert_ne!(verdict(answer, gold), Verdict::Correct, "{gold} is not {answer}");
    }
    assert_eq!(verdict("\\cosh(90)", "\\frac{e^{90}+e^{-90}}{2}"), Verdict::Correct);
    assert_eq!(verdict("\\cosh(200)", "\\frac{e^{200}+e^{-200}}{2}"), Verdict::Correct);
}
