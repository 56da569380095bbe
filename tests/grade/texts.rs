//! Answers in words, times of day, and lists as programs write them.

use crate::rules::{different, equal};
use rs_grpo_grade::{Grader, Method, Verdict};

#[test]
fn words_have_no_case_and_labels_have_one() {
    equal(&[
        ("Yes", "yes"),
        ("YES", "yes"),
        ("no", "\\text{No}"),
        ("odd", "ODD"),
        ("Tue", "tue"),
        ("Leo", "leo"),
        ("Ivy", "\\text{ivy}"),
        ("Clara", "clara"),
        ("FALSE", "false"),
        ("cos", "Cos"),
    ]);
    different(&[
        ("yes", "no"),
        // `no` is a word, and not a product.
        ("no", "on"),
        ("odd", "add"),
        ("Leo", "Ole"),
        ("Tue", "Wed"),
        ("true", "false"),
        ("cos", "sin"),
        // A letter is not the word that it begins.
        ("F", "false"),
        // Capitals are what is asked for.
        ("PQ", "pq"),
        ("PQ", "Pq"),
        ("ABD", "abd"),
        ("WXYZ", "wxyz"),
        ("NO_2", "no_2"),
    ]);
}

#[test]
fn phrases_equal_the_same_words() {
    equal(&[
        ("n is a square", "n \\text{ is a square}"),
        ("All multiples of 7", "\\text{all multiples of } 7"),
        ("4 and even cubes", "4 \\text{ and all even cubes}"),
        ("Not a circle", "\\text{not a circle}"),
        ("keeping the first box", "keeping the first box"),
        ("4 and even cubes", "4 and even cubes"),
    ]);
    different(&[
        ("n is a square", "n is a cube"),
        ("n is a square", "n"),
        ("not all cubes", "not cubes"),
        ("n \\text{ is a square}", "n"),
        ("All multiples of 7", "7"),
        ("\\text{all multiples of } 7", "7"),
        ("\\text{more than } 7", "7"),
        ("All multiples of 7", "\\text{all multiples of } 9"),
    ]);
}

#[test]
fn sets_in_words() {
    equal(&[
        ("\\mathbb{Z}", "all integers"),
        ("\\mathbb{R}", "\\text{all real numbers}"),
        ("\\mathbb{Z}^+", "all positive integers"),
        ("x\\ne 5", "all real numbers except 5"),
        ("\\mathbb{R}\\setminus\\{5,8\\}", "\\text{all real numbers except 5 and } 8"),
        ("infinitely many solutions", "Infinite number of solutions"),
    ]);
    different(&[
        ("\\mathbb{Z}", "all real numbers"),
        ("\\mathbb{Z}", "all positive integers"),
        ("x\\ne 5", "all real numbers except 6"),
        ("infinitely many solutions", "no solution"),
    ]);
}

/// What the grader cannot read, or is prose around formulas, equals itself in another spacing; anything
/// else cannot be scored with it.
#[test]
fn a_repeated_gold_answer_is_correct() {
    let grader = Grader::default();
    let series = "$1+\\frac{t}{3}+\\cdots+\\frac{t^{9}}{9 !}$";
    let cases = "$p^2 + 1$ ( $p \\ge 3$)\n7 ($p=2$)";
    for (gold, box_content) in [
        (series, "1 + \\frac{t}{3}+\\cdots +\\frac{t^{9}}{9!}"),
        (cases, cases),
        ("$4,7, \\underbrace{4\\cdots4}_{m}7$", "4,7,\\underbrace{4 \\cdots 4}_{m} 7"),
    ] {
        let outcome = grader.grade(gold, &format!("So it is $\\boxed{{{box_content}}}$."));
        assert_eq!(outcome.verdict, Verdict::Correct, "{gold}");
        assert_eq!(outcome.method, Some(Method::Identical), "{gold}");
    }
    let other = "\\boxed{1+\\frac{t}{3}+\\cdots+\\frac{t^{8}}{8!}}";
    assert_eq!(grader.grade(series, other).verdict, Verdict::GoldUnparsable);
    // A formula that is cut off is no answer, however often it is repeated.
    let broken = "\\frac{1}{\\sqrt{2}";
    assert_eq!(grader.verify(broken, broken), Verdict::GoldUnparsable);
    // Dots stand for what is not said. Spaces between digits are seen.
    assert_eq!(grader.verify("2\\cdots 1 3", "2\\cdots 13"), Verdict::GoldUnparsable);
}

/// A time without a.m. or p.m. is one of 24 hours; one that can be nothing else is no ratio.
#[test]
fn times_of_day() {
    equal(&[
        ("21:47", "9:47 p.m."),
        ("21:47:00", "9:47 \\text{ P.M.}"),
        ("5:00 p.m.", "5 PM"),
        ("6:20", "6{:}20"),
        ("6:20 a.m.", "\\text{6:20 AM}"),
        ("12:00 noon", "12:00 PM"),
        ("noon", "12 p.m."),
        ("0:10", "12:10 AM"),
        ("06:20", "6:20"),
    ]);
    different(&[
        ("21:47", "9:47 a.m."),
        ("6:20", "6:20 p.m."),
        ("6:20 a.m.", "6:20 p.m."),
        ("12:00 noon", "12:00 AM"),
        ("5:00 p.m.", "5"),
        ("6:20", "6:02"),
        // As times, not as ratios.
        ("6:20", "3:10"),
        ("5:08", "5:8"),
    ]);
    // Without two digits behind the colon it is a ratio.
    equal(&[("4:6", "2:3"), ("4:6", "\\frac23"), ("75:90", "5:6")]);
}

#[test]
fn lists_that_programs_write() {
    equal(&[
        ("['64']", "64"),
        ("[\"64\"]", "64"),
        ("[\"5\", \"-5\"]", "5,-5"),
        ("[\"5\", \"-5\"]", "-5 \\text{ and } 5"),
        ("['5', '-5']", "\\{5,-5\\}"),
        ("[\"\\\\frac{1}{4}\", \"\\sqrt{2}\"]", "\\sqrt2, 0.25"),
        ("[\"2,000\"]", "2000"),
        ("['even']", "even"),
        ("[\"(1,4)\", \"(2,8)\"]", "(1,4),(2,8)"),
        // Ends in falling order are no interval.
        ("[5, -5]", "-5, 5"),
        ("[5, -5]", "(5,-5)"),
    ]);
    different(&[
        ("['64']", "4"),
        ("[\"5\", \"-5\"]", "5"),
        ("[\"5\", \"-5\"]", "5,-4"),
        ("[\"(1,4)\", \"(2,8)\"]", "(4,1),(2,8)"),
        ("[-5, 5]", "-5, 5"),
        ("[5, -5]", "(-5,5)"),
    ]);
    let nested = format!("{}1{}", "[\"".repeat(500), "\"]".repeat(500));
    assert_eq!(Grader::default().verify(&nested, "1"), Verdict::GoldUnparsable);
}

#[test]
fn dots_between_items() {
    equal(&[("1, 3, ..., 9", "1,3,\\ldots,9"), ("1, 3, \\dots, 9", "1, 3, \\cdots, 9")]);
    different(&[("1, 3, ..., 9", "1,3,9")]);
}
