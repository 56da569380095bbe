//! Grading of mathematical answers: is what a completion says the gold answer?
//!
//! ```
//! use rs_grpo_grade::{Grader, Method, Verdict};
//!
//! let grader = Grader::default();
//! let outcome = grader.grade(r"\frac{\sqrt{3}}{2}", r"Hence $\boxed{\sin 60^\circ}$.");
//! assert_eq!(outcome.verdict, Verdict::Correct);
//! assert_eq!(outcome.extracted.as_deref(), Some(r"\sin 60^\circ"));
//! assert_eq!(outcome.method, Some(Method::Numeric));
//!
//! // A gold answer is read once for many completions, and its faults are told before a run.
//! let gold = grader.parse_gold("(1, 2)")?;
//! assert_eq!(grader.grade_with(&gold, r"\boxed{(2, 1)}").verdict, Verdict::Wrong);
//! assert!(grader.parse_gold(r"\frac{1}{").is_err());
//!
//! // A verdict that is neither right nor wrong says why; `reward` is `None` if the gold is at fault.
//! let unread = grader.grade_with(&gold, "I do not know.");
//! assert_eq!(unread.verdict, Verdict::PredictionUnparsable);
//! assert_eq!(unread.verdict.reward(), Some(0.0));
//!
//! // A majority vote: clusters of equal answers, the largest first.
//! let votes = ["0.5", "7", r"\frac{1}{2}"].map(|text| grader.parse(text));
//! let votes = votes.into_iter().collect::<Result<Vec<_>, _>>()?;
//! assert_eq!(grader.clusters(&votes)[0].votes, [0, 2]);
//! # Ok::<(), rs_grpo_grade::ReadError>(())
//! ```
//!
//! What counts as the same answer stands below; how the grader compares with others, and how it is
//! used from Python, TRL and verl, in [docs/grader.md] of the repository.
//!
//! [docs/grader.md]: https://github.com/rs-grpo/rs-grpo/blob/main/docs/grader.md
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
//! - `50 %` is 0.5 and 50; `90°` is 90 and π/2. `1/2` is `2/4`.
//! - A decimal of five or more digits, with an exponent or without, is the exact value that rounds to it.
//!   A shorter one is not: `0.33` for 1/3 fits every value between 0.325 and 0.335. One that is cut off
//!   is not either, `125.663` for 40π: it is nearer to other values, and rounding is what was meant.
//! - A decimal of sixteen or more digits is also what a program printed for the double nearest to the
//!   value, or for a neighbour of it: `0.30000000000000004` is 0.3, because a model that computes gets
//!   such numbers and has the answer. Two doubles away it is another number.
//! - A decimal does not round to another decimal, `1.97` is not `1.97423`: a gold answer with a point is
//!   exact, or rounded on purpose. An integer is exact too: `1.0995e12` is not 4^20, and
//!   `1.09951162778e12` is, with twelve digits, as programs print a float of that size.
//! - In an expression, decimals of twelve or more digits are rounded numbers where the other answer has
//!   none: `2.71828182845905^{x}` is e^x. Shorter ones are exact there.
//! - `1e-05`, `2.5e+16`, `1E5` and `1.5 x 10^3` are powers of ten, `2e-3` where it stands alone; in a
//!   formula it is a difference. `1e-16` is not 0: how much of it is rounding, a single number does not say.
//! - A unit that one answer has and the other has not does not count, as most gold answers leave it out. Where
//!   both have a unit of the table in `read/units`, they must measure the same quantity, and the amounts are
//!   compared in one unit: `3 km` is `3000 m` and not `3 m`, `7 cm` is not `7 cm²`. Words that are not in the
//!   table, or have several meanings (`pounds`, `ounces`, `units`), are compared with nothing. `2 h 30 min` is a
//!   sum, `12° 30'` an angle. The signs of currencies before a number do not count.
//! - Upright letters and abbreviations behind a number are units. A single italic letter is a variable in a gold
//!   answer. In a completion `5 m`, with a space and one of m s h g L N J W V A K, can be 5 as well, and so can
//!   `5m` and `5s`: a gold answer without the letter does not depend on a variable of that name, so a unit is
//!   far more likely. `2g`, `3h` and `5N` stay products, as these letters are constants of physics more often.
//! - A remark behind an answer does not count if the rest is an answer by itself: about how much it is, why, where
//!   it is attained (`12 \text{ (at } x=3)`), in what form. Lists (`5 or 7`), branches (`… if … , … if …`) and
//!   remainders are no remarks. Where an answer holds (`k \in \mathbb{Z}`, `for n ≥ 1`, `mod 13`) may be missing
//!   on one side, also for `\frac n2 \text{ if } n \text{ is even}`, since the question often says it; two
//!   that differ are two answers. The letter of a parameter that both declare does not count: `kπ, k ∈ ℤ` is
//!   `nπ, n ∈ ℤ`, and without the declarations it is not.
//! - An index and an exponent can stand in either order, styles of letters do not count, and `\varphi` is `\phi`
//!   unless an answer has both. A bar, a tilde and a dot make another letter, a hat and an arrow do not.
//! - Quotes, emphasis, tags, colours, full-width digits, signs at the end of a proof and announcements such as
//!   `答案是` around an answer are taken off. An exclamation mark is a factorial: `5!` is 120.
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
//!   bare value answers for both, because the question has named what it asks for (so 6 is xy = 6 and is
//!   uv = 6, which are not the same). A sum, a power or a
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
mod commas;
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
mod role;
mod spelled;
mod typed;
mod verdict;
mod votes;

pub use answer::Answer;
pub use budget::Budget;
pub use grader::{Grader, Unboxed};
pub use outcome::Outcome;
pub use read::ReadError;
pub use spelled::number_in_words;
pub use verdict::{Method, Verdict};
pub use votes::Cluster;

/// Version of the grader: it changes whenever a verdict for some input may change.
pub const VERSION: &str = "4";

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
