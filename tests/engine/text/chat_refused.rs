//! Templates and conversations that are refused: an error that names the file and the line.

use rs_grpo_engine::Result;
use rs_grpo_engine::text::{ChatOptions, ChatTemplate, Message, PlainTemplate};
use serde_json::{Value, json};
use std::path::Path;

fn rendered(file: &str, text: &str) -> Result<String> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(file), text).expect("written");
    let template = ChatTemplate::from_folder(folder.path())?.expect("a template");
    template.render(&[Message::new("user", "2 + 2?")], &ChatOptions::generation())
}

/// The message, without the folder, which has another name each time.
fn message(file: &str, text: &str) -> String {
    let text = rendered(file, text).expect_err("refused").to_string();
    text[text.find(file).expect("names the file")..].to_owned()
}

#[test]
fn messages_name_file_and_line() {
    let jinja = |text| message("chat_template.jinja", text);
    let config = |value: Value| message("tokenizer_config.json", &value.to_string());
    let messages = [
        jinja("a\n{% if %}\n"),
        jinja("a\n{% for x in y %}\n\nb"),
        jinja("{# never closed"),
        jinja("a\nb\n{{ raise_exception('Roles must alternate!') }}"),
        jinja("{{ messages[0].content.translate() }}"),
        jinja("a\n{{ messages[0].name.upper() }}"),
        jinja("{{ 'a' + absent }}"),
        jinja("{{ strftime_now('%Q') }}"),
        jinja("{{ messages | no_filter }}"),
        jinja("{{ absent | tojson }}"),
        jinja("{{ messages | tojson(ensure_ascii=true) }}"),
        jinja("{{ messages | tojson(sort_keys=true) }}"),
        jinja("{% generation %}"),
        config(json!({"chat_template": "a\nb{{ raise_exception('no') }}"})),
        config(json!({"chat_template": "{{"})),
        config(json!({"chat_template": 1})),
        config(json!({"chat_template": [{"name": "rag"}]})),
        config(json!({"chat_template": [{"name": "rag", "template": ""}]})),
        config(json!({"chat_template": "", "bos_token": 1})),
        message("tokenizer_config.json", "{\"chat_template\": "),
    ];
    insta::assert_debug_snapshot!(messages);
}

#[test]
fn a_template_that_is_not_utf8_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("chat_template.jinja"), b"ab\xff").expect("written");
    let error = ChatTemplate::from_folder(folder.path()).expect_err("refused").to_string();
    let expected = "chat_template.jinja: byte 2: is not UTF-8; the file must be UTF-8 text";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn settings_are_refused_by_name() {
    let message = ChatOptions::new().with("messages", 1).expect_err("refused").to_string();
    assert_eq!(
        message,
        "name of a template variable is messages; allowed: any name but messages and \
         add_generation_prompt"
    );
    let message = PlainTemplate::new("Q:").expect_err("refused").to_string();
    assert_eq!(
        message,
        "prompt-template is 'Q:'; allowed: a text in which {prompt} stands for the question"
    );
}

/// Any template with a piece cut out renders or is refused.
#[test]
fn damaged_templates_never_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chat");
    for name in ["qwen2_5.jinja", "qwen3.jinja", "headers.jinja", "python.jinja"] {
        let whole = std::fs::read_to_string(folder.join(name)).expect("a file");
        for start in (0..whole.len()).step_by(23) {
            for len in [1, 40, whole.len()] {
                let end = whole.len().min(start + len);
                let _ = rendered("chat_template.jinja", &[&whole[..start], &whole[end..]].concat());
            }
        }
    }
}
