//! The language-model half: checkpoints, operations, parity with transformers, generation.

mod checkpoint;
mod checkpoint_bad_input;
mod checkpoint_save;
mod checkpoint_support;
mod config;
mod hub;
mod hub_download;
mod hub_server;
