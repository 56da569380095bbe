//! Generated expressions: equal ones in another form are told to be equal, and nearly equal ones are
//! not.

use proptest::prelude::*;
use rs_grpo_grade::{Grader, Verdict};

/// An expression over x and y, in two ways of writing it.
#[derive(Debug, Clone)]
struct Written {
    one: String,
    other: String,
}

fn leaf() -> impl Strategy<Value = Written> {
    prop_oneof![
        (1_i64..50).prop_map(|n| Written { one: n.to_string(), other: format!("{n}.0") }),
        (1_i64..20, 2_i64..20).prop_map(|(a, b)| Written {
            one: format!("\\frac{{{a}}}{{{b}}}"),
            other: format!("({}/{})", 3 * a, 3 * b),
        }),
        prop::sample::select(vec!["x", "y"])
            .prop_map(|v| Written { one: v.into(), other: format!("({v})") }),
        (2_i64..9, 2_i64..6).prop_map(|(a, b)| Written {
            one: format!("\\sqrt{{{}}}", a * a * b),
            other: format!("{a}\\sqrt{{{b}}}"),
        }),
    ]
}

fn expression() -> impl Strategy<Value = Written> {
    leaf().prop_recursive(3, 12, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(a, b)| Written {
                one: format!("{}+{}", a.one, b.one),
                other: format!("{}+{}", b.other, a.other),
            }),
            pair.clone().prop_map(|(a, b)| Written {
                one: format!("\\left({}\\right)\\cdot({})", a.one, b.one),
                other: format!("({})({})", b.other, a.other),
            }),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| Written {
                one: format!("({})({}-({}))", a.one, b.one, c.one),
                other: format!("({0})({1})-({0})({2})", a.other, b.other, c.other),
            }),
            pair.prop_map(|(a, b)| Written {
                one: format!("\\frac{{{}}}{{({})^2+1}}", a.one, b.one),
                other: format!("({})/(1+({})^{{2}})", a.other, b.other),
            }),
        ]
    })
}

/// Answers of every kind that names, words, times and sets add; those of a line are the same.
const CLASSES: [&[&str]; 16] = [
    &["uv=12", "12=vu", "v=\\frac{12}{u}"],
    &["uw=12"],
    &["\\tan A=3", "\\tan A=\\frac{9}{3}"],
    &["\\tan B=3"],
    &["g(4)=3", "g(4)=\\frac62"],
    &["KL=\\sqrt{12}", "LK=2\\sqrt3"],
    &["KM=2\\sqrt3"],
    &["y'=8x", "f'(x)=8x", "\\frac{dy}{dx}=8x"],
    &["(-\\infty,2)\\cup(2,\\infty)", "\\mathbb{R}\\setminus\\{2\\}", "all real numbers except 2"],
    &["[0,2]\\cup[1,6]", "[0,6]", "\\{0\\}\\cup(0,6]", "[0,9]\\cap[-4,6]"],
    &["(0,6]", "[0,6]\\setminus\\{0\\}"],
    &["17:25", "5:25 p.m.", "5:25\\text{ PM}", "17:25:00"],
    &["5:25", "5:25 a.m.", "05:25"],
    &["[\"8\", \"-8\"]", "8,-8", "-8 \\text{ and } 8", "\\pm 8"],
    &["Nora", "nora", "NORA", "\\text{Nora}"],
    &["x=9, y=1", "(9,1)", "y=1, x=9", "[x=9, y=1]"],
];

/// Equality carries over: what equals the same answer is equal, and what does not equal one answer of a
/// class equals none of it.
#[test]
fn equality_is_symmetric_and_transitive() {
    let grader = Grader::default();
    let members =
        || CLASSES.iter().enumerate().flat_map(|(i, class)| class.iter().map(move |m| (i, m)));
    for (i, a) in members() {
        for (j, b) in members() {
            let expected = if i == j { Verdict::Correct } else { Verdict::Wrong };
            assert_eq!(grader.verify(a, b), expected, "{a} and {b}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn other_forms_are_equal(written in expression()) {
        let verdict = Grader::default().verify(&written.one, &written.other);
        prop_assert_eq!(verdict, Verdict::Correct);
    }

    #[test]
    fn a_small_difference_counts(written in expression(), places in 1_u32..12) {
        let near = format!("{}+\\frac{{1}}{{10^{{{places}}}}}", written.other);
        let verdict = Grader::default().verify(&written.one, &near);
        prop_assert_eq!(verdict, Verdict::Wrong);
    }

    #[test]
    fn fractions_agree_with_their_decimals(numerator in -999_i64..999, places in 1_u32..6) {
        let denominator = 10_i64.pow(places);
        let decimal = format!("{:.*}", places as usize, numerator as f64 / denominator as f64);
        let fraction = format!("\\frac{{{numerator}}}{{{denominator}}}");
        prop_assert_eq!(Grader::default().verify(&fraction, &decimal), Verdict::Correct);
        let next = format!("\\frac{{{}}}{{{denominator}}}", numerator + 1);
        prop_assert_eq!(Grader::default().verify(&next, &decimal), Verdict::Wrong);
    }

    #[test]
    fn tuples_have_an_order_and_sets_have_none(items in prop::collection::hash_set(-99_i64..99, 2..6)) {
        let forth: Vec<String> = items.iter().map(i64::to_string).collect();
        let back: Vec<String> = forth.iter().rev().cloned().collect();
        let (forth, back) = (forth.join(","), back.join(", "));
        let grader = Grader::default();
        let set = |items: &str| format!("\\{{{items}\\}}");
        prop_assert_eq!(grader.verify(&set(&forth), &set(&back)), Verdict::Correct);
        prop_assert_eq!(grader.verify(&format!("({forth})"), &format!("({back})")), Verdict::Wrong);
    }
}
