//! The rotary embedding, in both spellings: `rope_theta` with `rope_scaling` up to transformers 4,
//! `rope_parameters` from transformers 5 on.

use super::fields::Fields;
use super::limits::MAX_POSITIONS;
use crate::Result;
use serde_json::Value;

/// Base of the wavelengths where a file leaves it out, as in transformers.
const DEFAULT_THETA: f64 = 10_000.0;

/// Rotary position embedding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rope {
    /// Base of the wavelengths.
    pub theta: f64,
    /// Stretching of the long wavelengths, as in Llama 3.1.
    pub scaling: Option<Llama3Scaling>,
}

/// `rope_scaling` of type `llama3`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Llama3Scaling {
    /// Division of the low frequencies.
    pub factor: f64,
    /// Wavelengths over `original_max_positions / low_freq_factor` are stretched in full.
    pub low_freq_factor: f64,
    /// Wavelengths under `original_max_positions / high_freq_factor` stay as they are.
    pub high_freq_factor: f64,
    /// Context of the model before it was stretched.
    pub original_max_positions: usize,
}

pub(super) fn rope(fields: Fields<'_>) -> Result<Rope> {
    // If a file has both, transformers reads the old one.
    let old = fields.object("rope_scaling")?.is_some_and(|map| !map.is_empty());
    let name = if old { "rope_scaling" } else { "rope_parameters" };
    let prefix = format!("{name}.");
    let parameters = fields.object(name)?.map(|map| fields.within(&prefix, map));
    let nested = match parameters {
        Some(parameters) => parameters.positive("rope_theta")?,
        None => None,
    };
    let theta = match nested {
        Some(theta) => theta,
        None => fields.positive("rope_theta")?.unwrap_or(DEFAULT_THETA),
    };
    for object in [Some(fields), parameters].into_iter().flatten() {
        refuse_partial(object)?;
    }
    let scaling = match parameters {
        Some(parameters) => scaling(parameters)?,
        None => None,
    };
    Ok(Rope { theta, scaling })
}

fn scaling(parameters: Fields<'_>) -> Result<Option<Llama3Scaling>> {
    if let Some((name, _)) = parameters.values().find(|(_, value)| value.is_object()) {
        let problem = "holds an object; one rotary embedding for all layers is supported";
        return Err(parameters.refuse(name, problem));
    }
    let name = if parameters.contains("rope_type") { "rope_type" } else { "type" };
    match parameters.text(name)? {
        None | Some("default") => Ok(None),
        Some("llama3") => llama3(parameters).map(Some),
        Some(other) => {
            Err(parameters
                .refuse(name, format!("is {other:?}; supported: \"default\" and \"llama3\"")))
        }
    }
}

fn llama3(parameters: Fields<'_>) -> Result<Llama3Scaling> {
    let number = |name: &str| parameters.needed(name, parameters.positive(name)?);
    let (factor, low, high) =
        (number("factor")?, number("low_freq_factor")?, number("high_freq_factor")?);
    if factor < 1.0 {
        return Err(parameters.refuse("factor", format!("is {factor}; allowed: 1 or more")));
    }
    if high <= low {
        let problem = format!("is {high}; allowed: more than low_freq_factor, which is {low}");
        return Err(parameters.refuse("high_freq_factor", problem));
    }
    let name = "original_max_position_embeddings";
    let original = parameters.count(name, MAX_POSITIONS)?;
    Ok(Llama3Scaling {
        factor,
        low_freq_factor: low,
        high_freq_factor: high,
        original_max_positions: parameters.needed(name, original)?,
    })
}

/// Refuses rotation of a part of each head.
fn refuse_partial(fields: Fields<'_>) -> Result<()> {
    let name = "partial_rotary_factor";
    match fields.get(name).map(Value::as_f64) {
        None | Some(Some(1.0)) => Ok(()),
        Some(_) => Err(fields.refuse(name, "is not 1; rotation of whole heads is supported")),
    }
}
