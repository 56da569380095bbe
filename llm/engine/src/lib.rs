//! Language models that train: a decoder for Qwen2, Qwen2.5, Qwen3 and Llama 3.x checkpoints, its
//! differentiable operations, and an engine that generates from it.
//!
//! ```text
//! cuda ──► model ──► generate ──► text
//!            │           │
//!            ├──► optim  │
//!            ▼           ▼
//!           ops ──► tensor, kernels ──► checkpoint ──► config
//! ```
//!
//! [`cuda`] is the same network on a GPU; generation and training are one code for both.
//!
//! Letters in names of shapes: `t` tokens of all sequences in a row, `d` hidden size, `h` heads, `v`
//! vocabulary, `k` inner dimension of a product.

pub mod checkpoint;
pub mod config;
pub mod cuda;
mod error;
pub mod generate;
pub mod kernels;
pub mod model;
pub mod ops;
pub mod optim;
pub mod tensor;
pub mod text;

pub use config::ModelConfig;
pub use error::{Error, Result};
