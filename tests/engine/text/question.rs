//! How questions are put to models.

use rs_grpo_engine::text::{AUTO, PromptOptions, Question, Tokenizer};
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
        let options = PromptOptions { template: template.to_owned(), ..PromptOptions::default() };
        let question = Question::new(&options, folder, tokenizer, is_math).unwrap();
        question.render("1+1?", None).unwrap()
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

/// A conversation may have wording of its own in it, a system message and the template's variables.
#[test]
fn a_conversation_is_what_the_user_says() {
    let folder = TempDir::new().unwrap();
    let (path, tokenizer) = model(&folder, "base", &["<|endoftext|>"]);
    let render = |options: &PromptOptions, system: Option<&str>| {
        let question = Question::new(options, &path, &tokenizer, true).unwrap();
        question.render("1+1?", system).unwrap()
    };
    let chat = PromptOptions { chat: true, ..PromptOptions::default() };
    let boxed = "1+1?\nPlease reason step by step, and put your final answer within \\boxed{}.";
    let user = |text: &str| format!("<|im_start|>user\n{text}<|im_end|>\n");
    let (turn, thought) = ("<|im_start|>assistant\n", "<think>\n\n</think>\n\n");
    assert_eq!(render(&chat, None), user(boxed) + turn);
    let worded = PromptOptions { template: "Q: {prompt}".to_owned(), ..chat.clone() };
    assert_eq!(render(&worded, None), user("Q: 1+1?") + turn);
    let full = PromptOptions {
        system: "Be brief.".to_owned(),
        variables: [("enable_thinking".to_owned(), false.into())].into(),
        ..worded
    };
    let system = |text: &str| format!("<|im_start|>system\n{text}<|im_end|>\n");
    let rest = user("Q: 1+1?") + turn + thought;
    assert_eq!(render(&full, None), system("Be brief.") + &rest);
    // The question's own stands in its place.
    assert_eq!(render(&full, Some("Count.")), system("Count.") + &rest);
}

#[test]
fn templates_that_do_not_fit_are_refused() {
    let folder = TempDir::new().unwrap();
    let (_, tokenizer) = model(&folder, "model", &["<|endoftext|>"]);
    let refuse = |options: PromptOptions| {
        Question::new(&options, folder.path(), &tokenizer, true).unwrap_err().to_string()
    };
    let default = PromptOptions::default();
    let text = |template: &str| PromptOptions { template: template.into(), ..default.clone() };
    let variables = [("enable_thinking".to_owned(), false.into())].into();
    insta::assert_snapshot!(
        [
            refuse(text("Q")),
            refuse(text("")),
            refuse(PromptOptions { chat: true, ..default.clone() }),
            refuse(PromptOptions { system: "Be brief.".to_owned(), ..text("{prompt}") }),
            refuse(PromptOptions { variables, ..text("{prompt}") }),
        ]
        .join("\n")
    );
    let plain = Question::new(&text("{prompt}"), folder.path(), &tokenizer, true).unwrap();
    assert!(plain.render("1+1?", Some("Be brief.")).unwrap_err().to_string().contains("--chat"));
}
