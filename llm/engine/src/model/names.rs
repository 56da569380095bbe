//! Names of tensors in Hugging Face's files.

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(crate) const NORM: &str = "model.norm.weight";
pub(crate) const HEAD: &str = "lm_head.weight";

/// Suffix of the adapter's first factor after the name of its projection.
pub(crate) const DOWN: &str = "lora_A.weight";
/// Suffix of the second factor.
pub(crate) const UP: &str = "lora_B.weight";

/// Prefix of the names of a layer's tensors.
pub(crate) fn prefix_of(layer: usize) -> String {
    format!("model.layers.{layer}.")
}
