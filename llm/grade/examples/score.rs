//! Scores the grader on files of cases, one JSON object a line with `gold`, `prediction` and `expected`:
//! `cargo run --release -p rs-grpo-grade --example score -- FILE.jsonl …`. Cases with a `policy`, or whose
//! `verdict` is `policy`, may be argued and are counted apart. `--list` prints each case that was decided otherwise.

use rs_grpo_grade::{Grader, Verdict};
use serde_json::Value;

/// Counts of one file.
#[derive(Default)]
struct Score {
    cases: usize,
    agreed: usize,
    false_positives: usize,
    false_negatives: usize,
}

fn main() {
    let (options, files): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let list = options.iter().any(|option| option == "--list");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let cases: Vec<Value> = text
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{file}: {error}"))
            })
            .collect();
        for (name, policy) in [("", false), (" (policy)", true)] {
            let score = score(cases.iter().filter(|case| is_policy(case) == policy), list);
            let Score { cases, agreed, false_positives, false_negatives } = score;
            println!(
                "{file}{name}: {agreed} of {cases} as expected, {false_positives} false positives, \
                 {false_negatives} false negatives"
            );
        }
    }
}

fn is_policy(case: &Value) -> bool {
    !case["policy"].is_null() || case["verdict"] == "policy"
}

fn score<'a>(cases: impl Iterator<Item = &'a Value>, list: bool) -> Score {
    let grader = Grader::default();
    let mut score = Score::default();
    for case in cases {
        let (Some(gold), Some(prediction), Some(expected)) =
            (case["gold"].as_str(), case["prediction"].as_str(), case["expected"].as_bool())
        else {
            continue;
        };
        let outcome = grader.grade(gold, prediction);
        let correct = outcome.verdict == Verdict::Correct;
        score.cases += 1;
        match (correct, expected) {
            (true, false) => score.false_positives += 1,
            (false, true) => score.false_negatives += 1,
            _ => score.agreed += 1,
        }
        if list && correct != expected {
            let (id, verdict, extracted) = (&case["id"], outcome.verdict, outcome.extracted);
            println!(
                "{id} {verdict}: gold {gold:?}, prediction {prediction:?}, extracted {extracted:?}"
            );
        }
    }
    score
}
