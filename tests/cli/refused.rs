//! Wrong input: what was given, what is allowed, what to do. Exit status 2, results untouched.

use crate::support::{refusal, repro};
use repro::Exit;

#[test]
fn messages_say_what_is_allowed() {
    let calls = [
        "advantage",
        "advantage --rewards 1,x",
        "advantage --rewards 1,nan",
        "advantage --rewards 1 --input f",
        "advantage --rewards 1 --estimator rs-gpo:beta=1",
        "advantage --rewards 1 --estimator rs-grpo:k=1",
        "advantage --rewards 1 --estimator rs-grpo:beta=inf",
        "advantage --rewards 1 --estimator grpo:std=bessel",
        "advantage --rewards 1,0 --estimator pkpo:k=3",
        "advantage --rewards 1,0.5 --estimator pass-at-k:k=1",
        "advantage --rewards 1 --estimator rloo",
        "advantage --rewards 1,0 --estimator grpo --beta 2",
        "advantage --rewards 1,0 --beta 2,2",
        "advantage --rewards -1,x",
        "advantage --input no-such-file.jsonl",
        "bandit --beta 0,two",
        "bandit --learning-rate 0",
        "bandit --arms 1",
        "bandit --steps 3",
        "bandit --seeds 0",
        "bandit --seeds -1",
        "bandit --steps 1e5",
        "bandit --beta 2,4,2",
        "bandit --threads 100000",
        "bandit --learning-rate -1",
        "bandit --widths -1,2",
        "bandit --noise gauss",
        "bandit --noise bernoulli --baseline 0.4",
        "bandit --peaks 1,2,3",
        "bandit --estimator grpo --beta 2",
        "bandit --estimator pkpo:k=4 --exact",
        "bandit --format yaml",
        "experiment countdown --estimator grpo --beta 2",
        "export verl qwen2.5-7b-math12k --estimator grpo --beta 2",
        "theory --rewards -1,1 --policy 0.5,-0.5",
        "bandid",
    ];
    let messages: Vec<String> =
        calls.iter().map(|call| format!("$ repro {call}\n{}\n", refusal(call))).collect();
    insta::assert_snapshot!(messages.concat());
}

#[test]
fn a_folder_that_cannot_be_written_fails() {
    let answer = repro("bandit --beta 4 --steps 1600 --seeds 1 --out /proc/nowhere -q");
    assert_eq!(answer.exit, Exit::Failed);
    assert!(answer.err.contains("/proc/nowhere"), "{}", answer.err);
}
