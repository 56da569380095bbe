//! `config.json` of the supported families, in both spellings, and what is refused.

use crate::checkpoint_support::{malformed, write};
use proptest::prelude::*;
use rs_grpo_llm::config::{Family, Llama3Scaling, Rope};
use rs_grpo_llm::hub::Alias;
use rs_grpo_llm::{Error, ModelConfig};
use serde_json::{Map, Value, json};

/// Parses a text as a `config.json`.
fn parse(text: &str) -> Result<ModelConfig, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    write(&path, text.as_bytes());
    ModelConfig::from_json(&path)
}

fn parse_value(value: &Value) -> Result<ModelConfig, Error> {
    parse(&value.to_string())
}

/// The configuration with fields added or replaced.
fn with(base: &Value, changes: Value) -> Value {
    let mut base = base.clone();
    let fields = base.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    base
}

/// `config.json` of Qwen/Qwen3-4B-Base.
fn qwen3() -> Value {
    json!({
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": false,
        "attention_dropout": 0.0,
        "bos_token_id": 151643,
        "eos_token_id": 151643,
        "head_dim": 128,
        "hidden_act": "silu",
        "hidden_size": 2560,
        "initializer_range": 0.02,
        "intermediate_size": 9728,
        "max_position_embeddings": 32768,
        "max_window_layers": 36,
        "model_type": "qwen3",
        "num_attention_heads": 32,
        "num_hidden_layers": 36,
        "num_key_value_heads": 8,
        "rms_norm_eps": 1e-6,
        "rope_scaling": null,
        "rope_theta": 1000000,
        "sliding_window": null,
        "tie_word_embeddings": true,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.51.0",
        "use_cache": true,
        "use_sliding_window": false,
        "vocab_size": 151936
    })
}

/// `config.json` of Qwen/Qwen2.5-Math-1.5B.
fn qwen2() -> Value {
    json!({
        "architectures": ["Qwen2ForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": 151643,
        "eos_token_id": 151643,
        "hidden_act": "silu",
        "hidden_size": 1536,
        "initializer_range": 0.02,
        "intermediate_size": 8960,
        "max_position_embeddings": 4096,
        "max_window_layers": 21,
        "model_type": "qwen2",
        "num_attention_heads": 12,
        "num_hidden_layers": 28,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000,
        "sliding_window": 4096,
        "tie_word_embeddings": true,
        "torch_dtype": "bfloat16",
        "use_mrope": false,
        "use_sliding_window": false,
        "vocab_size": 151936
    })
}

/// `config.json` of meta-llama/Llama-3.2-1B-Instruct.
fn llama() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": false,
        "bos_token_id": 128000,
        "eos_token_id": [128001, 128008, 128009],
        "head_dim": 64,
        "hidden_act": "silu",
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "max_position_embeddings": 131072,
        "mlp_bias": false,
        "model_type": "llama",
        "num_attention_heads": 32,
        "num_hidden_layers": 16,
        "num_key_value_heads": 8,
        "pretraining_tp": 1,
        "rms_norm_eps": 1e-5,
        "rope_scaling": {
            "factor": 32.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
            "rope_type": "llama3"
        },
        "rope_theta": 500000.0,
        "tie_word_embeddings": true,
        "torch_dtype": "bfloat16",
        "vocab_size": 128256
    })
}

#[test]
fn published_configurations_are_those_of_the_aliases() {
    for (alias, config) in [
        ("qwen3-4b-base", qwen3()),
        ("qwen2.5-math-1.5b", qwen2()),
        ("llama3.2-1b-instruct", llama()),
    ] {
        assert_eq!(parse_value(&config).unwrap(), Alias::find(alias).unwrap().config, "{alias}");
    }
}

#[test]
fn the_spelling_of_transformers_5_says_the_same() {
    for (mut config, parameters) in [
        (qwen3(), json!({ "rope_type": "default", "rope_theta": 1_000_000 })),
        (qwen2(), json!({ "rope_type": "default", "rope_theta": 10_000.0 })),
        (llama(), with(&llama()["rope_scaling"], json!({ "rope_theta": 500_000.0 }))),
    ] {
        let before = parse_value(&config).unwrap();
        let fields = config.as_object_mut().unwrap();
        for old in ["rope_scaling", "rope_theta", "torch_dtype"] {
            fields.remove(old);
        }
        fields.insert("rope_parameters".to_owned(), parameters);
        fields.insert("dtype".to_owned(), "bfloat16".into());
        let layers = fields["num_hidden_layers"].as_u64().unwrap() as usize;
        fields.insert("layer_types".to_owned(), vec!["full_attention"; layers].into());
        assert_eq!(parse_value(&config).unwrap(), before);
    }
}

#[test]
fn the_old_name_of_the_rope_type_is_read() {
    let mut config = llama();
    let scaling = config["rope_scaling"].as_object_mut().unwrap();
    let kind = scaling.remove("rope_type").unwrap();
    scaling.insert("type".to_owned(), kind);
    let scaling = Llama3Scaling {
        factor: 32.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_positions: 8192,
    };
    let rope = Rope { theta: 500_000.0, scaling: Some(scaling) };
    assert_eq!(parse_value(&config).unwrap().rope, rope);
}

/// The defaults of `LlamaConfig`, `Qwen2Config` and `Qwen3Config` in transformers 4.51 and 5.
#[test]
fn what_is_left_out_is_what_transformers_assumes() {
    let minimal = |model_type: &str| parse_value(&json!({ "model_type": model_type })).unwrap();
    let llama = ModelConfig {
        family: Family::Llama,
        vocab_size: 32_000,
        hidden_size: 4_096,
        intermediate_size: 11_008,
        layers: 32,
        heads: 32,
        kv_heads: 32,
        head_dim: 128,
        max_positions: 2_048,
        rms_norm_eps: 1e-6,
        rope: Rope { theta: 10_000.0, scaling: None },
        tie_embeddings: false,
        qkv_bias: false,
        qk_norm: false,
    };
    let qwen2 = ModelConfig {
        family: Family::Qwen2,
        vocab_size: 151_936,
        intermediate_size: 22_016,
        max_positions: 32_768,
        qkv_bias: true,
        ..llama.clone()
    };
    let qwen3 =
        ModelConfig { family: Family::Qwen3, qkv_bias: false, qk_norm: true, ..qwen2.clone() };
    assert_eq!(minimal("llama"), llama);
    assert_eq!(minimal("qwen2"), qwen2);
    assert_eq!(minimal("qwen3"), qwen3);

    let small = json!({ "model_type": "qwen3", "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": null });
    let small = parse_value(&small).unwrap();
    assert_eq!((small.kv_heads, small.head_dim), (4, 128), "null is one key head a query head");
    let small = json!({ "model_type": "llama", "hidden_size": 64, "num_attention_heads": 4 });
    let small = parse_value(&small).unwrap();
    assert_eq!((small.kv_heads, small.head_dim), (4, 16));
}

#[test]
fn biases_of_qwen2_do_not_depend_on_the_field() {
    let config = parse_value(&with(&qwen2(), json!({ "attention_bias": true }))).unwrap();
    assert_eq!(config, parse_value(&qwen2()).unwrap());
}

/// The field that is blamed for each change of a good configuration.
#[test]
fn what_the_decoder_does_not_know_is_refused_by_field() {
    let long = vec!["full_attention", "sliding_attention"];
    for (base, changes, blamed) in [
        (qwen3(), json!({ "model_type": "qwen3_moe" }), "model_type"),
        (qwen3(), json!({ "model_type": null }), "model_type"),
        (qwen3(), json!({ "model_type": 3 }), "model_type"),
        (qwen3(), json!({ "hidden_act": "gelu" }), "hidden_act"),
        (qwen3(), json!({ "attention_bias": true }), "attention_bias"),
        (llama(), json!({ "attention_bias": true }), "attention_bias"),
        (llama(), json!({ "mlp_bias": true }), "mlp_bias"),
        (qwen2(), json!({ "use_sliding_window": true }), "use_sliding_window"),
        (qwen2(), json!({ "use_sliding_window": "no" }), "use_sliding_window"),
        (qwen2(), json!({ "layer_types": long }), "layer_types"),
        (qwen2(), json!({ "layer_types": 7 }), "layer_types"),
        (qwen2(), json!({ "quantization_config": { "bits": 4 } }), "quantization_config"),
        (
            qwen2(),
            json!({ "rope_scaling": { "type": "yarn", "factor": 4.0 } }),
            "rope_scaling.type",
        ),
        (
            qwen2(),
            json!({ "rope_parameters": { "full_attention": {} } }),
            "rope_parameters.full_attention",
        ),
        (qwen2(), json!({ "rope_scaling": [] }), "rope_scaling"),
        (qwen2(), json!({ "partial_rotary_factor": 0.5 }), "partial_rotary_factor"),
    ] {
        let result = parse_value(&with(&base, changes.clone()));
        assert_eq!(malformed(result).0, blamed, "{changes}");
    }
}

#[test]
fn impossible_sizes_are_refused_by_field() {
    for (base, field, values) in [
        (qwen3(), "vocab_size", json!([0, -1, 1.5, "7", 1_u64 << 60, u64::MAX, 1e300, true, []])),
        (qwen3(), "hidden_size", json!([0, 1_u64 << 60])),
        (qwen2(), "hidden_size", json!([1537])),
        (qwen3(), "intermediate_size", json!([0, 1_u64 << 60])),
        (qwen3(), "num_hidden_layers", json!([0, 5_000])),
        (qwen3(), "num_attention_heads", json!([0, 1_u64 << 60])),
        (qwen3(), "num_key_value_heads", json!([0, 3, 64, 1_u64 << 60])),
        (qwen3(), "head_dim", json!([0, 127, 1_u64 << 60])),
        (qwen3(), "max_position_embeddings", json!([0, 1_u64 << 60])),
        (qwen3(), "rms_norm_eps", json!([0.0, -1e-6, "1e-6"])),
        (qwen3(), "rope_theta", json!([0, -1.0])),
        (qwen3(), "tie_word_embeddings", json!([1, "yes"])),
    ] {
        for value in values.as_array().unwrap() {
            let change = Value::Object(Map::from_iter([(field.to_owned(), value.clone())]));
            let (blamed, _) = malformed(parse_value(&with(&base, change)));
            assert_eq!(blamed, field, "{value}");
        }
    }
}

#[test]
fn impossible_scalings_are_refused_by_field() {
    for (field, value) in [
        ("factor", json!(0.5)),
        ("factor", json!(null)),
        ("low_freq_factor", json!(0.0)),
        ("high_freq_factor", json!(1.0)),
        ("original_max_position_embeddings", json!(0)),
    ] {
        let change = Value::Object(Map::from_iter([(field.to_owned(), value)]));
        let scaling = with(&llama()["rope_scaling"], change);
        let result = parse_value(&with(&llama(), json!({ "rope_scaling": scaling })));
        assert_eq!(malformed(result).0, format!("rope_scaling.{field}"));
    }
}

#[test]
fn what_is_not_a_configuration_is_refused() {
    for text in ["", "[]", "{", "{\"model_type\": \"qwen3\"", "null", "\u{feff}{}", "{\"a\": NaN}"]
    {
        assert_eq!(malformed(parse(text)).0, "the file", "{text}");
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(malformed(parse(&nested)).0, "the file");
    let long = tempfile::NamedTempFile::new().unwrap();
    long.as_file().set_len(1 << 40).unwrap();
    assert_eq!(malformed(ModelConfig::from_json(long.path())).0, "the file");
    let missing = ModelConfig::from_json(std::path::Path::new("no/such/config.json"));
    assert!(matches!(missing, Err(Error::File { .. })), "{missing:?}");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(malformed(ModelConfig::from_json(folder.path())).0, "the file");
}

#[test]
fn the_last_of_two_equal_fields_counts_as_in_python() {
    let text = r#"{"model_type": "llama", "vocab_size": 5, "vocab_size": 7}"#;
    assert_eq!(parse(text).unwrap().vocab_size, 7);
}

/// What a user reads.
#[test]
fn messages() {
    let message = |value: &Value| {
        let text = parse_value(value).unwrap_err().to_string();
        let name = text.find("config.json").unwrap();
        text[name..].to_owned()
    };
    let messages = [
        message(&with(&qwen3(), json!({ "model_type": "gemma3" }))),
        message(&with(&qwen3(), json!({ "num_key_value_heads": 5 }))),
        message(&with(&qwen3(), json!({ "vocab_size": 1_u64 << 60 }))),
        message(&with(&qwen2(), json!({ "num_attention_heads": 11, "num_key_value_heads": 11 }))),
        message(&with(&qwen2(), json!({ "use_sliding_window": true }))),
        message(&with(&llama(), json!({ "rope_scaling": { "rope_type": "yarn", "factor": 4 } }))),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

/// Values that a broken or hostile file may hold.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..200_u64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["llama3", "default", "silu", "qwen2", "full_attention", "x"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        let key = prop::sample::select(vec!["rope_type", "factor", "rope_theta", "type"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4).prop_map(|map| map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn changed_fields_never_panic_and_accepted_shapes_add_up(
        base in prop::sample::select(vec![qwen2(), qwen3(), llama()]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4),
    ) {
        let mut config = base;
        let fields = config.as_object_mut().unwrap();
        fields.insert("rope_parameters".to_owned(), Value::Null);
        fields.insert("layer_types".to_owned(), Value::Null);
        let names: Vec<String> = fields.keys().cloned().collect();
        for (index, value) in changes {
            fields.insert(index.get(&names).clone(), value);
        }
        match parse_value(&config) {
            Ok(config) => {
                prop_assert!(config.parameters().checked_mul(16).is_some());
                prop_assert_eq!(config.heads % config.kv_heads, 0);
                prop_assert_eq!(config.head_dim % 2, 0);
            }
            Err(error) => prop_assert!(error.to_string().contains("config.json"), "{error}"),
        }
    }

    #[test]
    fn damaged_text_never_panics(
        at: prop::sample::Index, byte: u8, cut: prop::sample::Index,
    ) {
        let mut text = llama().to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        text.truncate(cut.index(2 * text.len()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        write(&path, &text);
        if let Err(error) = ModelConfig::from_json(&path) {
            prop_assert!(error.to_string().contains("config.json"), "{error}");
        }
    }
}
