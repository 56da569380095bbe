//! Generation: against a naive sampler, against transformers, and what it refuses.

mod burst;
mod draw;
mod engine;
pub(crate) mod mock;
mod refused;
mod text;
