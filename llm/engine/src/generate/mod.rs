//! Sampling from a model: many prompts, several samples each, continuous batching.
//!
//! ```text
//! Sampler (trait) ◄── Engine ──► LanguageModel (trait) ◄── Decoder
//!                       │
//!          Scheduler ──► BlockAllocator · PromptGroup · Sequence
//! ```
//!
//! The [`Engine`] runs on the model in this process; other implementations of [`Sampler`] can replace
//! it. Where text suffices, as in evaluations, [`TextSampler`] requires less, so that a served model can
//! implement it.

mod blocks;
mod draw;
mod engine;
mod language_model;
mod logits;
mod multi_step;
mod options;
mod prompt_group;
mod request;
mod scheduler;
mod sequence;
mod stop_strings;
mod text;

pub use draw::{Drawn, draw};
pub use engine::Engine;
pub use language_model::LanguageModel;
pub use logits::Logits;
pub use options::EngineOptions;
pub use request::{
    Event, FinishReason, Request, Sample, Sampler, SamplingParams, SamplingProgress,
};
pub use text::{TextEvent, TextRequest, TextSample, TextSampler, Texts};
