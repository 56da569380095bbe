//! `repro data`: the sets, what is wrong with them, and the prompts.

use crate::support::{refusal, repro_in, success};
use repro::Exit;
use tempfile::TempDir;

/// Forty letters: twenty-one runs of twenty.
const LONG: &str = "how many ways are there to arrange the letters of";

#[test]
fn sets_are_listed() {
    // Whether a set is in the cache depends on the machine.
    let list = success("data list");
    let list: Vec<String> = list.lines().map(|line| line.replace(" yes ", " no  ")).collect();
    insta::assert_snapshot!("data_list", list.join("\n"));
    let lines = success("data list --format json");
    assert_eq!(lines.lines().count(), 10);
    assert!(lines.contains(r#""repository":"openai/gsm8k""#), "{lines}");
}

fn folder() -> TempDir {
    let dir = TempDir::new().expect("a folder");
    let line = |id: &str, problem: &str, answer: &str| {
        format!("{{\"id\": \"{id}\", \"problem\": \"{problem}\", \"answer\": \"{answer}\"}}\n")
    };
    let benchmark = [line("b1", "What is $1+1$?", "2"), line("b2", &format!("{LONG} AB?"), "2")];
    let train = [
        line("t1", "what is 1 + 1?", "2"),
        line("t2", &format!("{LONG} CD?"), "2"),
        line("t3", &format!("{LONG} ABC?"), "6"),
        line("t4", "What is 2+2?", "4"),
    ];
    std::fs::write(dir.path().join("b.jsonl"), benchmark.concat()).expect("a file");
    std::fs::write(dir.path().join("t.jsonl"), train.concat()).expect("a file");
    dir
}

/// The same text in other spelling, and nearly the same with the same answer; not the one with another
/// answer.
#[test]
fn shared_problems_are_found() {
    let dir = folder();
    let answer = repro_in(&dir, "data check {dir}/t.jsonl --benchmark {dir}/b.jsonl");
    assert_eq!(answer.exit, Exit::Failed);
    insta::assert_snapshot!("data_check", format!("{}{}", answer.out, answer.err));
    let json = repro_in(&dir, "data check {dir}/t.jsonl --benchmark {dir}/b.jsonl --format json");
    let value: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(value["overlaps"]["DIR/b.jsonl"].as_array().map(Vec::len), Some(2));
    let clean = repro_in(&dir, "data check {dir}/b.jsonl --benchmark {dir}/b.jsonl");
    assert_eq!(clean.exit, Exit::Success, "{}", clean.err);
}

#[test]
fn problems_and_prompts_are_shown() {
    let dir = folder();
    let plain = repro_in(&dir, "data show {dir}/b.jsonl --problems 1");
    let asked = repro_in(&dir, "data show {dir}/b.jsonl --problems 1 --model countdown");
    assert_eq!((plain.exit, asked.exit), (Exit::Success, Exit::Success), "{}", asked.err);
    insta::assert_snapshot!("data_show", format!("{}\n{}", plain.out, asked.out));
}

#[test]
fn unknown_sets_name_the_nearest() {
    insta::assert_snapshot!("data_refused", refusal("data check aime2024"));
}

/// Problems that the evaluation's set holds are left out of training, and the run's folder says which.
#[test]
fn training_keeps_clear_of_the_benchmark() {
    let dir = folder();
    let run = "llm --beta 2 --steps 1 --prompts 2 --samples 2 --max-new-tokens 4 --save every=1 \
               --data {dir}/t.jsonl --eval-data {dir}/b.jsonl --out {dir}/run";
    let answer = repro_in(&dir, run);
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    assert!(answer.err.contains("2 problems left out that"), "{}", answer.err);
    let kept = std::fs::read_to_string(dir.path().join("run/overlaps.json")).expect("a file");
    assert!(
        kept.contains("\"t1\"") && kept.contains("\"t2\"") && !kept.contains("\"t3\""),
        "{kept}"
    );

    // What a benchmark holds by now does not change the problems of a run that goes on.
    let more = "{\"id\": \"b3\", \"problem\": \"What is 2+2?\", \"answer\": \"4\"}\n";
    std::fs::write(dir.path().join("b.jsonl"), more).expect("a file");
    let again = repro_in(&dir, &format!("{run} --resume auto"));
    assert_eq!(again.exit, Exit::Success, "{}", again.err);
    assert!(again.err.contains("2 problems left out that"), "{}", again.err);
    let after = std::fs::read_to_string(dir.path().join("run/overlaps.json")).expect("a file");
    assert_eq!(after, kept);
}
