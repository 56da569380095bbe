//! How questions are put to models.

use rs_grpo_llm::text::{AUTO, Question};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of this name with Qwen3's chat template.
fn model(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::create_dir(&path).unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("llm/fixtures/chat/qwen3.jinja");
    std::fs::copy(template, path.join("chat_template.jinja")).unwrap();
    std::fs::write(path.join("tokenizer_config.json"), "{}").unwrap();
    path
}

#[test]
fn auto_goes_by_model_and_question() {
    let folder = TempDir::new().unwrap();
    let (base, chat) = (model(&folder, "Qwen3-4B-Base"), model(&folder, "Qwen3-4B-Instruct"));
    let render = |template: &str, folder: &Path, is_math| {
        Question::new(template, folder, is_math).unwrap().render("1+1?").unwrap()
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
    let refuse = |template| Question::new(template, folder.path(), true).unwrap_err().to_string();
    insta::assert_snapshot!([refuse("Q"), refuse("")].join("\n"));
}
