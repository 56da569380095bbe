//! `repro plan`: tables and sentences as people read them, and what is refused.

use crate::support::{refusal, success};
use serde_json::Value;

/// The example of the manual: a fleet for a model of 7 B weights.
#[test]
fn a_fleet_of_64() {
    let command =
        "plan --model qwen2.5-7b --prompts 512 --samples 16 --max-new-tokens 4096 --gpus 64";
    insta::assert_snapshot!("plan_of_64_gpus", success(command));
    let overlapped = success(&format!("{command} --mean-tokens 1200 --async-steps 1 --signal 0.6"));
    insta::assert_snapshot!("plan_of_64_gpus_overlapped", overlapped);
}

#[test]
fn one_gpu_does_both() {
    let command = "plan --model qwen3-4b-base --prompts 32 --max-new-tokens 512 --gpus 1";
    let plan = success(command);
    // Earlier and other names of the flags, and a rank alone, mean the same.
    let others = "plan --model qwen3-4b-base --prompts 32 --tokens 512 --gpus 1 --n 16 --lora 32";
    assert_eq!(success(others), plan);
    insta::assert_snapshot!("plan_of_one_gpu", plan);
}

#[test]
fn all_weights_are_verls() {
    let out = success("plan --model qwen2.5-7b --lora off --gpus 32");
    assert!(out.contains("repro export verl") && out.contains("too small"), "{out}");
}

/// What is printed of the model's errors, and of the rates.
#[test]
fn the_model_is_shown_beside_measurements() {
    insta::assert_snapshot!("plan_check", success("plan --check"));
    insta::assert_snapshot!("plan_rates", success("plan --list-rates"));
    insta::assert_snapshot!("plan_fit", success("plan --fit"));
}

fn json(command: &str) -> Value {
    serde_json::from_str(&success(&format!("{command} --format json"))).expect("one JSON object")
}

/// A rate comes from a flag or a file, the flag last, and changes the answer.
#[test]
fn rates_can_be_changed() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("rates.toml");
    std::fs::write(&path, "[vllm]\nsequence = 40\n[h100]\nprice = 6\n").unwrap();
    let with = |more: &str| json(&format!("plan --gpus 8 {more}"));
    let sampling = |plan: &Value| plan["chosen"]["sampling_s"].as_f64().unwrap();
    let dollars = |plan: &Value| plan["chosen"]["dollars_per_step"].as_f64().unwrap();
    let built_in = with("");
    let from_file = with(&format!("--rates {}", path.display()));
    assert!(sampling(&from_file) < sampling(&built_in));
    let dearer = with("--rate h100.price=6");
    assert!((dollars(&dearer) / dollars(&built_in) - 2.0).abs() < 1e-9);
    let both = with(&format!("--rates {} --rate vllm.sequence=55", path.display()));
    assert_eq!(sampling(&both), sampling(&built_in));
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let commands = [
        "plan --model qwen2.5-7",
        "plan --device h10",
        "plan --rate vllm.sequnce=4",
        "plan --rate vllm.products=0",
        "plan --rate nonsense",
        "plan --max-new-tokens 100 --mean-tokens 200",
        "plan --signal 0",
        "plan --gpus 2 --tensor-parallel 4",
        "plan --model qwen2.5-math-7b --max-new-tokens 4096",
        "plan --model llama3.1-8b-instruct --device l40s --rate l40s.memory=24 --gpus 4 --tensor-parallel 1 --max-new-tokens 16384",
        "plan --gpus 4 --async-steps 2",
    ];
    let refused = commands.map(|command| format!("$ repro {command}\n{}", refusal(command)));
    insta::assert_snapshot!("plan_refused", refused.join("\n"));
}
