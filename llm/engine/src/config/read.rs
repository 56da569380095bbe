//! `config.json` to [`ModelConfig`]: every field checked before anything is allocated from it.

use super::family::Family;
use super::fields::Fields;
use super::limits::{
    MAX_BYTES, MAX_HEAD_DIM, MAX_HEADS, MAX_HIDDEN, MAX_INTERMEDIATE, MAX_LAYERS, MAX_POSITIONS,
    MAX_VOCAB,
};
use super::model::ModelConfig;
use super::rope::rope;
use crate::Result;
use rs_grpo_files::{brief, json_object};
use serde_json::{Map, Value};
use std::path::Path;

impl ModelConfig {
    /// Reads and checks a `config.json` of Qwen2, Qwen2.5, Qwen3 or Llama 3.x, as transformers 4 or
    /// 5 writes it.
    ///
    /// Fields left out take the value of transformers' configuration classes. The type of the
    /// weights (`torch_dtype`, `dtype`) is not read: the tensors themselves say it.
    ///
    /// # Errors
    /// The file cannot be read or is not a JSON object; another `model_type`; a size that is zero,
    /// absurd or does not divide; a feature that this crate's decoder lacks, such as sliding
    /// windows, another activation or quantised weights. The error names the file and the field.
    pub fn from_json(path: &Path) -> Result<Self> {
        Self::from_object(path, &json_object(path, MAX_BYTES)?)
    }

    /// The same of an object that was read from `path`.
    pub fn from_object(path: &Path, map: &Map<String, Value>) -> Result<Self> {
        let fields = Fields::new(path, "", map);
        let family = family(fields)?;
        refuse_unsupported(fields, family)?;
        shape(fields, family)
    }
}

fn family(fields: Fields<'_>) -> Result<Family> {
    let name = fields.text("model_type")?;
    let found = Family::NAMES.iter().find(|(known, _)| Some(*known) == name);
    let unknown = || {
        let given = name.map_or("is missing".to_owned(), |name| format!("is {name:?}"));
        let known = Family::NAMES.map(|(known, _)| known).join(", ");
        fields.refuse("model_type", format!("{given}; supported: {known}"))
    };
    found.map(|(_, family)| *family).ok_or_else(unknown)
}

/// Refuses fields that change the computation in unsupported ways.
fn refuse_unsupported(fields: Fields<'_>, family: Family) -> Result<()> {
    let activation = fields.text("hidden_act")?.unwrap_or("silu");
    if activation != "silu" {
        let problem = format!("is {activation:?}; supported: \"silu\"");
        return Err(fields.refuse("hidden_act", problem));
    }
    // Qwen2 ignores this field and always has biases; in the others it also adds one to `o_proj`.
    let bias_counts = family != Family::Qwen2;
    for (name, counts) in
        [("attention_bias", bias_counts), ("mlp_bias", true), ("use_sliding_window", true)]
    {
        if counts && fields.flag(name)? == Some(true) {
            return Err(fields.refuse(name, "is true; supported: false"));
        }
    }
    if fields.contains("quantization_config") {
        let problem = "is given; weights in F32, BF16 or F16 are supported, not quantised ones";
        return Err(fields.refuse("quantization_config", problem));
    }
    refuse_other_layers(fields)
}

fn refuse_other_layers(fields: Fields<'_>) -> Result<()> {
    let Some(types) = fields.get("layer_types") else { return Ok(()) };
    let layers = types.as_array().ok_or_else(|| {
        fields.refuse("layer_types", format!("is {}; allowed: a list", brief(types)))
    })?;
    match layers.iter().find(|layer| layer.as_str() != Some("full_attention")) {
        Some(other) => {
            let problem = format!("holds {}; supported: \"full_attention\"", brief(other));
            Err(fields.refuse("layer_types", problem))
        }
        None => Ok(()),
    }
}

fn shape(fields: Fields<'_>, family: Family) -> Result<ModelConfig> {
    let defaults = family.defaults();
    let count = |name: &str, max: usize, default: usize| {
        fields.count(name, max).map(|count| count.unwrap_or(default))
    };
    let hidden_size = count("hidden_size", MAX_HIDDEN, 4_096)?;
    let heads = count("num_attention_heads", MAX_HEADS, 32)?;
    Ok(ModelConfig {
        family,
        vocab_size: count("vocab_size", MAX_VOCAB, defaults.vocab_size)?,
        hidden_size,
        intermediate_size: count(
            "intermediate_size",
            MAX_INTERMEDIATE,
            defaults.intermediate_size,
        )?,
        layers: count("num_hidden_layers", MAX_LAYERS, 32)?,
        heads,
        kv_heads: kv_heads(fields, heads, defaults.kv_heads)?,
        head_dim: head_dim(fields, hidden_size, heads, defaults.head_dim)?,
        max_positions: count("max_position_embeddings", MAX_POSITIONS, defaults.max_positions)?,
        rms_norm_eps: fields.positive("rms_norm_eps")?.unwrap_or(1e-6),
        rope: rope(fields)?,
        tie_embeddings: fields.flag("tie_word_embeddings")?.unwrap_or(false),
        qkv_bias: family == Family::Qwen2,
        qk_norm: family == Family::Qwen3,
    })
}

fn kv_heads(fields: Fields<'_>, heads: usize, default: Option<usize>) -> Result<usize> {
    let name = "num_key_value_heads";
    let default = default.filter(|_| !fields.is_null(name)).unwrap_or(heads);
    let kv_heads = fields.count(name, MAX_HEADS)?.unwrap_or(default);
    if !heads.is_multiple_of(kv_heads) {
        let problem =
            format!("is {kv_heads}; allowed: a divisor of num_attention_heads, which is {heads}");
        return Err(fields.refuse(name, problem));
    }
    Ok(kv_heads)
}

fn head_dim(
    fields: Fields<'_>,
    hidden_size: usize,
    heads: usize,
    default: Option<usize>,
) -> Result<usize> {
    let default = default.filter(|_| !fields.is_null("head_dim"));
    let head_dim = match fields.count("head_dim", MAX_HEAD_DIM)?.or(default) {
        Some(head_dim) => head_dim,
        None if hidden_size.is_multiple_of(heads) => hidden_size / heads,
        None => {
            let problem = format!(
                "is {hidden_size}; allowed without head_dim: a multiple of num_attention_heads, which is {heads}"
            );
            return Err(fields.refuse("hidden_size", problem));
        }
    };
    // The rotary embedding turns pairs of numbers.
    if !head_dim.is_multiple_of(2) || head_dim > MAX_HEAD_DIM {
        let problem = format!(
            "is {head_dim}, given or as hidden_size / num_attention_heads; allowed: an even number up to {MAX_HEAD_DIM}"
        );
        return Err(fields.refuse("head_dim", problem));
    }
    Ok(head_dim)
}
