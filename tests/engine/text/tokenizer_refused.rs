//! Files that are no tokenizers: an error that names the file and the field, and never a panic.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_engine::text::Tokenizer;
use rs_grpo_engine::{Error, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checkpoints/llama-tied-f16/tokenizer.json")
}

fn original() -> Value {
    serde_json::from_slice(&std::fs::read(file()).expect("a file")).expect("JSON")
}

fn load(bytes: &[u8]) -> Result<Tokenizer> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tokenizer.json"), bytes).expect("written");
    Tokenizer::from_folder(folder.path())
}

/// The message, without the folder, which has another name each time.
fn message(bytes: &[u8]) -> String {
    let text = load(bytes).expect_err("refused").to_string();
    text[text.find("tokenizer.json").expect("names the file")..].to_owned()
}

/// The tokenizer with one field set, or taken away where the value is null.
fn with(pointer: &str, value: Value) -> Vec<u8> {
    let mut json = original();
    *json.pointer_mut(pointer).expect("a field") = value;
    json.to_string().into_bytes()
}

fn without(field: &str) -> Vec<u8> {
    let mut json = original();
    json.as_object_mut().expect("an object").remove(field);
    json.to_string().into_bytes()
}

#[test]
fn messages_name_file_and_field() {
    let whole = std::fs::read(file()).expect("a file");
    let messages = [
        message(b""),
        message(b"[]"),
        message(b"{}"),
        message(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        message(&whole[..whole.len() / 2]),
        message(&[&whole[..], b"}"].concat()),
        message(b"\xff"),
        message(&without("model")),
        message(&with("/version", json!("2.0"))),
        message(&with("/model", json!({"type": "BPE"}))),
        message(&with("/model/vocab", json!({"a": -1}))),
        message(&with("/model/merges/0", json!(["no", "such"]))),
        message(&with("/model/dropout", json!(0.1))),
        message(&with("/model/vocab/!", json!(1))),
        message(&with("/normalizer", json!({"type": "NFX"}))),
        message(&with("/pre_tokenizer/pretokenizers/0/pattern/Regex", json!("("))),
        message(&with("/post_processor", json!(7))),
        message(&with("/decoder", json!({"type": "ByteLevel"}))),
        message(&with("/added_tokens/0/id", json!(5))),
        message(&with("/added_tokens/0/content", json!(null))),
    ];
    insta::assert_debug_snapshot!(messages);
}

#[test]
fn an_absent_file_is_named() {
    let error = Tokenizer::from_folder(Path::new("/no/such/folder")).expect_err("refused");
    assert!(matches!(error, Error::Input(rs_grpo_files::Error::File { .. })));
    assert!(error.to_string().starts_with("/no/such/folder/tokenizer.json: "), "{error}");
}

/// The file may say how to cut and pad; a prompt is never cut or padded.
#[test]
fn truncation_and_padding_of_the_file_are_ignored() {
    let mut json = original();
    json["truncation"] = json!({
        "direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0
    });
    json["padding"] = json!({
        "strategy": {"Fixed": 64}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "!"
    });
    let tokenizer = load(json.to_string().as_bytes()).expect("a tokenizer");
    let tokens = tokenizer.encode("1 2 3", false).expect("encodes");
    assert_eq!(tokenizer.decode(&tokens, false).expect("decodes"), "1 2 3");
}

/// The library panics when it comes to a token that its file promises and lacks.
#[test]
fn a_panic_while_encoding_is_an_error() {
    let bytes = with("/post_processor/processors/1/special_tokens", json!({}));
    let tokenizer = load(&bytes).expect("the library looks for it only when it needs it");
    let error = tokenizer.encode("2 + 2", true).expect_err("refused").to_string();
    assert!(error.contains("tokenizer.json: encode: the tokenizers library refuses it"), "{error}");
    tokenizer.encode("2 + 2", false).expect("encodes without the tokens around");
}

/// A damaged file is refused as malformed, or makes a tokenizer that works or refuses.
fn survives(bytes: &[u8]) {
    let tokenizer = match load(bytes) {
        Ok(tokenizer) => tokenizer,
        Err(error) => {
            return assert!(
                matches!(error, Error::Input(rs_grpo_files::Error::Malformed { .. })),
                "{error}"
            );
        }
    };
    for text in ["", "What's 2 + 2?\n\n  ", "é今天🤖<|eot_id|>\u{1}"] {
        if let Ok(tokens) = tokenizer.encode(text, true) {
            let _ = tokenizer.decode(&tokens, true);
        }
    }
    let mut stream = tokenizer.stream(false);
    for token in (0..400).step_by(7).chain([u32::MAX]) {
        let _ = stream.push(token);
    }
    let _ = stream.finish();
}

#[test]
fn truncated_files_never_panic() {
    let whole = std::fs::read(file()).expect("a file");
    for len in (0..whole.len()).step_by(61) {
        assert!(load(&whole[..len]).is_err());
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let whole = std::fs::read(file()).expect("a file");
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..random.random_range(1..4) {
            let place = random.random_range(0..bytes.len());
            bytes[place] =
                *b"\x00\"{}[],:0-9eA \xff".get(random.random_range(0..16)).unwrap_or(&b'x');
        }
        survives(&bytes);
    }
}

/// Every place of a JSON value, as pointers; long lists and the vocabulary by their first
/// members.
fn places(value: &Value, here: &str, out: &mut Vec<String>) {
    out.push(here.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Array(members) => {
            let members = members.iter().enumerate().take(2);
            members.for_each(|(i, member)| places(member, &format!("{here}/{i}"), out));
        }
        Value::Object(members) => {
            let count = if here == "/model/vocab" { 2 } else { members.len() };
            let members = members.iter().take(count);
            members
                .for_each(|(key, member)| places(member, &format!("{here}/{}", escaped(key)), out));
        }
        _ => {}
    }
}

#[test]
fn wrong_values_never_panic() {
    let original = original();
    let mut all = Vec::new();
    places(&original, "", &mut all);
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(4_294_967_295u32),
        json!(1e300),
        json!(""),
        json!("x"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"type": "BPE"}),
    ];
    assert!(all.len() > 60, "{}", all.len());
    for place in &all {
        for value in &wrong {
            survives(&with(place, value.clone()));
        }
    }
}
