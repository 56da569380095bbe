//! Language models that train: a decoder for Qwen2, Qwen2.5, Qwen3 and Llama 3.x checkpoints, its
//! differentiable operations, an engine that generates from it, a trainer and its evaluation.
//!
//! ```text
//! hub ──► checkpoint ──► model ◄── ops ◄── kernels
//!            ▲             ▲
//!          config       generate ◄── text (tokenizer, chat templates)
//!                          ▲
//! grade ──► task, data ──► reward ──► train, evaluate ──► run (folder, metrics, checkpoints)
//! ```
//!
//! [`cuda`] is the same network on a GPU; generation and training are one code for both. [`fleet`] draws
//! on other machines what is learned from here.
//!
//! Letters in names of shapes: `t` tokens of all sequences in a row, `d` hidden size, `h` heads, `v`
//! vocabulary, `k` inner dimension of a product.

pub mod checkpoint;
pub mod config;
pub mod cuda;
pub mod data;
pub mod endpoint;
mod error;
pub mod evaluate;
mod files;
pub mod fleet;
pub mod generate;
pub mod grade;
pub mod hub;
mod json;
pub mod kernels;
pub mod model;
pub mod ops;
pub mod panics;
pub mod reward;
pub mod run;
pub mod task;
pub mod text;
pub mod train;

pub use config::ModelConfig;
pub use error::{Error, Result};
