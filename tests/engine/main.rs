//! The engine: files, shapes, operations and their kernels, the network, generation, and the same on a
//! GPU that this process plays.

mod checkpoint;
mod config;
mod cuda;
mod generate;
mod kernels;
mod model;
mod ops;
mod text;
