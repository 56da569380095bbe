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

/// JSON is what comes out of a file in any case; asking for it is allowed.
#[test]
fn files_have_json_lines_with_any_format() {
    let dir = TempDir::new().expect("a folder");
    fs::write(dir.path().join("in.jsonl"), r#"{"id": 7, "gold": "2", "prediction": "2"}"#)
        .expect("a file");
    let [json, text] = ["--format json", ""].map(|format| {
        repro_in(&dir, &format!("grade --input {dir} {format}", dir = "{dir}/in.jsonl"))
    });
    assert_eq!((json.exit, &json.out), (Exit::Success, &text.out), "{}", json.err);
    let line: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((&line["id"], &line["verdict"]), (&7.into(), &"correct".into()));
}

/// A folder of samples: verdicts that an earlier version gave.
fn old_evaluation() -> TempDir {
    let dir = TempDir::new().expect("a folder");
    let data = [
        r#"{"id": "half", "problem": "1/2?", "answer": "\\frac{1}{2}"}"#,
        r#"{"id": "root", "problem": "√2?", "answer": "\\sqrt{2}"}"#,
    ];
    fs::write(dir.path().join("data.jsonl"), data.join("\n")).expect("a file");
    let line = |problem: &str, completion: &str, verdict: &str| {
        serde_json::json!({"problem": problem, "sample": 3, "completion": completion, "verdict": verdict})
            .to_string()
    };
    let long = format!("\\boxed{{\\sqrt{{2}} + {}}}", "0 + ".repeat(40) + "0");
    let lines = [
        line("half", "\\boxed{0.5}", "correct"),
        line("half", "\\boxed{2/4}", "wrong"),
        line("half", "\\boxed{1/3}", "wrong"),
        line("root", &long, "wrong"),
        line("root", "So\n\\boxed{3,\n4}", "prediction_unparsable"),
        line("half", "\\boxed{3/6}", "wrong"),
        line("half", "\\boxed{50\\%}", "wrong"),
        line("half", "", "wrong"),
    ];
    fs::write(dir.path().join("samples.jsonl"), lines.join("\n")).expect("a file");
    fs::write(dir.path().join("settings.json"), r#"{"data": "own problems", "grader": "2"}"#)
        .expect("a file");
    dir
}

#[test]
fn old_evaluations_are_graded_again() {
    let dir = old_evaluation();
    let again = repro_in(&dir, "grade --samples {dir} --data {dir}/data.jsonl");
    assert_eq!(again.exit, Exit::Success, "{}", again.err);
    assert!(again.out.lines().all(|line| line.chars().count() <= 80), "{}", again.out);
    insta::assert_snapshot!("graded_again", again.out);
    let json =
        repro_in(&dir, "grade --samples {dir}/samples.jsonl --data {dir}/data.jsonl --format json");
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((&json["completions"], &json["changed"]), (&8.into(), &6.into()));
    assert_eq!(json["grader_before"], serde_json::json!(["2"]));
    let first = serde_json::json!({
        "problem": "half", "sample": 3, "before": "wrong", "now": "correct", "gold": "1/2",
        "extracted": "2/4",
    });
    assert_eq!(json["changes"][0], first);
    // Which problems they are is nowhere written.
    let refused = repro_in(&dir, "grade --samples {dir}");
    assert_eq!(refused.exit, Exit::Usage);
    assert!(refused.err.contains("give them with --data"), "{}", refused.err);
    // A program's verdicts are not the grader's.
    fs::write(dir.path().join("settings.json"), r#"{"reward_command": "x"}"#).expect("a file");
    let refused = repro_in(&dir, "grade --samples {dir} --data {dir}/data.jsonl");
    assert!(refused.err.contains("a program gave these verdicts"), "{}", refused.err);
}

/// Runs and evaluations say themselves which problems theirs are, and which grader it was.
#[test]
fn new_runs_are_graded_again() {
    let dir = TempDir::new().expect("a folder");
    let small = "llm --steps 1 --prompts 2 --samples 2 --data countdown:problems=20 --beta 2 --out {dir}/run";
    assert_eq!(repro_in(&dir, small).exit, Exit::Success);
    let small = "eval --model countdown --data countdown --problems 3 --samples 2 --out {dir}/eval";
    assert_eq!(repro_in(&dir, small).exit, Exit::Success);
    for (samples, total) in [
        ("run", 4),
        ("run/samples.jsonl", 4),
        ("run/samples.jsonl --data countdown", 4),
        ("eval/countdown/countdown", 6),
        ("eval/countdown/countdown/samples.jsonl --data countdown", 6),
    ] {
        let again = repro_in(&dir, &format!("grade --samples {{dir}}/{samples}"));
        let version = rs_grpo_grade::VERSION;
        let expected = format!("0 of {total} verdicts changed, grader {version} → {version}\n");
        assert_eq!(again.out, expected, "{samples}: {}", again.err);
    }
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
