//! What one verdict allocates, whatever the size of the numbers in the two answers is. A binary of its
//! own: its allocator counts the bytes of the whole process.

use grade_laws::expression;
use peak_alloc::PeakAlloc;
use rs_grpo_grade::{Grader, Verdict};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Most bytes of one verdict over what was in use before.
const MOST: usize = 16 << 20;

/// The verdict on an answer in a box, and the most bytes that were in use for it.
fn graded(gold: &str, answer: &str) -> (Verdict, usize) {
    let completion = format!("\\boxed{{{answer}}}");
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let verdict = Grader::default().grade(gold, &completion).verdict;
    (verdict, ALLOCATOR.peak_usage().saturating_sub(before))
}

/// Answers whose evaluation once shifted a number by its own exponent, or copied it for every entry.
fn towers_that_were_told_apart() -> Vec<(String, &'static str)> {
    let small = [
        "e^{10^{-10^{11}}}",
        "7^{1/10^{10^{11}}}",
        "\\sqrt[10^{10^{11}}]{5}",
        "\\cosh(10^{-10^{11}})",
    ];
    let near_one = small.into_iter().map(|tower| (tower.to_owned(), "4"));
    let near_zero = [
        "\\sinh(10^{-10^{11}})",
        "\\tan(10^{-10^{11}})",
        "\\sin(i \\cdot 10^{-10^{11}})",
        "\\arctan(10^{-10^{11}})",
        "\\ln(1+10^{-10^{11}})",
        "\\arcsin(10^{-10^{11}})",
        "10^{10^{-10^{11}}} - 1",
    ];
    let near_zero = near_zero.into_iter().map(|tower| (tower.to_owned(), "4"));
    let near_right_angle = [("\\arctan(10^{10^{11}})".to_owned(), "1.5")];
    let matrix = "\\begin{pmatrix} x & 1 \\\\ 1 & x \\end{pmatrix}";
    let wide = format!("\\begin{{pmatrix}} {} \\end{{pmatrix}}", ["1"; 1_500].join(" & "));
    let copied = [(matrix.repeat(150), "4"), (format!("({}) {wide}", ["x"; 1_500].join("+")), "4")];
    near_one.chain(near_zero).chain(near_right_angle).chain(copied).collect()
}

#[test]
fn no_verdict_allocates_by_the_size_of_a_number() {
    for (tower, other) in towers_that_were_told_apart() {
        let brief: String = tower.chars().take(60).collect();
        for (gold, answer) in [(&*tower, other), (other, &*tower)] {
            let (verdict, bytes) = graded(gold, answer);
            assert_ne!(verdict, Verdict::Correct, "{brief}");
            assert!(bytes < MOST, "{brief}: {bytes} bytes");
        }
    }
    let mut source = expression::Source::new(20_261);
    for _ in 0..400 {
        let (a, b) = source.pair();
        for (gold, answer) in [(&a, &b), (&b, &a)] {
            let (_, bytes) = graded(gold, answer);
            assert!(bytes < MOST, "{gold} and {answer}: {bytes} bytes");
        }
    }
}
