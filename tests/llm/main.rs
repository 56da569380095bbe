//! The language-model half: checkpoints, operations, parity with transformers, generation.

mod candle;
mod chat;
mod chat_refused;
mod checkpoint_copied;
mod checkpoint_damaged;
mod checkpoint_read;
mod checkpoint_refused;
mod checkpoint_save;
mod checkpoint_support;
mod config_read;
mod config_refused;
mod engine;
mod engine_refused;
mod engine_text;
mod hub;
mod hub_download;
mod hub_server;
mod mock;
mod parity;
mod sampler;
mod support;
mod tokenizer;
mod tokenizer_refused;
mod tokenizer_stop;
