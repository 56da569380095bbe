//! Prompts from chat templates, against transformers. The expected texts are in
//! `fixtures/chat/chat.json`, made by `fixtures/make_chat.py`; `fixtures/chat/README.md` says where
//! the templates come from.
//!
//! The templates of Llama 3, 3.1 and 3.2 are under a licence that keeps them out of this repository.
//! When this was written they rendered exactly as in transformers on all conversations of the fixture,
//! by the same script; 3.2's with a `date_string`, without which transformers puts today's date.
//! `headers.jinja` stands for them here.

use rs_grpo_engine::text::{ChatOptions, ChatTemplate, Message, PlainTemplate};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The template of a folder with these files.
fn template(files: &[(&str, &str)]) -> Option<ChatTemplate> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    ChatTemplate::from_folder(folder.path()).expect("a template or none")
}

fn question() -> Vec<Message> {
    vec![Message::new("user", "What is 2 + 2?")]
}

fn options(generate: bool, variables: &Value) -> ChatOptions {
    let start = if generate { ChatOptions::generation() } else { ChatOptions::new() };
    let variables = variables.as_object().expect("an object");
    variables
        .iter()
        .fold(start, |options, (name, value)| options.with(name, value).expect("allowed"))
}

/// Renders every case of a fixture and compares; returns how many there were.
fn compare(rendered: &Value, conversations: &Value, name: &str, template: &ChatTemplate) -> usize {
    let cases = rendered[name].as_array().expect("a list");
    for case in cases {
        let messages = conversations[case["name"].as_str().expect("a name")].clone();
        let messages: Vec<Message> = serde_json::from_value(messages).expect("messages");
        let options = options(case["add_generation_prompt"] == true, &case["variables"]);
        let text = template.render(&messages, &options).expect("renders");
        assert_eq!(text, case["text"].as_str().expect("a text"), "{name}: {case}");
    }
    cases.len()
}

#[test]
fn renders_as_transformers() {
    let folder = fixtures().join("chat");
    let json = std::fs::read(folder.join("chat.json")).expect("a file");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let tokens = r#"{"bos_token": "<|begin_of_text|>", "eos_token": {"content": "<|eot_id|>"}}"#;
    let mut cases = 0;
    for name in ["qwen2_5.jinja", "qwen3.jinja", "headers.jinja", "python.jinja", "methods.jinja"] {
        let source = std::fs::read_to_string(folder.join(name)).expect("a file");
        let files = [("chat_template.jinja", source.as_str()), ("tokenizer_config.json", tokens)];
        let template = template(&files).expect("a template");
        cases += compare(&json["rendered"], &json["conversations"], name, &template);
    }
    assert_eq!(cases, 190);
}

/// Both ways in which transformers 5 saves a template.
#[test]
fn checkpoints_of_transformers_have_templates() {
    let question = [Message::new("system", " Add. "), Message::new("user", "2 + 2?")];
    let rendered = ["qwen2-tied", "llama-tied-f16"].map(|name| {
        let folder = fixtures().join("checkpoints").join(name);
        let template = ChatTemplate::from_folder(&folder).expect("valid").expect("a template");
        template.render(&question, &ChatOptions::generation()).expect("renders")
    });
    let [chatml, headers] = rendered;
    assert_eq!(
        chatml,
        "<|im_start|>system\n Add. <|im_end|>\n<|im_start|>user\n2 + 2?<|im_end|>\n\
         <|im_start|>assistant\n"
    );
    assert_eq!(
        headers,
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nAdd.<|eot_id|>\
         <|start_header_id|>user<|end_header_id|>\n\n2 + 2?<|eot_id|>\
         <|start_header_id|>assistant<|end_header_id|>\n\n"
    );
}

#[test]
fn templates_are_looked_for_in_turn() {
    let config = |value: Value| ("tokenizer_config.json", value.to_string());
    let own = ("chat_template.jinja", "own file".to_owned());
    let text = config(json!({"chat_template": "in config"}));
    let several = config(json!({"chat_template": [
        {"name": "rag", "template": "rag"}, {"name": "default", "template": "default"}
    ]}));
    let cases = [
        (vec![own.clone(), text.clone()], Some("own file")),
        (vec![own], Some("own file")),
        (vec![text], Some("in config")),
        (vec![several], Some("default")),
        (vec![config(json!({"chat_template": null}))], None),
        (vec![], None),
    ];
    for (files, expected) in cases {
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let text = template(&files)
            .map(|template| template.render(&question(), &ChatOptions::new()).expect("renders"));
        assert_eq!(text.as_deref(), expected, "{files:?}");
    }
}

/// As Python reads and Jinja normalises; the messages keep theirs.
#[test]
fn line_ends_of_the_template_are_one_byte() {
    let template = template(&[("chat_template.jinja", "a\r\nb\rc{{ messages[0].content }}\r\n")]);
    let text = template
        .expect("a template")
        .render(&[Message::new("user", "\r\n")], &ChatOptions::new())
        .expect("renders");
    assert_eq!(text, "a\nb\nc\r\n");
}

/// A prompt must be the same tomorrow: templates that ask for the date get a fixed one, or the user's.
#[test]
fn the_date_is_a_fixed_one() {
    let source = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}\
                  {{ date_string | default('26 Jul 2024') }}{% endif %}";
    let template = template(&[("chat_template.jinja", source)]).expect("a template");
    let render = |options| template.render(&question(), &options).expect("renders");
    assert_eq!(render(ChatOptions::new()), "26 Jul 2024");
    assert_eq!(render(options(false, &json!({"date": "2031-05-01"}))), "01 May 2031");
    for wrong in ["1 May 2031", "2031-02-30", ""] {
        let error = template.render(&question(), &options(false, &json!({"date": wrong})));
        assert!(error.unwrap_err().to_string().contains("a day such as 2026-01-31"), "{wrong}");
    }
}

/// A template is a stranger's program: it ends, and it neither takes the memory nor the process.
#[test]
fn templates_are_bounded() {
    let sources = [
        ("{{ 'x' * 100000000 }}", "longer than"),
        (
            "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
            "fuel",
        ),
        ("{{ messages | tojson(indent=1000000000) }}", "allowed: at most 64"),
        ("{% for m in messages %}{{ loop.cycle() }}{% endfor %}", "line"),
        ("{{ 'a'.ljust(1000000000) }}", "allowed: at most 10000"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
        ("{{ strftime_now('%Q') }}", "is not a format"),
    ];
    for (source, problem) in sources {
        let template = template(&[("chat_template.jinja", source)]).expect("a template");
        let error = template.render(&question(), &ChatOptions::new()).unwrap_err().to_string();
        assert!(error.contains(problem), "{source}: {error}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    for source in [format!("{{{{ {}1 }}}}", "1+".repeat(21_000)), "x".repeat(2 << 20)] {
        std::fs::write(folder.path().join("chat_template.jinja"), source).expect("written");
        let error = ChatTemplate::from_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("allowed: at most"), "{error}");
    }
}

/// transformers lets a variable stand before a token of the same name.
#[test]
fn variables_stand_before_tokens() {
    let files = [
        ("chat_template.jinja", "{{ bos_token }}{{ tools is none }}"),
        ("tokenizer_config.json", r#"{"bos_token": "<s>"}"#),
    ];
    let template = template(&files).expect("a template");
    let render = |options| template.render(&question(), &options).expect("renders");
    assert_eq!(render(ChatOptions::new()), "<s>True");
    assert_eq!(render(options(false, &json!({"bos_token": "", "tools": []}))), "False");
}

#[test]
fn plain_prompts_put_the_question_in_its_place() {
    assert_eq!(PlainTemplate::default().render("2 + 2?"), "2 + 2?");
    let template = PlainTemplate::new("Question: {prompt}\nAnswer:").expect("has a place");
    assert_eq!(template.render("2 + {prompt}?"), "Question: 2 + {prompt}?\nAnswer:");
}
