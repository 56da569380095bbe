//! Grading of mathematical answers: is what a completion says the gold answer?
//!
//! | folder | what |
//! |---|---|
//! | `extract` | where in a completion the answer stands |
//! | `read` | LaTeX, plain notation and Unicode signs to a syntax tree |
//! | `typed` | numbers, tuples, sets, matrices, relations …, and when two of them are the same |
//! | `exact` | rational numbers, polynomials, roots |
//! | `numeric` | evaluation with a bound on the error, where exact arithmetic does not suffice |
//!
//! `answer` reads one answer with these, `grader` does it for a gold answer and a completion and compares
//! the two.
//!
//! A verdict is a function of the two texts and of the [`Budget`] alone; it does not depend on time, on
//! threads or on signals. Where the budget does not suffice, the verdict says so.
//!
//! # Choices
//!
//! - After `</think>` only; the last box counts, boxes in a row with nothing, "and" or a comma between
//!   them are a list. A box that is only named (`\boxed{}`, `\boxed{your answer}`, "put it in \boxed.")
//!   is none. A text that ends inside a box has no answer: the box before it was not its last word.
//!   "The final answer is …" behind a box counts before the box. What stands in `<answer>` or in
//!   `<|begin_of_box|>` counts before what stands around it.
//! - Without a box: what is announced as the answer, else the formula, number or word that the last line
//!   is, or the number that its sentence answers with; [`Unboxed::Refuse`] turns that off. A letter
//!   counts where the gold answer is a choice.
//! - Of a sentence, never a piece of a formula: a run of mathematics counts as a whole or not at all.
//!   What follows "so", "therefore" or "for a total of" counts before what precedes it; "If …,",
//!   "because …", "which …", what follows a colon and remarks in brackets do not count where something
//!   else is left. Then: the value behind the last `=` of a calculation; what a verb such as "is", "has"
//!   or "costs" says directly ("There are 18 eggs left in the 5 boxes" says 18); the only number outside
//!   of phrases such as "in the 5 boxes"; the only number. "1 in 6" is 1/6. Numbers in words count.
//!   Where two numbers are left ("Ann has 3 and Tom has 4", "2 hours and 30 minutes", "3 to 5") and where
//!   the sentence says "not", there is no answer. "11 or 12" is a list of two, so a guess at both is
//!   wrong for either.
//! - A gold answer in prose is what it announces, or its first formula with the qualifier behind it cut
//!   ("The maximum is $12$, attained when $x = 3$" is 12), or "yes" or "no" with the reason cut. Where
//!   words before that formula may say something else ("all odd integers $n \ge 3$"), and where several
//!   sentences have formulas, it cannot be read.
//! - `50 %` is 0.5 and 50; `90°` is 90 and π/2; units and currencies are not
//!   compared. `1/2` is `2/4`. A decimal of five or more digits is the exact value that rounds to it;
//!   no shorter one is, so `0.33` is not 1/3.
//! - `1,5` is 1.5 where the gold answer is, and else two numbers. A gold answer that ends in a comma and
//!   one digit is always a list, `0{,}1` always 0.1.
//! - `0.333…` repeats the digits that stand there at least twice. `twelve` is 12, `two thirds` is 2/3,
//!   `3rd` is 3, "no solution" is the empty set, "all real numbers" the real line.
//! - Tuples have an order, lists and sets have none. A pair in round brackets is an open interval
//!   where the other answer is an interval. Bounds on one name that exclude each other are a union,
//!   others what both leave.
//! - Prose in a box counts for what it announces, or for its only formula or number. A box with notation
//!   that is not understood has no answer: no number is picked out of it.
//! - Equations are the same up to a factor and in either direction.
//! - A symbol or a function of plain variables before `=`, `x` or `f(x)`, is a name: it is compared with
//!   other names alone, and f(n) can be f(x), y can be f(x). Any other single quantity, `xy`, `f(2)`,
//!   `\sin A`, `a : b`, `P(B)`, is part of the answer: beside another equation, both must say the same. A
//!   bare value answers for both, because the question has named what it asks for. A sum, a power or a
//!   multiple, `x + y = 3`, is an equation to be solved, and never its right-hand side.
//! - A run of capitals is a segment or an angle, the same backwards: AB = 5 is BA = 5 and not AC = 5. As
//!   an answer alone, and between variables as in `PV = nRT`, it is what is written.
//! - Words have no case, `Yes` is `yes`; capitals that are a label have one, `AB` is not `ab`. A letter
//!   is not the word that it begins, `T` not `True`. A phrase equals the same words alone.
//! - Unions, intersections and differences of sets are carried out where their ends can be ordered; what
//!   touches is joined. `all integers` is ℤ, `infinitely many solutions` ∞.
//! - A time without a.m. or p.m. is one of 24 hours, so `20:34` is `8:34 p.m.` and `8:34` is not; two
//!   answers that are times are compared as such, else `4:30` is a ratio.
//! - `["3", "-3"]` is the list of its texts, `[3, -3]` a list because its ends fall, `[-3, 3]` an interval.
//!   `y = 4, x = 3` has the order of its names, and `3i - 2j` the coordinates (3, -2).
//! - A completion that repeats the text of a gold answer is correct, even where the grader cannot read it.
//!
//! # Against math-verify
//!
//! Of 129 cases of math-verify 0.9's own tests, three are graded otherwise on purpose: `0.33` for 1/3
//! in a matrix (their test rounds to two digits), `f(y)` for `f(x)` (their test is not strict), and
//! `1 + 1/e` for `1 − 1/e` (an error that their tests pin).

mod agreement;
mod answer;
mod budget;
mod clock;
mod exact;
mod extract;
mod grader;
mod listed;
mod numeric;
mod outcome;
mod plain;
mod printed;
mod read;
mod remarked;
mod spelled;
mod typed;
mod verdict;

pub use answer::Answer;
pub use budget::Budget;
pub use grader::{Grader, Unboxed};
pub use outcome::Outcome;
pub use read::ReadError;
pub use spelled::number_in_words;
pub use verdict::{Method, Verdict};

/// Version of the grader: it changes whenever a verdict for some input may change.
pub const VERSION: &str = "3";

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
