//! The grader on answers of every kind. What is expected is mathematics; where it is a choice, the
//! comment says which.

use rs_grpo_grade::{Grader, Method, Verdict};

fn verdict(gold: &str, answer: &str) -> Verdict {
    Grader::default().verify(gold, answer)
}

/// Equal in both directions, and in a box at the end of a text.
pub(crate) fn equal(pairs: &[(&str, &str)]) {
    for (gold, answer) in pairs {
        assert_eq!(verdict(gold, answer), Verdict::Correct, "{gold} and {answer}");
        assert_eq!(verdict(answer, gold), Verdict::Correct, "{answer} and {gold}");
        let completion = format!("We find $x$, so the answer is \\boxed{{{answer}}}.");
        let outcome = Grader::default().grade(gold, &completion);
        assert_eq!(outcome.verdict, Verdict::Correct, "{gold} and {completion}");
    }
}

pub(crate) fn different(pairs: &[(&str, &str)]) {
    for (gold, answer) in pairs {
        assert_eq!(verdict(gold, answer), Verdict::Wrong, "{gold} and {answer}");
        assert_eq!(verdict(answer, gold), Verdict::Wrong, "{answer} and {gold}");
    }
}

#[test]
fn numbers() {
    equal(&[
        ("42", "42.0"),
        ("025", "25"),
        ("+7", "7"),
        ("1,234,567", "1234567"),
        ("1{,}000", "1000"),
        ("-3", "−3"),
        ("0.5", ".5"),
        ("0.5", "\\frac12"),
        ("\\dfrac{3}{4}", "3/4"),
        ("\\tfrac{7}{2}", "3\\frac{1}{2}"),
        ("3.5", "3 1/2"),
        ("0.\\overline{3}", "\\frac{1}{3}"),
        ("0.1\\overline{6}", "\\frac{1}{6}"),
        ("1.5 \\times 10^{3}", "1500"),
        ("2e3", "2000"),
        ("\\frac{-1}{-2}", "\\frac{1}{2}"),
    ]);
    different(&[
        ("42", "43"),
        ("0.5", "0.51"),
        ("\\frac{1}{3}", "0.3"),
        ("3", "-3"),
        ("1,234", "1234.5"),
        ("2^{-99}", "2^{-98}"),
        ("\\frac{1}{2004!}", "\\frac{1}{2006!}"),
        ("10^{-20}", "0"),
    ]);
}

#[test]
fn percentages_money_and_units() {
    equal(&[
        ("50\\%", "50%"),
        ("50\\%", "0.5"),
        // Models leave the sign away that the question asks for.
        ("50\\%", "50"),
        ("\\$18.90", "18.90"),
        ("\\$1{,}000", "1000"),
        ("5\\text{ cm}", "5"),
        ("5 \\text{ cm}^2", "5\\,\\mathrm{cm}^2"),
        ("90^\\circ", "90"),
        ("90^\\circ", "\\frac{\\pi}{2}"),
        ("12 \\text{ inches}", "12"),
    ]);
    different(&[("50\\%", "5"), ("\\$18.90", "18.91"), ("90^\\circ", "\\frac{\\pi}{3}")]);
}

#[test]
fn roots_powers_and_functions() {
    equal(&[
        ("\\sqrt{8}", "2\\sqrt{2}"),
        ("\\sqrt2", "\\sqrt{2}"),
        ("\\frac{1}{\\sqrt{2}}", "\\frac{\\sqrt{2}}{2}"),
        ("\\sqrt[3]{16}", "2\\sqrt[3]{2}"),
        ("\\sqrt{3+2\\sqrt{2}}", "1+\\sqrt{2}"),
        ("2^{10}", "1024"),
        ("8^{2/3}", "4"),
        ("pi/2", "\\frac{\\pi}{2}"),
        ("exp(16)", "e^{16}"),
        ("-2*pi", "-2\\pi"),
        ("\\ln 8", "3\\ln 2"),
        ("\\log_2 8", "3"),
        ("\\log 100", "2"),
        ("\\cos 15^\\circ", "\\frac{\\sqrt{6}+\\sqrt{2}}{4}"),
        ("\\sin\\frac{\\pi}{6}", "\\frac{1}{2}"),
        ("5!", "120"),
        ("\\binom{6}{2}", "15"),
        ("14.0 + -1.0i", "14-i"),
        ("e^{i\\pi}", "-1"),
        ("\\left|-3\\right|", "3"),
    ]);
    different(&[
        ("\\sqrt{2}", "1.41"),
        ("1-\\frac{1}{\\mathrm{e}}", "1+\\frac{1}{\\mathrm{e}}"),
        ("\\ln 2", "\\log_{10} 2"),
        ("2+i", "2-i"),
        // e^{π√163} misses this integer by 7.5 in 10^13.
        ("e^{\\pi\\sqrt{163}}", "262537412640768744"),
    ]);
}

#[test]
fn expressions() {
    equal(&[
        ("x^2-1", "(x-1)(x+1)"),
        ("\\frac{x^2-1}{x-1}", "x+1"),
        ("(a+b)^3", "a^3+3a^2b+3ab^2+b^3"),
        ("2\\sin x\\cos x", "\\sin 2x"),
        ("\\frac{1}{x}+\\frac{1}{y}", "\\frac{x+y}{xy}"),
        ("p - q", "-q+p"),
        ("3ab^2", "3a\\cdot b\\cdot b"),
        ("2^{n+1}", "2\\cdot 2^n"),
    ]);
    different(&[
        ("x^2-1", "x^2+1"),
        ("x+1", "x-1"),
        // Only where x is not negative.
        ("\\sqrt{x^2}", "x"),
        ("n=3k", "3"),
        ("xy", "x+y"),
    ]);
}

#[test]
fn collections() {
    equal(&[
        ("(3, \\frac{\\pi}{2})", "\\left( 3, \\pi/2 \\right)"),
        ("1,2,3", "3, 2, 1"),
        ("\\{1,2\\}", "\\{2,1\\}"),
        ("1 \\text{ and } 2", "2,1"),
        ("1 \\pm \\sqrt{5}", "1+\\sqrt{5}, 1-\\sqrt{5}"),
        ("(-\\infty, 2) \\cup [3, \\infty)", "[3,\\infty)\\cup(-\\infty,2)"),
        ("x \\in [1, 2]", "[1,2]"),
        ("1 \\le x \\le 2", "[1,2]"),
        (
            "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
            "\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}",
        ),
        ("\\emptyset", "\\varnothing"),
    ]);
    different(&[
        ("(1,2)", "(2,1)"),
        ("[1,2)", "[1,2]"),
        ("1,2,3", "1,2"),
        ("1, 2, \\dots, n", "n"),
        ("\\{1,2\\}", "\\{1,3\\}"),
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix}"),
    ]);
}

#[test]
fn relations() {
    equal(&[
        ("x=5", "5"),
        ("y = 2x + 1", "2x - y + 1 = 0"),
        ("x > 3", "3 < x"),
        ("x > 3", "(3, \\infty)"),
        ("x=1, y=2", "(1,2)"),
    ]);
    different(&[("y=2x+1", "y=2x-1"), ("x>3", "x<3"), ("x>3", "x\\ge 3"), ("x=5", "y=6")]);
}

#[test]
fn words_choices_and_bases() {
    equal(&[
        ("\\text{even}", "even"),
        ("\\text{Evelyn}", "Evelyn"),
        ("\\text{(C)}", "C"),
        ("(B)", "B"),
        ("1101_2", "1101_{2}"),
        ("1101_2", "13"),
        ("\\text{June 20}", "June 20"),
    ]);
    different(&[("\\text{even}", "odd"), ("C", "D"), ("1101_2", "1101_3")]);
}

/// What a completion's answer is, by rule.
#[test]
fn answers_are_found_where_the_rules_say() {
    let grader = Grader::default();
    for (completion, expected) in [
        ("\\boxed{1} is wrong. It is \\boxed{2}", Some("2")),
        ("\\boxed{\\frac{1}{2}}", Some("\\frac{1}{2}")),
        ("\\fbox{7}", Some("7")),
        ("<think>\\boxed{3}</think> It is \\boxed{4}.", Some("4")),
        ("<think>\\boxed{3}", None),
        ("\\boxed{7", None),
        ("\\boxed{5} \\boxed{5}", Some("5")),
        ("The answer is 12.", Some("12")),
        ("#### 18", Some("18")),
        ("I do not know", None),
    ] {
        assert_eq!(grader.extract(completion).as_deref(), expected, "{completion}");
    }
    let strict = Grader::new(rs_grpo_grade::Unboxed::Refuse);
    assert_eq!(strict.extract("The answer is 12."), None);
}

#[test]
fn faults_are_told_apart() {
    let grader = Grader::default();
    for (gold, completion, expected) in [
        ("\\frac{1}{", "\\boxed{1}", Verdict::GoldUnparsable),
        ("1", "I do not know", Verdict::PredictionUnparsable),
        ("1", "\\boxed{\\frac{1}{}", Verdict::PredictionUnparsable),
        ("1", "\\boxed{9^{9^{9^9}}}", Verdict::BudgetExceeded),
        ("1", "\\boxed{2}", Verdict::Wrong),
    ] {
        assert_eq!(grader.grade(gold, completion).verdict, expected, "{gold}, {completion}");
    }
    // A gold answer that cannot be read is never scored.
    assert_eq!(Verdict::GoldUnparsable.reward(), None);
}

#[test]
fn verdicts_say_how_they_came_about() {
    let grader = Grader::default();
    for (gold, answer, expected) in [
        ("42", "42", Method::Identical),
        ("\\frac12", "0.5", Method::Exact),
        ("x^2-1", "(x-1)(x+1)", Method::Exact),
        ("2\\sin x\\cos x", "\\sin 2x", Method::Numeric),
        ("\\text{even}", "odd", Method::Words),
        ("(A)", "B", Method::Choice),
    ] {
        let outcome = grader.grade(gold, &format!("\\boxed{{{answer}}}"));
        assert_eq!(outcome.method, Some(expected), "{gold} and {answer}");
        assert_eq!(outcome.extracted.as_deref(), Some(answer));
    }
}
