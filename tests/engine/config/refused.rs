//! Configurations that are refused: the message names file, field, value and what is allowed, and
//! nothing panics.

use crate::config::read::{llama, parse, qwen2, qwen3, with};
use proptest::prelude::*;
use rs_grpo_engine::Error;
use serde_json::{Value, json};

/// The message, without the folder, which has another name each time.
fn message(text: &str) -> String {
    let message = parse(text).expect_err(text).to_string();
    message[message.find("config.json").expect("names the file")..].to_owned()
}

fn changed(base: &Value, fields: Value) -> String {
    message(&with(base, fields).to_string())
}

#[test]
fn messages_about_the_file() {
    let deep = "[".repeat(1 << 20);
    let texts = ["", "[]", "7", "{", "{\"model_type\": \"qwen2\"", "{}", "\u{feff}{}", &deep];
    insta::assert_snapshot!(texts.map(message).join("\n"));
}

#[test]
fn messages_about_features() {
    let rope = |kind: &str| json!({"rope_scaling": {"rope_type": kind, "factor": 2.0}});
    let messages = [
        changed(&qwen2(), json!({"model_type": "qwen2_moe"})),
        changed(&qwen2(), json!({"model_type": 7})),
        changed(&qwen2(), json!({"hidden_act": "gelu"})),
        changed(&qwen2(), json!({"use_sliding_window": true})),
        changed(&qwen2(), json!({"use_sliding_window": "no"})),
        changed(&qwen2(), json!({"layer_types": ["full_attention", "sliding_attention"]})),
        changed(&qwen2(), json!({"layer_types": "full_attention"})),
        changed(&qwen2(), json!({"quantization_config": {"quant_method": "gptq"}})),
        changed(&qwen2(), json!({"partial_rotary_factor": 0.5})),
        changed(&qwen3(), json!({"attention_bias": true})),
        changed(&llama(), json!({"attention_bias": true})),
        changed(&llama(), json!({"mlp_bias": true})),
        changed(&llama(), rope("yarn")),
        changed(&llama(), json!({"rope_scaling": {"type": "linear", "factor": 2.0}})),
        changed(&llama(), rope("llama3")),
        changed(&llama(), json!({"rope_scaling": null, "rope_parameters": {"full_attention": {}}})),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn messages_about_sizes() {
    let messages = [
        changed(&qwen2(), json!({"vocab_size": 0})),
        changed(&qwen2(), json!({"hidden_size": 1_u64 << 60})),
        changed(&qwen2(), json!({"hidden_size": -896})),
        changed(&qwen2(), json!({"hidden_size": 896.5})),
        changed(&qwen2(), json!({"hidden_size": 897})),
        changed(&qwen2(), json!({"intermediate_size": "4864"})),
        changed(&qwen2(), json!({"num_hidden_layers": 1_000_000})),
        changed(&qwen2(), json!({"num_attention_heads": u64::MAX})),
        changed(&qwen2(), json!({"num_key_value_heads": 3})),
        changed(&qwen2(), json!({"num_key_value_heads": 28})),
        changed(&qwen2(), json!({"hidden_size": 14})),
        changed(&qwen2(), json!({"hidden_size": 1 << 20, "num_attention_heads": 2})),
        changed(&qwen3(), json!({"head_dim": 127})),
        changed(&qwen2(), json!({"max_position_embeddings": 0})),
        changed(&qwen2(), json!({"rms_norm_eps": -1e-6})),
        changed(&qwen2(), json!({"rms_norm_eps": 1e300})),
        changed(&qwen2(), json!({"rms_norm_eps": 1e-300})),
        changed(&qwen2(), json!({"rope_theta": 0})),
        message(r#"{"model_type": "qwen2", "rope_theta": 1e999}"#),
        message(r#"{"model_type": "qwen2", "rope_theta": NaN}"#),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

/// A line of Python's that ends up as a text is not quoted in full.
#[test]
fn long_values_are_abridged() {
    let long = changed(&qwen2(), json!({"hidden_size": "x".repeat(1 << 20)}));
    assert!(long.len() < 200, "{long}");
}

#[test]
fn a_folder_is_no_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = rs_grpo_engine::ModelConfig::from_json(folder.path());
    assert!(matches!(read, Err(Error::Input(rs_grpo_files::Error::Malformed { .. }))), "{read:?}");
    let absent = rs_grpo_engine::ModelConfig::from_json(&folder.path().join("config.json"));
    assert!(matches!(absent, Err(Error::Input(rs_grpo_files::Error::File { .. }))), "{absent:?}");
}

/// Any JSON value of one level, sizes at the edges of every type among them.
fn anything() -> impl Strategy<Value = Value> {
    let edges = [0, 1, 2, 3, 1 << 10, 1 << 20, 1 << 31, 1 << 60, u64::MAX];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(edges.to_vec()).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"rope_type": "llama3", "factor": 1, "rope_theta": 1e-30})),
    ]
}

const FIELDS: [&str; 19] = [
    "model_type",
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "max_position_embeddings",
    "rms_norm_eps",
    "rope_theta",
    "rope_scaling",
    "rope_parameters",
    "tie_word_embeddings",
    "attention_bias",
    "hidden_act",
    "use_sliding_window",
    "layer_types",
    "partial_rotary_factor",
];

/// Whatever is accepted has tensors whose bytes can be counted; the rest names the file.
fn accepted_or_explained(text: &str) {
    match parse(text) {
        Ok(config) => {
            let bytes = |shape: &[usize]| {
                shape.iter().try_fold(4_usize, |bytes, &size| bytes.checked_mul(size))
            };
            let total = config
                .tensors()
                .iter()
                .try_fold(0_usize, |total, (_, shape)| total.checked_add(bytes(shape)?));
            assert!(total.is_some(), "{text}: overflows");
            assert!(config.head_dim.is_multiple_of(2));
            assert!(config.heads.is_multiple_of(config.kv_heads));
        }
        Err(error) => assert!(error.to_string().contains("config.json: "), "{error}"),
    }
}

proptest! {
    #[test]
    fn any_fields_are_accepted_or_explained(
        base in prop::sample::select(vec![qwen2(), qwen3(), llama()]),
        fields in prop::collection::vec((prop::sample::select(&FIELDS[..]), anything()), 1..4),
    ) {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        accepted_or_explained(&with(&base, Value::Object(fields)).to_string());
    }

    #[test]
    fn damaged_texts_are_accepted_or_explained(
        end in 0.0..=1.0_f64, place in 0.0..1.0_f64, character in any::<char>()
    ) {
        let mut text: Vec<char> = llama().to_string().chars().collect();
        let at = |share: f64| (share * text.len() as f64) as usize;
        let (end, place) = (at(end), at(place));
        text[place] = character;
        text.truncate(end);
        accepted_or_explained(&text.iter().collect::<String>());
    }
}
