//! The settings that flags override, by model.

use crate::failure::Failure;
use rs_grpo_train::TrainConfig;
use std::path::Path;

/// The settings of the paper's models, in `experiments/`; the first are those of any other model.
const MODELS: [(&str, &str); 5] = [
    ("qwen3-4b-base", include_str!("../../../experiments/qwen3-4b-base-math12k/config.toml")),
    ("qwen2.5-7b", include_str!("../../../experiments/qwen2.5-7b-math12k/config.toml")),
    (
        "qwen2.5-math-1.5b",
        include_str!("../../../experiments/qwen2.5-math-1.5b-deepmath103k/config.toml"),
    ),
    ("qwen2.5-math-7b", include_str!("../../../experiments/qwen2.5-math-7b-math12k/config.toml")),
    (
        "llama3.1-8b-instruct",
        include_str!("../../../experiments/llama3.1-8b-instruct-math12k/config.toml"),
    ),
];

/// What the flags override: the settings that suit the model.
pub(super) fn defaults(model: Option<&str>) -> Result<TrainConfig, Failure> {
    let embedded = TrainConfig::default();
    let Some(model) = model.filter(|model| *model != embedded.model) else { return Ok(embedded) };
    let (name, text) = MODELS.into_iter().find(|(name, _)| *name == model).unwrap_or(MODELS[0]);
    let table = text.parse().map_err(|error: toml::de::Error| {
        Failure::Failed(format!("the settings of {name}: {}", error.message()))
    })?;
    Ok(embedded.with(table, Path::new(name))?)
}
