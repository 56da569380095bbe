//! The same logits as candle-transformers' own models, which generate but cannot be trained.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{llama, qwen2, qwen3};
use rs_grpo_engine::config::Family;
use rs_grpo_engine::model::{ActivationCheckpointing, Packed, Training};
use serde_json::{Value, json};
use test_support::{Reference, decoder, floats, folder, relative_error};

/// Files of the checkpoints that candle's models can load: it wants one file, and reads the
/// configuration in the spelling of transformers 4.
const CASES: [&str; 4] = ["qwen2-tied", "qwen2-untied-bf16", "qwen3-untied", "llama-tied-f16"];

fn config(case: &str) -> Value {
    let text = std::fs::read_to_string(folder(case).join("config.json")).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    config["rope_theta"] = config["rope_parameters"]["rope_theta"].clone();
    // Fields that candle requires although the models do not use them.
    for (field, value) in [
        ("max_window_layers", json!(0)),
        ("use_sliding_window", json!(false)),
        ("sliding_window", json!(4096)),
        ("attention_bias", json!(false)),
    ] {
        if config[field].is_null() {
            config[field] = value;
        }
    }
    config
}

/// Logits after the last token.
fn candle(case: &str, family: Family, tokens: &[u32]) -> Vec<f32> {
    let bytes = std::fs::read(folder(case).join("model.safetensors")).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    let input = Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let config = config(case);
    let logits = match family {
        Family::Qwen2 => {
            let config = serde_json::from_value(config).unwrap();
            qwen2::ModelForCausalLM::new(&config, weights).unwrap().forward(&input, 0)
        }
        Family::Qwen3 => {
            let config = serde_json::from_value(config).unwrap();
            qwen3::ModelForCausalLM::new(&config, weights).unwrap().forward(&input, 0)
        }
        Family::Llama => {
            let config: llama::LlamaConfig = serde_json::from_value(config).unwrap();
            let config = config.into_config(false);
            let mut cache = llama::Cache::new(false, DType::F32, &config, &Device::Cpu).unwrap();
            llama::Llama::load(weights, &config).unwrap().forward(&input, 0, &mut cache)
        }
    };
    floats(&logits.unwrap())
}

#[test]
fn logits_are_those_of_candle_transformers() {
    for case in CASES {
        let model = decoder(case, Training::Frozen);
        let tokens = &Reference::of(case).sequences()[0];
        let tape = model
            .record(Packed::new([&tokens[..]]).unwrap(), ActivationCheckpointing::PerLayer)
            .unwrap();
        let last = tape.hidden().narrow(0, tokens.len() - 1, 1).unwrap();
        let found = floats(&model.head().logits(&last).unwrap());
        let error = relative_error(&found, &candle(case, model.config().family, tokens));
        assert!(error < 1e-5, "{case}: relative error {error:e}");
    }
}
