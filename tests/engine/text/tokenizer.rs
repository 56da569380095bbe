//! Tokens of nasty texts, against transformers. The expected numbers are in
//! `fixtures/encodings.json`, made by `fixtures/make_tokenizers.py`.

use proptest::prelude::*;
use rs_grpo_engine::text::Tokenizer;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn tokenizer(checkpoint: &str) -> Tokenizer {
    Tokenizer::from_folder(&fixtures().join("checkpoints").join(checkpoint)).expect("a tokenizer")
}

/// The byte-level tokenizers of the fixtures: Qwen2's way of splitting text, and Llama 3's.
const CHECKPOINTS: [&str; 2] = ["qwen2-tied", "llama-tied-f16"];

/// For each text of a checkpoint's tokenizer, the fields of `encodings.json`.
fn expected(checkpoint: &str) -> Vec<Value> {
    let json = std::fs::read(fixtures().join("encodings.json")).expect("a file");
    let all: Value = serde_json::from_slice(&json).expect("JSON");
    all[checkpoint].as_array().expect("a list").clone()
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).expect("a list of ids")
}

/// All that a stream returns, piece by piece.
fn streamed(tokenizer: &Tokenizer, tokens: &[u32], skip_special: bool) -> Vec<String> {
    let mut stream = tokenizer.stream(skip_special);
    let mut pieces: Vec<String> =
        tokens.iter().map(|&token| stream.push(token).expect("decodes")).collect();
    pieces.push(stream.finish().expect("decodes"));
    pieces
}

#[test]
fn encodes_as_transformers() {
    for checkpoint in CHECKPOINTS {
        let tokenizer = tokenizer(checkpoint);
        let cases = expected(checkpoint);
        assert!(cases.len() > 20);
        for case in cases {
            let text = case["text"].as_str().expect("a text");
            let name = format!("{checkpoint}: {}", case["name"]);
            assert_eq!(
                tokenizer.encode(text, true).expect("encodes"),
                ids(&case["special"]),
                "{name}"
            );
            assert_eq!(
                tokenizer.encode(text, false).expect("encodes"),
                ids(&case["plain"]),
                "{name}"
            );
        }
    }
}

#[test]
fn decodes_as_transformers() {
    for checkpoint in CHECKPOINTS {
        let tokenizer = tokenizer(checkpoint);
        for case in expected(checkpoint) {
            let tokens = ids(&case["special"]);
            let name = format!("{checkpoint}: {}", case["name"]);
            for (skip, field) in [(false, "decoded"), (true, "decoded_without_special")] {
                let text = tokenizer.decode(&tokens, skip).expect("decodes");
                assert_eq!(text, case[field].as_str().expect("a text"), "{name}");
                assert_eq!(streamed(&tokenizer, &tokens, skip).concat(), text, "{name}, streamed");
            }
        }
    }
}

/// One token a byte: a character appears with its last byte, and nothing broken before.
#[test]
fn a_character_over_several_tokens_is_held_back() {
    let tokenizer = tokenizer("qwen2-tied");
    let byte_tokens = |text: &str| tokenizer.encode(text, false).expect("encodes");
    assert_eq!(byte_tokens("🤖").len(), 4);
    let pieces = streamed(&tokenizer, &byte_tokens("🤖é"), false);
    assert_eq!(pieces, ["", "", "", "🤖", "", "é", ""]);
}

/// Three bytes of four, then a letter: a replacement as `decode` gives it, and the letter.
#[test]
fn a_character_that_is_never_finished_becomes_a_replacement() {
    let tokenizer = tokenizer("qwen2-tied");
    let mut tokens = tokenizer.encode("🤖", false).expect("encodes")[..3].to_vec();
    assert_eq!(streamed(&tokenizer, &tokens, false), ["", "", "", "\u{fffd}"]);
    tokens.extend(tokenizer.encode("x", false).expect("encodes"));
    assert_eq!(streamed(&tokenizer, &tokens, false), ["", "", "", "\u{fffd}x", ""]);
}

proptest! {
    /// Whatever a model draws, even ids of no token: the pieces make up the text.
    #[test]
    fn streams_what_decode_gives(
        checkpoint in prop::sample::select(CHECKPOINTS.to_vec()),
        tokens in prop::collection::vec(0u32..390, 0..60),
        skip_special: bool,
    ) {
        let tokenizer = tokenizer(checkpoint);
        let text = tokenizer.decode(&tokens, skip_special).expect("decodes");
        prop_assert_eq!(streamed(&tokenizer, &tokens, skip_special).concat(), text);
    }

    /// Bytes outside the alphabet do not exist: every text comes back, but for NFC in Qwen's.
    #[test]
    fn decoding_gives_the_text_back(text in "\\PC{0,40}|[ \t\r\n]{0,40}") {
        let tokenizer = tokenizer("llama-tied-f16");
        let tokens = tokenizer.encode(&text, false).expect("encodes");
        prop_assert_eq!(tokenizer.decode(&tokens, false).expect("decodes"), text);
    }
}

/// The pattern must not give up on a text that makes it try many splits.
#[test]
fn long_runs_come_back_whole() {
    for checkpoint in CHECKPOINTS {
        let tokenizer = tokenizer(checkpoint);
        for part in [" ", "\n", "a", "1", "!", " \n"] {
            let text = format!("{}x", part.repeat(50_000));
            let tokens = tokenizer.encode(&text, false).expect("encodes");
            let decoded = tokenizer.decode(&tokens, false).expect("decodes");
            assert!(decoded == text, "{checkpoint}: 50000 times {part:?}");
        }
    }
}

/// Qwen's tokenizers have fewer tokens than their models have rows.
#[test]
fn vocabulary_fits_the_model() {
    let tokenizer = tokenizer("qwen2-tied");
    let config = Path::new("FOLDER/config.json");
    assert_eq!(tokenizer.vocab_size(), 381);
    tokenizer.check_model(384, config).expect("more rows than tokens");
    tokenizer.check_model(381, config).expect("as many rows as tokens");
    let message = tokenizer.check_model(380, config).expect_err("refused").to_string();
    let (path, problem) = message.split_once(": ").expect("names the file");
    assert!(path.ends_with("qwen2-tied/tokenizer.json"), "{path}");
    assert_eq!(
        problem,
        "vocabulary: has ids up to 380, but vocab_size in FOLDER/config.json is 380: tokenizer and \
         model disagree in vocabulary; take both from one checkpoint"
    );
}

#[test]
fn tokens_have_texts() {
    let tokenizer = tokenizer("llama-tied-f16");
    assert_eq!(tokenizer.id("<|eot_id|>"), Some(380));
    assert_eq!(tokenizer.token(380).as_deref(), Some("<|eot_id|>"));
    assert_eq!((tokenizer.id("no such token"), tokenizer.token(384)), (None, None));
}
