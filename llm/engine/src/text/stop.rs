//! The tokens that end an answer.

use super::files::{read_object, token_text};
use super::tokenizer::Tokenizer;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use serde_json::{Map, Value};
use std::path::Path;

/// The tokens that end an answer of the model in a folder: `eos_token_id` of
/// `generation_config.json`, else `eos_token` of `tokenizer_config.json`, else `eos_token_id` of
/// `config.json`. Empty where none of these files names one; an answer then ends only at its
/// longest length.
///
/// # Errors
/// A file that is not JSON, a value that is neither an id nor a list of ids, and one that is not a
/// token of `tokenizer`.
pub fn stop_tokens(folder: &Path, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
    let generation = from_ids(&folder.join("generation_config.json"), tokenizer)?;
    if !generation.is_empty() {
        return Ok(generation);
    }
    if let Some(id) = from_text(&folder.join("tokenizer_config.json"), tokenizer)? {
        return Ok(vec![id]);
    }
    from_ids(&folder.join("config.json"), tokenizer)
}

const IDS: &str = "eos_token_id";

/// `eos_token_id` of a file, each id once.
fn from_ids(path: &Path, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
    let fields: Map<String, Value> = read_object(path)?;
    let values = match fields.get(IDS) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
    };
    let mut ids = Vec::with_capacity(values.len());
    for value in values {
        let id = checked(path, value, tokenizer)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn checked(path: &Path, value: &Value, tokenizer: &Tokenizer) -> Result<u32> {
    let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
    id.filter(|&id| tokenizer.token(id).is_some()).ok_or_else(|| {
        let problem = format!(
            "{value} is not a token of {}; allowed: an id under {}, or a list of such ids",
            tokenizer.path().display(),
            tokenizer.vocab_size()
        );
        Error::malformed(path, IDS, problem)
    })
}

/// `eos_token` of a file.
fn from_text(path: &Path, tokenizer: &Tokenizer) -> Result<Option<u32>> {
    let fields = read_object(path)?;
    let Some(text) = token_text(path, &fields, "eos_token")? else { return Ok(None) };
    let unknown = || {
        let problem = format!("'{text}' is not a token of {}", tokenizer.path().display());
        Error::malformed(path, "eos_token", problem)
    };
    tokenizer.id(text).map(Some).ok_or_else(unknown)
}
