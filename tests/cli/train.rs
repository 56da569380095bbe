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
    let sampled = repro_in(&dir, &format!("{model} --prompt make_9_from_4_5_= --max-new-tokens 4"));
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
    let sample = repro_in(&dir, "llm sample --model {dir}/merged --prompt make --max-new-tokens 4");
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

/// The names of TRL and verl, and bare numbers: the same settings, to the last byte of the file.
#[test]
fn flags_have_the_names_of_other_trainers_and_short_forms() {
    let dir = TempDir::new().expect("a folder");
    let write = |name: &str, options: &str| {
        let answer = repro_in(&dir, &format!("llm --write-config {{dir}}/{name}.toml {options}"));
        assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
        assert!(answer.err.contains("train by it: repro llm --config DIR/"), "{}", answer.err);
        fs::read_to_string(dir.path().join(format!("{name}.toml"))).expect("written")
    };
    let own = "--learning-rate 1e-3 --samples 8 --steps 9 --max-new-tokens 24 --clip-high 0.3 --epochs 2 \
               --clip-norm 0.5 --lora rank=8 --save every=5 --eval every=4 --schedule cosine \
               --estimator rs-grpo:beta=3";
    let trls = "--lr 1e-3 --num-generations 8 --max-steps 9 --max-completion-length 24 --epsilon-high 0.3 \
                --num-iterations 2 --max-grad-norm 0.5 --lora-r 8 --save-steps 5 --eval-steps 4 \
                --lr-scheduler-type cosine --beta 3";
    let short = "--lr 1e-3 --n 8 --steps 9 --max-tokens 24 --clip-high 0.3 --epochs 2 --clip-norm 0.5 \
                 --lora 8 --save 5 --eval 4 --schedule cosine --beta 3";
    let expected = write("own", own);
    assert_eq!(write("trl", trls), expected);
    assert_eq!(write("short", short), expected);
    for line in ["learning_rate = 0.001", "samples = 8", "rank = 8", "every = 5", "every = 4"] {
        assert!(expected.contains(&format!("\n{line}\n")), "{line}: {expected}");
    }
    // Read back, it is the same; flags override it; and it is not written over.
    assert_eq!(write("again", "--config {dir}/own.toml"), expected);
    let other = write("other", "--config {dir}/own.toml --lora off");
    assert_eq!(other, expected.replace("\nrank = 8\n", "\nrank = 0\n"));
    let twice = repro_in(&dir, "llm --write-config {dir}/own.toml --lora 4");
    let message =
        "error: --write-config is DIR/own.toml, which exists; allowed: a file that does not\n";
    assert_eq!((twice.exit, &*twice.err), (Exit::Usage, message));
    assert_eq!(fs::read_to_string(dir.path().join("own.toml")).expect("there"), expected);
}

/// A file that was written trains as the flags do, and the settings of a model are in it.
#[test]
fn a_written_file_trains_and_has_the_settings_of_the_model() {
    let dir = TempDir::new().expect("a folder");
    for arguments in [
        format!("llm {SMALL}"),
        format!("llm {SMALL} --write-config {{dir}}/run.toml"),
        "llm --config {dir}/run.toml --out {dir}/again".to_owned(),
    ] {
        let answer = repro_in(&dir, &arguments);
        assert_eq!(answer.exit, Exit::Success, "{arguments}: {}", answer.err);
    }
    for file in ["config.toml", "samples.jsonl", "checkpoints/step-000003/model.safetensors"] {
        let read = |run: &str| fs::read(dir.path().join(run).join(file)).expect(file);
        assert!(read("run") == read("again"), "{file}");
    }
    let model = "llm --model qwen2.5-math-7b --write-config {dir}/model.toml";
    assert_eq!(repro_in(&dir, model).exit, Exit::Success);
    let text = fs::read_to_string(dir.path().join("model.toml")).expect("written");
    for line in ["model = \"qwen2.5-math-7b\"", "sampling_rounds = 3", "warmup = 5", "keep = 2"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// What other trainers have as a flag and this one says otherwise, and files of earlier versions.
#[test]
fn foreign_flags_and_earlier_files_are_answered_with_what_to_give() {
    let dir = TempDir::new().expect("a folder");
    let old = "steps = 3\nlora = \"rank=32\"\nsave = \"every=20,keep=2\"\n";
    fs::write(dir.path().join("old.toml"), old).expect("written");
    let mut messages = String::new();
    for options in [
        "--warmup-steps 10",
        "--weight-decay=0.1 --lr 1e-5",
        "--lora-alpha 64",
        "--epsilon 0.2",
        "--loss-type dapo",
        "--save-total-limit 3",
        "--reward-timeout",
        "--loss mean",
        "--lr-scheduler-type linear",
        "--lr -1",
        "--lora 8,alfa=3",
        "--save 1e2",
        "--temperature warm",
        "--beta 2 --estimator grpo",
        "--config {dir}/old.toml",
    ] {
        let answer = repro_in(&dir, &format!("llm {options}"));
        assert_eq!((answer.exit, &*answer.out), (Exit::Usage, ""), "{options}");
        messages += &format!("$ repro llm {options}\n{}\n", answer.err);
    }
    insta::assert_snapshot!("foreign_flags", messages);
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
