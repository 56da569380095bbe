//! Tokenizers whose vocabulary falls back to bytes, as SentencePiece's do: what is streamed is what
//! `decode` makes of all tokens, whatever they are.

use proptest::prelude::*;
use rs_grpo_engine::text::Tokenizer;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// A special token, 256 bytes, and a few letters and words, with `▁` for a space.
fn vocabulary() -> Map<String, Value> {
    let bytes = (0..=255).map(|byte| format!("<0x{byte:02X}>"));
    let letters = ["▁", "a", "b", "x", "é", "▁a", "�"].map(str::to_owned);
    let all = std::iter::once("<s>".to_owned()).chain(bytes).chain(letters);
    all.zip(0..).map(|(token, id): (_, u32)| (token, id.into())).collect()
}

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
    let file = json!({
        "version": "1.0",
        "added_tokens": [{
            "id": 0, "content": "<s>", "special": true, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false,
        }],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ]},
        "pre_tokenizer": null,
        "post_processor": null,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ]},
        "model": {
            "type": "BPE", "vocab": vocabulary(), "merges": [["▁", "a"]], "byte_fallback": true,
            "unk_token": null, "fuse_unk": false,
        },
    });
    let folder = tempfile::TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("tokenizer.json"), file.to_string()).expect("a file");
    Tokenizer::from_folder(folder.path()).expect("a tokenizer")
});

fn streamed(tokens: &[u32], skip_special: bool) -> Vec<String> {
    let mut stream = TOKENIZER.stream(skip_special);
    let mut pieces: Vec<String> =
        tokens.iter().map(|&token| stream.push(token).expect("decodes")).collect();
    pieces.push(stream.finish().expect("decodes"));
    pieces
}

/// Two characters of three bytes each, which decode together, then a letter.
#[test]
fn characters_of_bytes_come_whole() {
    let tokens = TOKENIZER.encode("中文a", false).expect("encodes");
    assert_eq!(tokens.len(), 1 + 6 + 1);
    assert_eq!(streamed(&tokens, true), ["", "", "", "", "", "", "", "中文a", ""]);
    // Stopped in the middle of the last character: every byte of the run is a replacement, as in
    // `decode`.
    let stopped = streamed(&tokens[..6], true).concat();
    assert_eq!(stopped, TOKENIZER.decode(&tokens[..6], true).expect("decodes"));
}

#[test]
fn text_comes_back_whole() {
    for text in ["≤≥", "hello 中文字", "👩‍🚀 é", "a\u{0}b", "ab ab"] {
        let tokens = TOKENIZER.encode(text, false).expect("encodes");
        assert_eq!(streamed(&tokens, true).concat(), text);
    }
}

proptest! {
    /// Whatever a model draws, ids of no token and special ones in the middle of a character too.
    #[test]
    fn streams_what_decode_gives(
        tokens in prop::collection::vec(prop_oneof![0u32..270, 225u32..257, Just(0), Just(999)], 0..40),
        skip_special: bool,
    ) {
        let text = TOKENIZER.decode(&tokens, skip_special).expect("decodes");
        prop_assert_eq!(streamed(&tokens, skip_special).concat(), text);
    }

    #[test]
    fn streams_any_text(text in "\\PC{0,40}") {
        let tokens = TOKENIZER.encode(&text, false).expect("encodes");
        let decoded = TOKENIZER.decode(&tokens, true).expect("decodes");
        prop_assert_eq!(streamed(&tokens, true).concat(), decoded);
    }
}
