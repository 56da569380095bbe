//! `config.json` of published models, in the spellings of transformers 4 and 5.

use rs_grpo_engine::config::{Family, Llama3Scaling, Rope};
use rs_grpo_engine::{ModelConfig, Result};
use serde_json::{Value, json};
use test_support::{CASES, folder};

/// What `from_json` makes of a text.
pub(crate) fn parse(text: &str) -> Result<ModelConfig> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.json");
    std::fs::write(&path, text).expect("written");
    ModelConfig::from_json(&path)
}

fn read(json: &Value) -> ModelConfig {
    parse(&json.to_string()).expect("a good configuration")
}

/// `base` with fields replaced.
pub(crate) fn with(base: &Value, fields: Value) -> Value {
    let mut changed = base.clone();
    let fields = fields.as_object().expect("an object").clone();
    changed.as_object_mut().expect("an object").extend(fields);
    changed
}

/// The fields of Qwen2.5-0.5B-Instruct's file.
pub(crate) fn qwen2() -> Value {
    json!({
        "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643,
        "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 896,
        "initializer_range": 0.02, "intermediate_size": 4864, "max_position_embeddings": 32768,
        "max_window_layers": 21, "model_type": "qwen2", "num_attention_heads": 14,
        "num_hidden_layers": 24, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": true,
        "torch_dtype": "bfloat16", "transformers_version": "4.43.1", "use_cache": true,
        "use_sliding_window": false, "vocab_size": 151936
    })
}

/// The fields of Qwen3-0.6B's file.
pub(crate) fn qwen3() -> Value {
    json!({
        "architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "head_dim": 128,
        "hidden_act": "silu", "hidden_size": 1024, "intermediate_size": 3072,
        "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3",
        "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8,
        "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000,
        "sliding_window": null, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
        "use_sliding_window": false, "vocab_size": 151936
    })
}

/// The fields of Llama-3.2-1B-Instruct's file.
pub(crate) fn llama() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "attention_bias": false, "bos_token_id": 128000,
        "eos_token_id": [128001, 128008, 128009], "head_dim": 64, "hidden_act": "silu",
        "hidden_size": 2048, "intermediate_size": 8192, "max_position_embeddings": 131072,
        "mlp_bias": false, "model_type": "llama", "num_attention_heads": 32,
        "num_hidden_layers": 16, "num_key_value_heads": 8, "pretraining_tp": 1,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {
            "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192, "rope_type": "llama3"
        },
        "rope_theta": 500000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
        "vocab_size": 128256
    })
}

fn parameters(config: &ModelConfig) -> usize {
    config.tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
}

#[test]
fn a_qwen2() {
    let config = read(&qwen2());
    let expected = ModelConfig {
        family: Family::Qwen2,
        vocab_size: 151_936,
        hidden_size: 896,
        intermediate_size: 4_864,
        layers: 24,
        heads: 14,
        kv_heads: 2,
        head_dim: 64,
        max_positions: 32_768,
        rms_norm_eps: 1e-6,
        rope: Rope { theta: 1e6, scaling: None },
        tie_embeddings: true,
        qkv_bias: true,
        qk_norm: false,
    };
    assert_eq!(config, expected);
}

/// The numbers of weights are those of the models' files on the hub; for Qwen3-0.6B without the
/// copy of the tied head that its file holds, 751,632,384 − 151,936 · 1,024.
#[test]
fn published_numbers_of_weights() {
    assert_eq!(parameters(&read(&qwen2())), 494_032_768);
    assert_eq!(parameters(&read(&qwen3())), 596_049_920);
    assert_eq!(parameters(&read(&llama())), 1_235_814_400);
}

#[test]
fn qwen3_heads_are_wider_than_their_share_and_normalised() {
    let config = read(&qwen3());
    assert_eq!((config.head_dim, config.qk_norm, config.qkv_bias), (128, true, false));
}

#[test]
fn llama_stretches_long_wavelengths() {
    let scaling = Llama3Scaling {
        factor: 32.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_positions: 8_192,
    };
    assert_eq!(read(&llama()).rope, Rope { theta: 5e5, scaling: Some(scaling) });
}

#[test]
fn the_spelling_of_transformers_5_says_the_same() {
    let mut new = llama();
    let fields = new.as_object_mut().expect("an object");
    let mut parameters = fields.remove("rope_scaling").expect("there");
    parameters["rope_theta"] = fields.remove("rope_theta").expect("there");
    fields.insert("rope_parameters".to_owned(), parameters);
    assert_eq!(read(&new), read(&llama()));
}

#[test]
fn the_oldest_spelling_says_type() {
    let mut old = llama();
    let scaling = old["rope_scaling"].as_object_mut().expect("an object");
    let kind = scaling.remove("rope_type").expect("there");
    scaling.insert("type".to_owned(), kind);
    assert_eq!(read(&old), read(&llama()));
}

/// As in transformers 5, `rope_scaling or rope_parameters`.
#[test]
fn of_both_spellings_the_old_one_counts() {
    let both =
        with(&llama(), json!({"rope_parameters": {"rope_type": "default", "rope_theta": 7}}));
    assert_eq!(read(&both), read(&llama()));
    let empty = with(&both, json!({"rope_scaling": {}}));
    assert_eq!(read(&empty).rope, Rope { theta: 7.0, scaling: None });
}

/// `LlamaConfig()`, `Qwen2Config()` and `Qwen3Config()` of transformers 5.
#[test]
fn silence_means_the_defaults_of_transformers() {
    let rope = Rope { theta: 1e4, scaling: None };
    let qwen2 = ModelConfig {
        family: Family::Qwen2,
        vocab_size: 151_936,
        hidden_size: 4_096,
        intermediate_size: 22_016,
        layers: 32,
        heads: 32,
        kv_heads: 32,
        head_dim: 128,
        max_positions: 32_768,
        rms_norm_eps: 1e-6,
        rope,
        tie_embeddings: false,
        qkv_bias: true,
        qk_norm: false,
    };
    let qwen3 =
        ModelConfig { family: Family::Qwen3, qkv_bias: false, qk_norm: true, ..qwen2.clone() };
    let llama = ModelConfig {
        family: Family::Llama,
        vocab_size: 32_000,
        intermediate_size: 11_008,
        max_positions: 2_048,
        qkv_bias: false,
        ..qwen2.clone()
    };
    for (name, expected) in [("qwen2", qwen2), ("qwen3", qwen3), ("llama", llama)] {
        assert_eq!(read(&json!({"model_type": name})), expected);
    }
}

/// `num_key_value_heads: null` is one per query head, where silence is 32 in Qwen's classes.
#[test]
fn null_heads_follow_the_query_heads() {
    let null = json!({"num_key_value_heads": null, "head_dim": null, "num_attention_heads": 16});
    for base in [qwen2(), qwen3(), llama()] {
        let config = read(&with(&with(&base, json!({"hidden_size": 1024})), null.clone()));
        assert_eq!((config.kv_heads, config.head_dim), (16, 64));
    }
}

#[test]
fn what_changes_nothing_is_tolerated() {
    let harmless = json!({
        "layer_types": ["full_attention", "full_attention"], "sliding_window": 4096,
        "use_sliding_window": false, "quantization_config": null, "hidden_act": "silu",
        "partial_rotary_factor": 1.0, "unheard_of": {"a": [1]}
    });
    for base in [qwen2(), qwen3(), llama()] {
        assert_eq!(read(&with(&base, harmless.clone())), read(&base));
    }
    // Qwen2 has its biases whatever this says.
    assert_eq!(read(&with(&qwen2(), json!({"attention_bias": true}))), read(&qwen2()));
}

#[test]
fn committed_configurations_are_read() {
    for case in CASES {
        let config = ModelConfig::from_json(&folder(case).join("config.json")).expect(case);
        assert_eq!(config.tie_embeddings, case.contains("-tied"), "{case}");
        assert_eq!(config.rope.scaling.is_some(), case == "llama3-scaled", "{case}");
    }
}
