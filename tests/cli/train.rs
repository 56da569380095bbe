//! `repro llm` with settings: what a training run prints, writes and refuses.

use crate::support::{refusal, repro_in};
use repro::Exit;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const SMALL: &str = "--steps 3 --prompts 2 --samples 4 --data countdown:problems=20 --save every=2 --beta 4 --out {dir}/run";

#[test]
fn a_run_leaves_everything_in_its_folder() {
    let dir = TempDir::new().expect("a folder");
    let answer = repro_in(&dir, &format!("llm {SMALL} --show-samples 2"));
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    assert!(answer.out.starts_with("reward 0."), "{}", answer.out);
    assert!(answer.err.contains("── step 2\nmake "), "{}", answer.err);
    let read = |name: &str| fs::read_to_string(dir.path().join("run").join(name)).expect(name);
    assert!(read("config.toml").contains("estimator = \"rs-grpo:beta=4\""));
    let lines: Vec<Value> = read("metrics.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 3);
    // Names of TRL, of verl's timings, and this project's own.
    for name in [
        "reward",
        "reward_std",
        "frac_reward_zero_std",
        "completions/mean_length",
        "entropy",
        "clip_ratio/region_mean",
        "grad_norm",
        "learning_rate",
        "num_tokens",
        "timing_s/step",
        "timing_s/sample",
        "timing_s/grade",
        "timing_s/train",
        "perf/throughput",
        "pass_rate",
        "train/solved_share",
    ] {
        assert!(lines[2][name].is_number(), "{name} in {}", lines[2]);
    }
    assert_eq!(read("samples.jsonl").lines().count(), 3 * 2 * 4);
    for name in ["config.json", "model.safetensors", "tokenizer.json", "trainer.json"] {
        assert!(dir.path().join("run/checkpoints/step-000003").join(name).exists(), "{name}");
    }
    // What was trained samples like any other model.
    let model = "llm sample --model {dir}/run/checkpoints/step-000003";
    let sampled = repro_in(&dir, &format!("{model} --prompt make_9_from_4_5_= --max-tokens 4"));
    assert_eq!(sampled.exit, Exit::Success, "{}", sampled.err);

    let again = repro_in(&dir, &format!("llm {SMALL}"));
    assert_eq!(again.exit, Exit::Usage);
    assert!(again.err.contains("holds a run; resume it with --resume auto"), "{}", again.err);
    let resumed = repro_in(&dir, &format!("llm {SMALL} --resume auto"));
    assert_eq!(resumed.exit, Exit::Success, "{}", resumed.err);
    let other = repro_in(&dir, &format!("llm {SMALL} --resume auto --learning-rate 1"));
    assert!(other.err.contains("learning_rate: 0.0002, here 1.0"), "{}", other.err);
}

#[test]
fn adapters_are_trained_and_merged() {
    let dir = TempDir::new().expect("a folder");
    let trained = repro_in(&dir, &format!("llm {SMALL} --lora rank=4 --learning-rate 1e-3"));
    assert_eq!(trained.exit, Exit::Success, "{}", trained.err);
    let merge = "llm merge --model countdown --adapter {dir}/run/checkpoints/step-000003 --out {dir}/merged";
    let merged = repro_in(&dir, merge);
    assert_eq!(merged.exit, Exit::Success, "{}", merged.err);
    let sample = repro_in(&dir, "llm sample --model {dir}/merged --prompt make --max-tokens 4");
    assert_eq!(sample.exit, Exit::Success, "{}", sample.err);
    assert_eq!(repro_in(&dir, merge).exit, Exit::Usage, "the folder is not empty");
}

/// At this temperature all completions of a prompt are the same.
#[test]
fn a_run_without_any_signal_is_warned_of() {
    let dir = TempDir::new().expect("a folder");
    let answer = repro_in(&dir, &format!("llm {SMALL} --temperature 1e-6"));
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    assert!(answer.err.contains("warning: in every step, all completions"), "{}", answer.err);
}

#[test]
fn settings_are_refused_before_anything_is_downloaded() {
    let messages = [
        "--estimator grpoo",
        "--loss mean",
        "--samples 1 --estimator rloo",
        "--model qwen3-4b-base --data math12k={dir}/none.parquet --out {dir}/out",
        "--model countdwn --out {dir}/out",
        "--config {dir}/none.toml",
        "--steps 0",
        "--data {dir}/none.jsonl",
    ]
    .map(|options| refusal(&format!("llm {options}")));
    insta::assert_snapshot!("training_settings_refused", messages.concat());
}
