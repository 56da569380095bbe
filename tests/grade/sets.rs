//! Sets by operation: what a union, an intersection, a difference or a condition leaves.

use crate::rules::{different, equal};
use proptest::prelude::*;
use rs_grpo_grade::{Grader, Verdict};

#[test]
fn operations_on_finite_sets() {
    equal(&[
        ("\\{4,7\\}\\cup\\{7,9\\}", "\\{4,7,9\\}"),
        ("\\{4,7\\}\\cap\\{7,9\\}", "\\{7\\}"),
        ("\\{4,7,9\\}\\setminus\\{7\\}", "\\{4,9\\}"),
        ("\\{4,7\\}\\cap\\{8\\}", "\\emptyset"),
        ("\\{p,q\\}\\cup\\{r\\}", "\\{p,q,r\\}"),
        ("\\{p,q,r\\}\\setminus\\{q\\}", "\\{r,p\\}"),
        ("\\{(1,5)\\}\\cup\\{(2,6)\\}", "\\{(1,5),(2,6)\\}"),
        ("\\{3,4,5,6\\}\\cap[4,5]", "\\{4,5\\}"),
    ]);
    different(&[
        ("\\{4,7\\}\\cup\\{9\\}", "\\{4,7\\}"),
        ("\\{4,7\\}\\cap\\{7,9\\}", "\\{4,7,9\\}"),
        ("\\{4,7,9\\}\\setminus\\{7\\}", "\\{4,7,9\\}"),
        ("\\{p,q,r\\}\\setminus\\{q\\}", "\\{p,q\\}"),
        ("\\emptyset", "\\{0\\}"),
    ]);
}

#[test]
fn operations_on_intervals() {
    equal(&[
        ("[1,4]\\cup[3,8]", "[1,8]"),
        ("(1,4]\\cup(4,8)", "(1,8)"),
        ("\\{1\\}\\cup(1,4)", "[1,4)"),
        ("[1,4]\\cap[3,8]", "[3,4]"),
        ("(1,4)\\cap(3,8)", "(3,4)"),
        ("[1,3]\\cap[3,8]", "\\{3\\}"),
        ("(1,3)\\cap[3,8]", "\\varnothing"),
        ("[1,8]\\setminus(3,4)", "[1,3]\\cup[4,8]"),
        ("[1,8]\\setminus[6,9]", "[1,6)"),
        ("(-\\infty,\\sqrt3)\\cup(1,\\infty)", "\\mathbb{R}"),
        ("[0,3\\sqrt2]\\cap[\\sqrt{18},9]", "\\{3\\sqrt2\\}"),
        ("[0,\\frac{\\pi}{3}]\\cup[\\frac{\\pi}{3},\\pi]", "[0,\\pi]"),
        ("((2,3)\\cup(5,6))^c", "(-\\infty,2]\\cup[3,5]\\cup[6,\\infty)"),
        ("\\mathbb{R}\\setminus\\{6\\}", "(-\\infty,6)\\cup(6,\\infty)"),
        ("\\mathbb{R}-\\{6\\}", "x\\ne 6"),
        ("\\mathbb{R}\\setminus\\{b\\}", "(-\\infty,b)\\cup(b,\\infty)"),
        ("\\mathbb{R}^+", "(0,\\infty)"),
    ]);
    different(&[
        ("[1,4)\\cup(4,8]", "[1,8]"),
        ("(1,4)\\cup(4,8)", "(1,8)"),
        ("[1,4]\\cup[5,8]", "[1,8]"),
        ("(1,4)\\cap(3,8)", "[3,4]"),
        ("[0,3\\sqrt2)\\cap[\\sqrt{18},9]", "\\{3\\sqrt2\\}"),
        ("[1,8]\\setminus(3,4)", "[1,3)\\cup(4,8]"),
        ("\\mathbb{R}\\setminus\\{6\\}", "\\mathbb{R}"),
        ("\\mathbb{R}\\setminus\\{6\\}", "(6,\\infty)"),
        ("\\mathbb{R}\\setminus\\{b\\}", "\\mathbb{R}\\setminus\\{c\\}"),
        ("(0,b)\\cup(b,1)", "(0,1)"),
        ("\\mathbb{R}^+", "[0,\\infty)"),
    ]);
}

#[test]
fn conditions_and_bounds() {
    equal(&[
        ("\\{x\\in\\mathbb{R} : x\\ne 6\\}", "\\mathbb{R}\\setminus\\{6\\}"),
        ("\\{t \\mid t>6\\}", "(6,\\infty)"),
        ("\\{t : 1<t<2 \\text{ or } t>6\\}", "(1,2)\\cup(6,\\infty)"),
        ("t\\ne 4, t\\ne 6", "\\mathbb{R}\\setminus\\{4,6\\}"),
        ("t\\ne 4,6", "\\mathbb{R}\\setminus\\{6,4\\}"),
        ("t>1, t\\ne 6", "(1,6)\\cup(6,\\infty)"),
        ("2\\le t\\le 9, t\\ne 6", "[2,6)\\cup(6,9]"),
        ("t\\in\\mathbb{R}, t\\ne 6", "t\\ne 6"),
        ("t=1 \\text{ or } t>6", "\\{1\\}\\cup(6,\\infty)"),
    ]);
    different(&[
        ("\\{t \\mid t>6\\}", "\\{t \\mid t<6\\}"),
        ("\\{t \\mid t>6\\}", "[6,\\infty)"),
        ("t\\ne 4, t\\ne 6", "t\\ne 4"),
        ("t>1, t\\ne 6", "t>1"),
        ("t=1 \\text{ or } t>6", "t\\ge 1"),
    ]);
}

/// A solution with its set behind a colon, as some data sets write it, says the same twice.
#[test]
fn a_set_can_stand_behind_what_it_solves() {
    equal(&[
        ("x>-4:(-4,\\infty)", "x>-4"),
        (
            "$m \\geqslant 5$ or $m<-9:(-\\infty,-9) \\cup[5, \\infty)$",
            "(-\\infty,-9)\\cup[5,\\infty)",
        ),
        ("$\\{$ All real numbers $\\}: \\mathbb{R}$", "\\mathbb{R}"),
    ]);
    different(&[("x>-4:(-4,\\infty)", "x>4"), ("x>-4:(-4,\\infty)", "[-4,\\infty)")]);
    // A gold answer that contradicts itself is none.
    let verdict = Grader::default().verify("x>-4:(4,\\infty)", "x>-4");
    assert_eq!(verdict, Verdict::GoldUnparsable);
}

#[test]
fn unions_over_an_index() {
    let steps = "\\bigcup_{k\\in\\mathbb{Z}}(3k,3k+1)";
    equal(&[
        (steps, "\\bigcup_{n=-\\infty}^{\\infty}(3n,1+3n)"),
        ("\\bigcup_{k=1}^{5}[k,k^2]", "\\bigcup_{j=1}^{5}[j,j\\cdot j]"),
    ]);
    different(&[
        (steps, "\\bigcup_{k\\in\\mathbb{Z}}(3k,3k+2)"),
        (steps, "\\bigcup_{k\\in\\mathbb{Z}}(k,k+1)"),
        (steps, "(3k,3k+1)"),
        (steps, "\\bigcup_{k=0}^{\\infty}(3k,3k+1)"),
        ("\\bigcup_{k=1}^{5}[k,k^2]", "\\bigcup_{k=1}^{6}[k,k^2]"),
    ]);
}

/// The ends of the intervals of the law below are 0 to this.
const LAST: usize = 4;

/// A set as it is written, and whether it has each of 0, ½, 1, … in it.
type Written = (String, Vec<bool>);

/// An interval with whole ends, or a finite set.
fn simple() -> impl Strategy<Value = Written> {
    let interval = (0..LAST, 1..=LAST, any::<bool>(), any::<bool>()).prop_map(
        |(low, length, low_closed, high_closed)| {
            let high = (low + length).min(LAST);
            let open = if low_closed { "[" } else { "(" };
            let close = if high_closed { "]" } else { ")" };
            let has = |half: usize| match half {
                half if half == 2 * low => low_closed,
                half if half == 2 * high => high_closed,
                half => (2 * low..2 * high).contains(&half),
            };
            (format!("{open}{low},{high}{close}"), (0..=2 * LAST).map(has).collect())
        },
    );
    let finite = prop::collection::btree_set(0..=LAST, 1..4).prop_map(|points| {
        let text: Vec<String> = points.iter().map(usize::to_string).collect();
        let has = |half: usize| half.is_multiple_of(2) && points.contains(&(half / 2));
        (format!("\\{{{}\\}}", text.join(",")), (0..=2 * LAST).map(has).collect())
    });
    prop_oneof![3 => interval, 1 => finite]
}

/// Sets and operations between them, from left to right.
fn operated() -> impl Strategy<Value = Written> {
    let rest = prop::collection::vec((0..3_usize, simple()), 1..4);
    (simple(), rest).prop_map(|(first, rest)| {
        rest.into_iter().fold(first, |(left, has), (operation, (right, other))| {
            let (sign, keeps): (_, fn(bool, bool) -> bool) = match operation {
                0 => ("\\cup", |a, b| a || b),
                1 => ("\\cap", |a, b| a && b),
                _ => ("\\setminus", |a, b| a && !b),
            };
            let has = has.iter().zip(&other).map(|(a, b)| keeps(*a, *b)).collect();
            (format!("({left}) {sign} {right}"), has)
        })
    })
}

/// The same set, written as its points and gaps alone.
fn listed(has: &[bool]) -> String {
    let parts: Vec<String> = (0..has.len())
        .filter(|half| has[*half])
        .map(|half| match half % 2 {
            0 => format!("\\{{{}\\}}", half / 2),
            _ => format!("({},{})", half / 2, half / 2 + 1),
        })
        .collect();
    if parts.is_empty() { "\\emptyset".into() } else { parts.join("\\cup") }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// Whole ends are told from what a set has of the halves between 0 and the last end.
    #[test]
    fn operations_leave_what_they_should((text, has) in operated(), changed in 0..=2 * LAST) {
        let grader = Grader::default();
        prop_assert_eq!(grader.verify(&text, &listed(&has)), Verdict::Correct, "{}", text);
        prop_assert_eq!(grader.verify(&listed(&has), &text), Verdict::Correct, "{}", text);
        let mut other = has;
        other[changed] = !other[changed];
        prop_assert_eq!(grader.verify(&text, &listed(&other)), Verdict::Wrong, "{}", text);
    }
}
