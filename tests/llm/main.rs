//! The language-model half: checkpoints, operations, parity with transformers, generation.

mod chat;
mod chat_refused;
mod kernels;
mod memory;
mod ops;
mod ops_refused;
mod parity;
mod support;
mod tokenizer;
mod tokenizer_refused;
mod tokenizer_stop;
