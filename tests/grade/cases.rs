//! The grader on pairs of gold answer and completion of the kinds that models write, correct ones and
//! wrong ones. They were written for this project: what is expected is the judgement of a
//! mathematician who takes notation as it is meant, `fixtures/grade_cases.jsonl` one case a line. The
//! golds `0,1`, `1,2`, `-8,1` and `12,9` are MATH-12k's, which are lists there.

use rs_grpo_grade::{Grader, Verdict};
use serde_json::Value;

#[test]
fn cases_are_judged_as_a_mathematician_would() {
    let grader = Grader::default();
    let mut otherwise = Vec::new();
    for line in include_str!("fixtures/grade_cases.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let text = |field: &str| case[field].as_str().expect("a text");
        let (gold, prediction) = (text("gold"), text("prediction"));
        let expected = case["expected"].as_bool().expect("a verdict");
        let outcome = grader.grade(gold, prediction);
        // No gold answer is at fault, and no wrong answer goes through as one that cannot be decided.
        let fault = matches!(outcome.verdict, Verdict::GoldUnparsable | Verdict::BudgetExceeded);
        if (outcome.verdict == Verdict::Correct) != expected || fault {
            let category = text("category");
            otherwise.push(format!("{category}: {gold} and {prediction}: {}", outcome.verdict));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}
