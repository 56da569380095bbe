//! What the tests of several areas share: committed checkpoints, numbers, servers that this process
//! plays, and a GPU that it plays.

pub mod checkpoint;
pub mod emulated;
pub mod endpoint_server;
pub mod hub_server;
mod kernels;
mod numbers;
pub mod stand_in;

pub use kernels::{compile, program};
pub use numbers::{
    CASES, Reference, Stream, countdown_model, decoder, floats, folder, pool, relative_error,
    runner,
};
