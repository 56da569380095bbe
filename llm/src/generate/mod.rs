//! Sampling from a model: many prompts, several samples each, continuous batching.

mod language_model;

pub use language_model::{LanguageModel, Rows, Segment};
