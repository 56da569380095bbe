//! From JSON to a shape that can be trusted.

use super::{Family, Llama3Scaling, ModelConfig, Rope};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::path::Path;

/// No axis of a published model comes near; their products stay far from overflow.
const LARGEST: usize = 1 << 24;
/// Nor does the number of layers.
const MOST_LAYERS: usize = 4096;

pub(super) fn parse(path: &Path, text: &str) -> Result<ModelConfig> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Error::malformed(path, "JSON", error.to_string()))?;
    let Value::Object(fields) = &value else {
        return Err(Error::malformed(path, "JSON", "must be an object with the model's settings"));
    };
    let fields = Fields { path, fields, prefix: "" };
    let family = fields.family()?;
    fields.refuse_variants()?;
    let hidden_size = fields.size("hidden_size", None)?;
    let heads = fields.size("num_attention_heads", None)?;
    let kv_heads = fields.size("num_key_value_heads", Some(heads))?;
    if !heads.is_multiple_of(kv_heads) {
        let problem = format!("is {kv_heads}; it must divide num_attention_heads, {heads}");
        return Err(fields.malformed("num_key_value_heads", problem));
    }
    // Qwen3's class has a default of its own; the others divide.
    let default = if family == Family::Qwen3 { Some(128) } else { hidden_size.checked_div(heads) };
    let head_dim = fields.size("head_dim", default)?;
    if !head_dim.is_multiple_of(2) {
        let problem = format!("is {head_dim}; rotary embedding needs an even width");
        return Err(fields.malformed("head_dim", problem));
    }
    let layers = fields.size("num_hidden_layers", None)?;
    if layers > MOST_LAYERS {
        let problem = format!("is {layers}; allowed: 1 to {MOST_LAYERS}");
        return Err(fields.malformed("num_hidden_layers", problem));
    }
    let eps = fields.positive("rms_norm_eps", Some(1e-6))?;
    Ok(ModelConfig {
        family,
        vocab_size: fields.size("vocab_size", None)?,
        hidden_size,
        intermediate_size: fields.size("intermediate_size", None)?,
        layers,
        heads,
        kv_heads,
        head_dim,
        max_positions: fields.size("max_position_embeddings", None)?,
        rms_norm_eps: eps,
        rope: fields.rope(family)?,
        tie_embeddings: fields.flag("tie_word_embeddings", false)?,
        qkv_bias: family == Family::Qwen2,
        qk_norm: family == Family::Qwen3,
    })
}

/// An object of the file.
struct Fields<'a> {
    path: &'a Path,
    fields: &'a Map<String, Value>,
    /// What its fields are called in errors, before their own name.
    prefix: &'a str,
}

impl<'a> Fields<'a> {
    fn malformed(&self, field: &str, problem: impl Into<String>) -> Error {
        Error::malformed(self.path, format!("{}{field}", self.prefix), problem)
    }

    /// The value of a field; `null` counts as absent.
    fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn size(&self, field: &str, default: Option<usize>) -> Result<usize> {
        let size = match self.get(field) {
            Some(value) => value.as_u64().and_then(|size| usize::try_from(size).ok()),
            None => default,
        };
        match size {
            Some(size @ 1..=LARGEST) => Ok(size),
            _ => {
                let given = self.given(field);
                let problem = format!("is {given}; allowed: a whole number from 1 to {LARGEST}");
                Err(self.malformed(field, problem))
            }
        }
    }

    fn positive(&self, field: &str, default: Option<f64>) -> Result<f64> {
        let number = match self.get(field) {
            Some(value) => value.as_f64(),
            None => default,
        };
        match number {
            Some(number) if number > 0.0 && number.is_finite() => Ok(number),
            _ => {
                let problem = format!("is {}; allowed: a number over 0", self.given(field));
                Err(self.malformed(field, problem))
            }
        }
    }

    fn flag(&self, field: &str, default: bool) -> Result<bool> {
        match self.get(field) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => {
                Err(self.malformed(field, format!("is {other}; allowed: true or false")))
            }
        }
    }

    fn given(&self, field: &str) -> String {
        self.get(field).map_or_else(|| "absent".to_owned(), Value::to_string)
    }

    fn family(&self) -> Result<Family> {
        match self.get("model_type").and_then(Value::as_str) {
            Some("llama") => Ok(Family::Llama),
            Some("qwen2") => Ok(Family::Qwen2),
            Some("qwen3") => Ok(Family::Qwen3),
            _ => {
                let given = self.given("model_type");
                Err(self.malformed(
                    "model_type",
                    format!("is {given}; supported: \"llama\", \"qwen2\", \"qwen3\""),
                ))
            }
        }
    }

    /// Variants of the architectures that no supported checkpoint uses, and that would silently give
    /// other numbers.
    fn refuse_variants(&self) -> Result<()> {
        for field in ["attention_bias", "mlp_bias", "use_sliding_window"] {
            if self.flag(field, false)? {
                return Err(self.malformed(field, "is true, which is not supported"));
            }
        }
        match self.get("hidden_act") {
            None => {}
            Some(Value::String(name)) if name == "silu" => {}
            Some(other) => {
                return Err(
                    self.malformed("hidden_act", format!("is {other}; supported: \"silu\""))
                );
            }
        }
        let full = |kind: &Value| kind == "full_attention";
        match self.get("layer_types") {
            None => Ok(()),
            Some(Value::Array(kinds)) if kinds.iter().all(full) => Ok(()),
            Some(other) => {
                let problem = format!("is {other}; supported: \"full_attention\" in every layer");
                Err(self.malformed("layer_types", problem))
            }
        }
    }

    /// Transformers 5 has one object; earlier ones have a field and an object.
    fn rope(&self, family: Family) -> Result<Rope> {
        let theta = if family == Family::Llama || family == Family::Qwen2 { 1e4 } else { 1e6 };
        match (self.object("rope_parameters")?, self.object("rope_scaling")?) {
            (Some(rope), _) => Ok(Rope {
                theta: rope
                    .positive("rope_theta", Some(self.positive("rope_theta", Some(theta))?))?,
                scaling: rope.scaling()?,
            }),
            (None, Some(rope)) => Ok(Rope {
                theta: self.positive("rope_theta", Some(theta))?,
                scaling: rope.scaling()?,
            }),
            (None, None) => {
                Ok(Rope { theta: self.positive("rope_theta", Some(theta))?, scaling: None })
            }
        }
    }

    fn object(&self, field: &'static str) -> Result<Option<Fields<'a>>> {
        let prefix = match field {
            "rope_parameters" => "rope_parameters.",
            _ => "rope_scaling.",
        };
        match self.get(field) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Fields { path: self.path, fields, prefix })),
            Some(other) => Err(self.malformed(field, format!("is {other}; it must be an object"))),
        }
    }

    fn scaling(&self) -> Result<Option<Llama3Scaling>> {
        let name = self.get("rope_type").or_else(|| self.get("type"));
        match name.and_then(Value::as_str) {
            None | Some("default") if name.is_none_or(Value::is_string) => Ok(None),
            Some("llama3") => {
                let scaling = Llama3Scaling {
                    factor: self.positive("factor", None)?,
                    low_freq_factor: self.positive("low_freq_factor", None)?,
                    high_freq_factor: self.positive("high_freq_factor", None)?,
                    original_max_positions: self.size("original_max_position_embeddings", None)?,
                };
                if scaling.high_freq_factor <= scaling.low_freq_factor {
                    let problem = format!(
                        "is {}; it must exceed low_freq_factor, {}",
                        scaling.high_freq_factor, scaling.low_freq_factor
                    );
                    return Err(self.malformed("high_freq_factor", problem));
                }
                Ok(Some(scaling))
            }
            _ => {
                let given = name.map_or_else(|| "absent".to_owned(), Value::to_string);
                let problem = format!("is {given}; supported: \"default\", \"llama3\"");
                Err(self.malformed("rope_type", problem))
            }
        }
    }
}
