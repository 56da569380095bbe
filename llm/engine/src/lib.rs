//! Language models that train: a decoder for Qwen2, Qwen2.5, Qwen3 and Llama 3.x checkpoints, its
//! differentiable operations, and an engine that generates from it.
//!
//! ```text
//! cuda        the same network on a GPU
//!   ▼
//! model       the decoder: weights, layers, forward and backward, generation
//!   ▼
//! generate    sampling by continuous batching          optim   AdamW
//!   ▼                                                    │
//! text        tokenizer and chat templates               │
//!                                                        │
//! ops         differentiable operations  ◄── model, cuda │
//!   ▼                                                    │
//! tensor      weights, gradients, rows of a batch  ◄─────┘
//! kernels     arithmetic on slices  ◄── ops, generate, model
//!   ▼
//! checkpoint  weights in files
//!   ▼
//! config      the shape of a decoder
//! ```
//!
//! An arrow is an import; none points up. Generation and training share their code between CPU and GPU.
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

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
