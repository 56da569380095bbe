//! Which tokens end an answer: from which file, and what is refused.

use rs_grpo_engine::Result;
use rs_grpo_engine::text::{Tokenizer, stop_tokens};
use std::path::{Path, PathBuf};

fn checkpoint(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checkpoints").join(name)
}

/// The stop tokens of a folder with these files and the tokenizer of `qwen2-tied`, which has
/// `<|endoftext|>` 376, `<|im_start|>` 377, `<|im_end|>` 378 and 381 tokens in all.
fn stops(files: &[(&str, &str)]) -> Result<Vec<u32>> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let tokenizer = Tokenizer::from_folder(&checkpoint("qwen2-tied")).expect("a tokenizer");
    stop_tokens(folder.path(), &tokenizer)
}

#[test]
fn checkpoints_of_transformers_name_theirs() {
    for (name, expected) in [("qwen2-tied", [378, 376]), ("llama-tied-f16", [377, 380])] {
        let tokenizer = Tokenizer::from_folder(&checkpoint(name)).expect("a tokenizer");
        assert_eq!(stop_tokens(&checkpoint(name), &tokenizer).expect("tokens"), expected);
    }
}

#[test]
fn files_are_asked_in_turn() {
    let generation = |text| ("generation_config.json", text);
    let tokenizer = |text| ("tokenizer_config.json", text);
    let config = ("config.json", r#"{"eos_token_id": 5}"#);
    let end = tokenizer(r#"{"eos_token": "<|im_end|>"}"#);
    let cases: [(&[_], &[u32]); 9] = [
        (&[generation(r#"{"eos_token_id": 376}"#), end, config], &[376]),
        (&[generation(r#"{"eos_token_id": [378, 376, 378]}"#), end], &[378, 376]),
        (&[generation(r#"{"eos_token_id": []}"#), end, config], &[378]),
        (&[generation(r#"{"eos_token_id": null}"#), end, config], &[378]),
        (&[generation("{}"), tokenizer(r#"{"eos_token": {"content": "<|im_end|>"}}"#)], &[378]),
        (&[end, config], &[378]),
        (&[tokenizer(r#"{"eos_token": null}"#), config], &[5]),
        (&[("config.json", r#"{"eos_token_id": [1, 2]}"#)], &[1, 2]),
        (&[], &[]),
    ];
    for (files, expected) in cases {
        assert_eq!(stops(files).expect("tokens"), expected, "{files:?}");
    }
}

#[test]
fn messages_name_file_field_and_value() {
    let cases = [
        ("generation_config.json", r#"{"eos_token_id": 381}"#),
        ("generation_config.json", r#"{"eos_token_id": [376, -1]}"#),
        ("generation_config.json", r#"{"eos_token_id": "<|im_end|>"}"#),
        ("generation_config.json", r#"{"eos_token_id": 4294967672}"#),
        ("generation_config.json", "{"),
        ("generation_config.json", "[]"),
        ("tokenizer_config.json", r#"{"eos_token": "</s>"}"#),
        ("tokenizer_config.json", r#"{"eos_token": 378}"#),
        ("tokenizer_config.json", r#"{"eos_token": {"lstrip": true}}"#),
        ("config.json", r#"{"eos_token_id": 1.5}"#),
    ];
    let tokenizer = checkpoint("qwen2-tied").join("tokenizer.json").display().to_string();
    let messages = cases.map(|file| {
        let text = stops(&[file]).expect_err("refused").to_string();
        text[text.find(file.0).expect("names the file")..].replace(&tokenizer, "TOKENIZER")
    });
    insta::assert_debug_snapshot!(messages);
}
