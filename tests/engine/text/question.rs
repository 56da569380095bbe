//! How questions are put to models.

use rs_grpo_engine::text::{AUTO, Question, Tokenizer};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A model of Qwen's kind: with Qwen3's chat template, and answers that end with these tokens.
fn model(folder: &TempDir, name: &str, stops: &[&str]) -> (PathBuf, Tokenizer) {
    let path = folder.path().join(name);
    std::fs::create_dir(&path).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let copy = |from: &str, to: &str| std::fs::copy(fixtures.join(from), path.join(to)).unwrap();
    copy("chat/qwen3.jinja", "chat_template.jinja");
    copy("checkpoints/qwen2-tied/tokenizer.json", "tokenizer.json");
    // Qwen's base models have this end of a turn here, and <|endoftext|> in generation_config.json.
    let config = r#"{"eos_token": "<|im_end|>"}"#;
    std::fs::write(path.join("tokenizer_config.json"), config).unwrap();
    let tokenizer = Tokenizer::from_folder(&path).unwrap();
    let stops: Vec<u32> = stops.iter().map(|stop| tokenizer.id(stop).unwrap()).collect();
    let config = format!("{{\"eos_token_id\": {stops:?}}}");
    std::fs::write(path.join("generation_config.json"), config).unwrap();
    (path, tokenizer)
}

/// What tells a base model from one that holds conversations is not its name.
#[test]
fn auto_goes_by_model_and_question() {
    let folder = TempDir::new().unwrap();
    let base = model(&folder, "instruct-tuning-base", &["<|endoftext|>"]);
    let chat = model(&folder, "Qwen3-4B", &["<|im_end|>", "<|endoftext|>"]);
    let render = |template: &str, (folder, tokenizer): &(PathBuf, Tokenizer), is_math| {
        Question::new(template, folder, tokenizer, is_math).unwrap().render("1+1?").unwrap()
    };
    assert_eq!(render(AUTO, &base, false), "1+1?");
    assert_eq!(render(AUTO, &chat, false), "1+1?");
    let boxed = "1+1?\nPlease reason step by step, and put your final answer within \\boxed{}.";
    assert_eq!(render(AUTO, &base, true), format!("{boxed}\n"));
    let prompt = render(AUTO, &chat, true);
    assert!(prompt.starts_with(&format!("<|im_start|>user\n{boxed}<|im_end|>")), "{prompt}");
    let prompt = render("", &base, true);
    assert!(prompt.starts_with("<|im_start|>user\n1+1?<|im_end|>"), "{prompt}");
    assert_eq!(render("Q: {prompt}", &chat, true), "Q: 1+1?");
}

#[test]
fn templates_that_do_not_fit_are_refused() {
    let folder = TempDir::new().unwrap();
    let (_, tokenizer) = model(&folder, "model", &["<|endoftext|>"]);
    let refuse = |template| {
        Question::new(template, folder.path(), &tokenizer, true).unwrap_err().to_string()
    };
    insta::assert_snapshot!([refuse("Q"), refuse("")].join("\n"));
}
