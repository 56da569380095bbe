//! `repro grade`: one verdict, verdicts by the file, and old runs graded again.

use crate::support::{refusal, repro_in, success};
use repro::Exit;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

#[test]
fn one_verdict_says_how_it_came_about() {
    insta::assert_snapshot!(
        "one_verdict",
        [
            r"grade --gold \frac{1}{2} --prediction <think>\boxed{3}</think>\boxed{0.5}",
            r"grade --gold \frac{1}{2} --prediction 0.6 --format json",
            r"grade --gold 7 --prediction 7 --boxed-only",
        ]
        .map(success)
        .concat()
    );
}

/// As many lines out as in, in their order, whatever the lines are.
#[test]
fn files_get_a_line_for_a_line() {
    let dir = TempDir::new().expect("a folder");
    let lines = [
        r#"{"id": 1, "gold": "2", "prediction": "\\boxed{2.0}"}"#,
        "",
        r#"{"id": "b", "gold": 3, "prediction": "The answer is 4.", "more": true}"#,
        "no line",
        r#"{"gold": "\\frac{1}{", "prediction": "1"}"#,
        r#"{"id": 2, "gold": "1"}"#,
        r#"{"id": null, "gold": "1", "prediction": "\\boxed{9^{9^{9^9}}}"}"#,
    ];
    fs::write(dir.path().join("in.jsonl"), lines.join("\n")).expect("a file");
    let answer = repro_in(&dir, "grade --input {dir}/in.jsonl");
    assert_eq!(answer.exit, Exit::Failed, "{}", answer.err);
    assert!(answer.err.contains("3 line(s) are no"), "{}", answer.err);
    assert_eq!(answer.out.lines().count(), lines.len());
    let verdicts: Vec<Value> = answer
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["verdict"].take())
        .collect();
    let expected = serde_json::json!([
        "correct",
        null,
        "wrong",
        null,
        "gold_unparsable",
        null,
        "budget_exceeded"
    ]);
    assert_eq!(Value::from(verdicts), expected);
}

#[test]
fn old_runs_are_graded_again() {
    let dir = TempDir::new().expect("a folder");
    let data = r#"{"id": "half", "problem": "1/2?", "answer": "\\frac{1}{2}"}"#;
    fs::write(dir.path().join("data.jsonl"), data).expect("a file");
    let line = |completion: &str, verdict: &str| {
        serde_json::json!({"problem": "half", "completion": completion, "verdict": verdict})
            .to_string()
    };
    let lines = [
        line("\\boxed{0.5}", "correct"),
        line("\\boxed{2/4}", "wrong"),
        line("\\boxed{1/3}", "wrong"),
    ];
    fs::write(dir.path().join("samples.jsonl"), lines.join("\n")).expect("a file");
    let again = repro_in(&dir, "grade --samples {dir}/samples.jsonl --data {dir}/data.jsonl");
    assert_eq!(again.exit, Exit::Success, "{}", again.err);
    insta::assert_snapshot!("graded_again", again.out);
    // The lines of a training run and of an evaluation, too.
    let small = "llm --steps 1 --prompts 2 --samples 2 --data countdown:problems=20 --beta 2 --out {dir}/run";
    assert_eq!(repro_in(&dir, small).exit, Exit::Success);
    let again = repro_in(&dir, "grade --samples {dir}/run/samples.jsonl --data countdown");
    assert!(again.out.starts_with("0 of 4 verdicts changed"), "{}{}", again.out, again.err);
    let small = "eval --model countdown --data countdown --problems 3 --samples 2 --out {dir}/eval";
    assert_eq!(repro_in(&dir, small).exit, Exit::Success);
    let samples = "{dir}/eval/countdown/countdown/samples.jsonl";
    let again = repro_in(&dir, &format!("grade --samples {samples} --data countdown"));
    assert!(again.out.starts_with("0 of 6 verdicts changed"), "{}{}", again.out, again.err);
}

#[test]
fn questions_without_an_answer_are_refused() {
    let messages = [
        "",
        "--gold 1",
        "--gold 1 --prediction 1 --input x.jsonl",
        "--input {dir}/none.jsonl",
        "--samples x.jsonl",
    ]
    .map(|options| refusal(&format!("grade {options}")));
    insta::assert_snapshot!("grading_refused", messages.concat());
}
