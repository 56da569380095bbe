//! What must hold of the grader for every input. A law panics where it is broken: that is how a
//! fuzzer learns it.
//!
//! The fuzz targets of `llm/grade/fuzz` look for inputs that break a law; `cargo test` checks the
//! inputs that fuzzing kept. The laws need no fuzzer, so this crate depends on the grader alone.

pub mod expression;

use rs_grpo_grade::{Grader, Unboxed, Verdict};

/// What stands between the two texts of one input.
const SPLIT: char = '\n';

/// Runs each call of the grader: a fuzzer limits the time that one may take.
pub trait Watch {
    /// Runs a call and returns its result; `what` names the call in a message.
    fn run<T>(&self, what: &str, call: impl FnOnce() -> T) -> T;
}

/// Limits nothing: the tests of a machine that does other work at the same time measure no call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Untimed;

impl Watch for Untimed {
    fn run<T>(&self, _what: &str, call: impl FnOnce() -> T) -> T {
        call()
    }
}

/// A gold answer on the first line, a completion behind it: one verdict, always the same, with a
/// method exactly where two answers were compared.
pub fn completion(input: &str, watch: &impl Watch) {
    let (gold, completion) = input.split_once(SPLIT).unwrap_or((input, input));
    let grader = Grader::default();
    let outcome = watch.run("grade", || grader.grade(gold, completion));
    assert_eq!(outcome, grader.grade(gold, completion), "the same input, another outcome");
    let compared = outcome.answer.is_some() && outcome.verdict != Verdict::GoldUnparsable;
    assert_eq!(outcome.method.is_some(), compared, "{outcome:?}");
    if let Some(answer) = &outcome.answer {
        watch.run("key", || (answer.key(), answer.to_string(), answer.kind()));
    }
    let strict = Grader::new(Unboxed::Refuse);
    watch.run("grade with boxes only", || strict.grade(gold, completion));
}

/// Two answers: the order does not matter, and what can be read equals itself.
pub fn symmetry(input: &str, watch: &impl Watch) {
    let (a, b) = input.split_once(SPLIT).unwrap_or((input, input));
    let grader = Grader::default();
    let forth = watch.run("verify", || grader.verify(a, b));
    let back = watch.run("verify", || grader.verify(b, a));
    // Where neither answer can be read, the first one is blamed, whichever it is.
    let settled = |verdict| matches!(verdict, Verdict::Correct | Verdict::Wrong);
    assert!(forth == back || !settled(forth) && !settled(back), "{forth:?} and {back:?}");
    for text in [a, b] {
        if grader.parse_gold(text).is_ok() {
            let itself = watch.run("verify", || grader.verify(text, text));
            assert_eq!(itself, Verdict::Correct, "{text:?} and itself");
        }
    }
}

/// A completion: what is extracted is part of no thought, and the same in every run; a box that is
/// closed is found by both policies.
pub fn extraction(input: &str, watch: &impl Watch) {
    let grader = Grader::default();
    let lenient = watch.run("extract", || grader.extract(input));
    assert_eq!(lenient, grader.extract(input), "the same input, another extraction");
    let strict = watch.run("extract", || Grader::new(Unboxed::Refuse).extract(input));
    assert!(strict.is_none() || lenient.is_some(), "{strict:?} only");
    let thinking = format!("{input}<think>");
    assert_eq!(grader.extract(&thinking), None, "an unfinished thought has no answer");
    let boxed = format!("<think>{input}</think>\n\\boxed{{17}}");
    assert_eq!(grader.extract(&boxed).as_deref(), Some("17"), "the box behind the thought counts");
}
