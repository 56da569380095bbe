//! Countdown: what is read, what it is worth, and which puzzles are held out.
//!
//! Expected values are worked out by hand.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_train::data::{Gold, Puzzle};
use rs_grpo_train::task::countdown::{Expression, MAX_LENGTH, Prior, PuzzleShape, Solved};
use rs_grpo_train::task::{Split, TaskSource};
use std::collections::HashSet;

fn value(text: &str) -> Option<String> {
    Expression::parse(text)?.value().map(|value| value.to_string())
}

#[test]
fn expressions_have_their_exact_values() {
    for (text, expected) in [
        ("7", "7"),
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("10 - 4 - 3", "3"),
        ("100 / 5 / 2", "10"),
        ("8 / 3 * 3", "8"),
        ("1 / 3", "1/3"),
        ("6 × 2 − 8 ÷ 4", "10"),
        ("((5))", "5"),
        ("3-5", "-2"),
        ("12+3*9", "39"),
    ] {
        assert_eq!(value(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_expression_or_has_no_value_is_refused() {
    let no_expression =
        ["", "+", "1 +", "+ 1", "1 2", "1 + + 2", "(1", "1)", "()", "x", "1 = 1", "2 ** 3", "1.5"];
    for text in no_expression {
        assert_eq!(Expression::parse(text), None, "{text}");
    }
    // 2³² does not fit a number of the puzzle; a division by zero has no value.
    assert_eq!(Expression::parse("4294967296"), None);
    assert_eq!(value("1 / (2 - 2)"), None);
    // 99999999 ^ 20 leaves 128 bits.
    assert_eq!(value(&["99999999"; 20].join("*")), None);
    assert_eq!(Expression::parse(&"(".repeat(MAX_LENGTH)), None);
    assert_eq!(Expression::parse(&format!("1{}", "+1".repeat(MAX_LENGTH / 2))), None);
}

#[test]
fn normal_forms_forget_order_and_grouping_only() {
    let form = |text: &str| Expression::parse(text).map(|found| found.normal_form());
    let same = [
        ("1 + 2 + 3", "3 + (2 + 1)"),
        ("2 * 3 + 4", "4 + 3 * 2"),
        ("9 - (2 - 3 * 4)", "4 * 3 + 9 - 2"),
        ("6 / 2 * 5", "5 * 6 / 2"),
        ("6 / (2 / 5)", "6 * 5 / 2"),
        ("(1 + 2) * 3", "3 * (2 + 1)"),
    ];
    for (a, b) in same {
        assert_eq!(form(a), form(b), "{a} and {b}");
    }
    let different = [("1 + 2", "1 - 2"), ("2 * 3", "2 / 3"), ("1 + 5", "2 + 4"), ("3 * 4", "12")];
    for (a, b) in different {
        assert_ne!(form(a), form(b), "{a} and {b}");
    }
}

#[test]
fn answers_use_each_number_at_most_once_and_reach_the_target() {
    let puzzle = Puzzle { numbers: vec![3, 8, 8, 12], target: 24 };
    let right =
        ["3 * 8", "12 + 8 + 8 / (3 - 1 * 1)", "8 * 3 = 24", " 3 * 8\nor 12 + 12", "12 + 12"];
    let expected = [true, false, true, true, false];
    for (completion, expected) in right.into_iter().zip(expected) {
        assert_eq!(puzzle.grade(completion).is_correct(), expected, "{completion}");
    }
    // 8 is there twice, 3 once.
    assert_eq!(puzzle.grade("8 + 8").answer.as_deref(), Some("16"));
    assert_eq!(puzzle.grade("3 + 3").answer, None);
    assert_eq!(puzzle.grade("8 + 8").solution, None);
    assert_eq!(puzzle.grade("8 * 3").solution, puzzle.grade("3 * 8").solution);
    assert_eq!((puzzle.grade("3 * 8").reward(), puzzle.grade("3 + 8").reward()), (1.0, 0.0));
    assert_eq!(puzzle.prompt(), "make 24 from 3 8 8 12 =");
}

#[test]
fn generated_solutions_solve_their_puzzles() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let shape = PuzzleShape { numbers: 5, largest: 20, target: 60 };
    for _ in 0..500 {
        let Solved { puzzle, solution } = Solved::draw(shape, &Prior::UNIFORM, &mut random);
        assert!(puzzle.grade(&solution).is_correct(), "{puzzle:?}: {solution}");
        assert_eq!(puzzle.numbers.len(), 5);
        assert!(puzzle.numbers.iter().all(|n| (1..=20).contains(n)) && puzzle.target <= 60);
    }
}

/// Most products overshoot the largest target, so the share of `*` is below its weight; the other two
/// keep their order.
#[test]
fn the_skewed_prior_is_skewed() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut counts = [0; 3];
    for _ in 0..2_000 {
        let solution = Solved::draw(PuzzleShape::default(), &Prior::SKEWED, &mut random).solution;
        for (count, sign) in counts.iter_mut().zip(['+', '-', '*']) {
            *count += solution.matches(sign).count();
        }
    }
    let [add, subtract, multiply] = counts.map(|count| count as f64 / 6_000.0);
    assert!((0.55..0.75).contains(&add), "{add}");
    assert!((0.25..0.4).contains(&subtract), "{subtract}");
    assert!((0.01..0.06).contains(&multiply), "{multiply}");
}

#[test]
fn training_and_held_out_problems_never_meet() {
    let keys = |text: &str, split, count| -> HashSet<String> {
        let source: TaskSource = text.parse().unwrap();
        let problems = source.problems(split, count).unwrap();
        let key = |gold| match gold {
            Gold::Countdown(puzzle) => puzzle.key(),
            other => panic!("a puzzle, not {other:?}"),
        };
        problems.into_iter().map(|problem| key(problem.gold)).collect()
    };
    let train = keys("countdown", Split::Train, 2_000);
    let held_out = keys("countdown:seed=7", Split::HeldOut, 500);
    assert_eq!((train.len(), held_out.len()), (2_000, 500));
    assert!(train.is_disjoint(&held_out));
}

#[test]
fn a_source_is_a_function_of_its_text() {
    let problems = |text: &str| {
        let source: TaskSource = text.parse().unwrap();
        assert_eq!(source.to_string().parse::<TaskSource>().unwrap(), source);
        source.problems(Split::Train, 50).unwrap()
    };
    assert_eq!(problems("countdown"), problems("countdown:numbers=4,largest=12,target=99,seed=0"));
    assert_ne!(problems("countdown"), problems("countdown:seed=1"));
    assert_eq!(
        problems("countdown:numbers=3")[0].prompt.split(' ').count(),
        "make t from a b c =".split(' ').count()
    );
}

#[test]
fn sources_that_cannot_be_are_refused() {
    let refused = [
        "countdown:number=4",
        "countdown:numbers",
        "countdown:numbers=x",
        "countdown:numbers=1",
        "countdown:numbers=9",
        "countdown:target=100",
        "countdown:largest=0",
    ];
    let messages: Vec<String> =
        refused.iter().map(|text| text.parse::<TaskSource>().unwrap_err().to_string()).collect();
    insta::assert_snapshot!("sources_that_cannot_be", messages.join("\n"));
    // Two numbers of 1 make 1, 2 and nothing else.
    let tiny: TaskSource = "countdown:numbers=2,largest=1".parse().unwrap();
    let error = tiny.problems(Split::Train, 10).unwrap_err().to_string();
    assert!(error.contains("number of problems is 10; allowed: at most"), "{error}");
}

proptest! {
    #[test]
    fn no_completion_panics(completion in "\\PC{0,60}", signs in "[0-9+*/() =\\-]{0,60}") {
        let puzzle = Puzzle { numbers: vec![1, 2, 3, 4], target: 10 };
        for text in [completion, signs] {
            let grade = puzzle.grade(&text);
            prop_assert_eq!(grade.is_correct(), grade.solution.is_some());
        }
    }
}
