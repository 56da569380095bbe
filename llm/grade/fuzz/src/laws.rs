//! What must hold for every input. Each law panics where it is broken: that is how a fuzzer learns it.

use super::timed;
use rs_grpo_grade::{Grader, Unboxed, Verdict};

/// What stands between the two texts of one input.
const SPLIT: char = '\n';

/// A gold answer on the first line, a completion behind it: one verdict, always the same, with a
/// method exactly where two answers were compared.
pub fn completion(input: &str) {
    let (gold, completion) = input.split_once(SPLIT).unwrap_or((input, input));
    let grader = Grader::default();
    let outcome = timed("grade", || grader.grade(gold, completion));
    assert_eq!(outcome, grader.grade(gold, completion), "the same input, another outcome");
    let compared = outcome.answer.is_some() && outcome.verdict != Verdict::GoldUnparsable;
    assert_eq!(outcome.method.is_some(), compared, "{outcome:?}");
    if let Some(answer) = &outcome.answer {
        timed("key", || (answer.key(), answer.to_string(), answer.kind()));
    }
    let strict = Grader::new(Unboxed::Refuse);
    timed("grade with boxes only", || strict.grade(gold, completion));
}

/// Two answers: the order does not matter, and what can be read equals itself.
pub fn symmetry(input: &str) {
    let (a, b) = input.split_once(SPLIT).unwrap_or((input, input));
    let grader = Grader::default();
    let forth = timed("verify", || grader.verify(a, b));
    let back = timed("verify", || grader.verify(b, a));
    // Where both are at fault, the gold answer is blamed.
    let settled = |verdict| matches!(verdict, Verdict::Correct | Verdict::Wrong);
    assert!(forth == back || !settled(forth) && !settled(back), "{forth:?} and {back:?}");
    for text in [a, b] {
        if grader.parse_gold(text).is_ok() {
            let itself = timed("verify", || grader.verify(text, text));
            assert_eq!(itself, Verdict::Correct, "{text:?} and itself");
        }
    }
}

/// A completion: what is extracted is part of no thought, and the same in every run; a box that is
/// closed is found by both policies.
pub fn extraction(input: &str) {
    let grader = Grader::default();
    let lenient = timed("extract", || grader.extract(input));
    assert_eq!(lenient, grader.extract(input), "the same input, another extraction");
    let strict = timed("extract", || Grader::new(Unboxed::Refuse).extract(input));
    assert!(strict.is_none() || lenient.is_some(), "{strict:?} only");
    let thinking = format!("{input}<think>");
    assert_eq!(grader.extract(&thinking), None, "an unfinished thought has no answer");
    let boxed = format!("<think>{input}</think>\n\\boxed{{17}}");
    assert_eq!(grader.extract(&boxed).as_deref(), Some("17"), "the box behind the thought counts");
}
