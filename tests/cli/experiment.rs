//! `repro experiment countdown`, on settings so small that it takes seconds.

use crate::support::{Answer, refusal, repro_in};
use repro::Exit;
use std::fs;
use tempfile::TempDir;

const SMALL: &str = "steps = 3\nprompts = 4\nsamples = 4\ndata = \"countdown:problems=50\"\nlearning_rate = 1e-3\n\
                     [eval]\nproblems = 6\nsamples = 8\n";

fn run(dir: &TempDir, options: &str) -> Answer {
    fs::write(dir.path().join("small.toml"), SMALL).expect("written");
    let all =
        format!("experiment countdown --config {{dir}}/small.toml --out {{dir}}/out {options}");
    let answer = repro_in(dir, &all);
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    answer
}

const TWO: &str = "--estimator grpo --estimator rs-grpo:beta=2 --seeds 2";

/// Every number is a function of the seeds: not of the threads, and not of an interruption.
#[test]
fn methods_are_compared_whatever_the_threads_and_interruptions() {
    let (whole, parts) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let expected = run(&whole, &format!("{TWO} --threads 1"));
    insta::assert_snapshot!("table_of_methods", expected.out);
    run(&parts, "--estimator grpo --seeds 1");
    // An evaluation that was cut off in the middle of a line.
    let samples = parts.path().join("out/grpo/seed-0/eval/samples.jsonl");
    let text = fs::read(&samples).expect("samples");
    fs::write(&samples, &text[..text.len() / 2]).expect("written");
    assert_eq!(run(&parts, TWO).out, expected.out);
    for name in ["countdown.csv", "countdown.json", "table.csv", "differences.md"] {
        let read = |dir: &TempDir| fs::read(dir.path().join("out").join(name)).expect(name);
        assert!(read(&whole) == read(&parts), "{name} differs");
    }
    let beta = run(&parts, "--beta 2 --seeds 2").out;
    assert_eq!(beta, run(&parts, "--estimator rs-grpo:beta=2 --seeds 2").out);
    assert!(beta.contains("RS-GRPO, β = 2"), "{beta}");
    insta::assert_snapshot!(
        "points",
        fs::read_to_string(whole.path().join("out/countdown.csv")).expect("points")
    );
}

#[test]
fn methods_that_cannot_be_compared_are_refused() {
    let twice = refusal("experiment countdown --estimator grpo --estimator grpo");
    assert!(twice.contains("--estimator has grpo more than once"), "{twice}");
    let large = refusal("experiment countdown --estimator pkpo:k=99 --out {dir}");
    assert!(large.contains("takes groups of --samples 16"), "{large}");
}
