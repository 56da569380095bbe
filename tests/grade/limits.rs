//! Inputs made to hang or to break a grader. That each ends, and in a verdict, is the test; how long
//! it takes is measured by `cargo bench -p rs-grpo-grade --bench grade`.

use proptest::prelude::*;
use rs_grpo_grade::{Grader, Verdict};

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

fn hostile() -> Vec<String> {
    let roots: Vec<String> = (0..500).map(|i| format!("\\sqrt{{{i}}}")).collect();
    let mut texts: Vec<String> = [
        "9^{9^{9^{9^9}}}",
        "2^{2^{2^{2^{2^2}}}}",
        "((((9!)!)!)!)!",
        "100000!",
        "\\binom{1000000000}{500000000}",
        "10^{1000000000}",
        "1e999999999",
        "(x+y+z+w+1)^{200}",
        "(x+1)^{1000000}",
        "\\sin(10^{300})",
        "\\sin(\\exp(\\exp(\\exp(10))))",
        "\\sum_{k=1}^{1000000000} \\frac{1}{k}",
        "\\sqrt[1000000]{2}",
        "\\log_{2}(3^{1000000})",
        "",
        " ",
        "\u{0}",
        // A bar inside brackets between bars.
        "|(1|\\pi)",
        "|(1|\\pi)|+|(2|3)",
        // Found by fuzzing: fractions of thousands of bits, and powers of sums with hundreds of terms.
        "(22222222223.22+b)^{343}(a+b)^{49}+b",
        "(a+c)^{350}-9(a+c)^{350}",
        "12.2^{3453.5}",
        "1.5^{5555.5}",
        // Found by mutation: a box without braces right before another.
        "\\boxed\\boxed{\\boxed99999{\\boxed{\\boxed{99= 5",
        "\\boxed 1\\boxed 2é\\boxed{3}",
    ]
    .map(str::to_owned)
    .into();
    texts.extend([
        roots.join("+"),
        roots.join(","),
        "7".repeat(100_000),
        "\\boxed{1} ".repeat(20_000),
        "\\boxed{".repeat(20_000),
        "<think>".repeat(20_000),
        "the answer is ".repeat(20_000),
        "\\".repeat(20_001),
        "½".repeat(5_000),
        format!("\\begin{{pmatrix}}{}\\end{{pmatrix}}", "1&".repeat(3_000)),
    ]);
    for sign in ["{", "}", "(", "[", "|", "$", ",", "-", "^", "_", "\\frac", "\\left", "&", "="] {
        texts.push(sign.repeat(20_000));
    }
    for (open, close) in
        [("(", ")"), ("{", "}"), ("\\frac{1}{", "}"), ("\\sqrt{", "}"), ("2^{", "}"), ("-", "")]
    {
        texts.extend([60, 900, 20_000].map(|depth| nested(open, close, depth)));
    }
    texts
}

/// A stack of 512 KiB: nothing may go as deep as its input.
#[test]
fn hostile_inputs_get_a_verdict() {
    let check = || {
        let grader = Grader::default();
        for text in hostile() {
            let brief: String = text.chars().take(30).collect();
            for (gold, completion) in [("1", &*text), (&*text, "\\boxed{1}"), (&text, &text)] {
                let once = grader.grade(gold, completion);
                // Nothing but the texts decides.
                assert_eq!(grader.grade(gold, completion), once, "{brief}");
            }
            let forth = grader.verify("1", &text) == Verdict::Correct;
            assert_eq!(forth, grader.verify(&text, "1") == Verdict::Correct, "{brief}");
        }
    };
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(check);
    thread.expect("a thread").join().expect("no panic, no overflow");
}

/// Pieces of notation in any order.
fn notation() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\\frac",
        "{",
        "}",
        "1",
        "2",
        "x",
        "y",
        "\\sqrt",
        "[",
        "]",
        "(",
        ")",
        "^",
        "_",
        "+",
        "-",
        "\\cdot",
        ",",
        "=",
        "<",
        "\\le",
        "\\pi",
        "e",
        "i",
        "!",
        "%",
        "\\%",
        "\\circ",
        "\\text{",
        "and",
        "\\cup",
        "\\infty",
        "\\left",
        "\\right",
        "|",
        "\\begin{pmatrix}",
        "\\end{pmatrix}",
        "&",
        "\\\\",
        "\\pm",
        "\\sin",
        "\\log",
        "\\binom",
        ".",
        "\\boxed{",
        "$",
        " ",
        "\\ln",
        "°",
        "\\in",
        "\\{",
        "\\}",
        "/",
        "*",
        ":",
        "\\approx",
        "\\ldots",
        "0.5",
        "\\overline",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_notation_gets_a_verdict_and_order_does_not_matter(a in notation(), b in notation()) {
        let grader = Grader::default();
        let (forth, back) = (grader.verify(&a, &b), grader.verify(&b, &a));
        prop_assert_eq!(forth == Verdict::Correct, back == Verdict::Correct, "{:?} {:?}", forth, back);
        // What can be read equals itself.
        if grader.parse(&a).is_ok() {
            prop_assert_eq!(grader.verify(&a, &a), Verdict::Correct);
        }
    }

    #[test]
    fn any_text_gets_a_verdict(gold in ".{0,40}", completion in ".{0,200}") {
        let grader = Grader::default();
        let outcome = grader.grade(&gold, &completion);
        prop_assert_eq!(outcome.method.is_some(), outcome.answer.is_some() && outcome.verdict != Verdict::GoldUnparsable);
    }
}
