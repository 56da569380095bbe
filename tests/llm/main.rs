//! The language-model half: checkpoints, operations, parity with transformers, generation.

mod chat;
mod chat_refused;
mod engine;
mod engine_refused;
mod engine_text;
mod mock;
mod parity;
mod sampler;
mod support;
mod tokenizer;
mod tokenizer_refused;
mod tokenizer_stop;
