//! The network on an NVIDIA GPU: kernels, memory, operations, training and generation, and self-tests
//! that compare all of it with the CPU.
//!
//! | file | what |
//! |---|---|
//! | `source` | the kernels' text; each `.cu` file lies beside the CPU form of its operation |
//! | `launch` | one launch of a kernel, and what can run it |
//! | `self_test` | every kernel, forward and backward, against the CPU |
//! | `memory` | memory of a device, and what runs kernels and products on it |
//! | `cuda_graph`, `workspace` | work that is replayed many times, and the memory for it |
//! | `backend` | every operation on arrays of a device |
//! | `network` | the decoder there: generation, gradients, optimiser |
//! | `compile` | NVRTC, and a cache of compiled code (feature `cuda`) |
//! | `device`, `blas`, `graph` | a GPU, its products and graphs (feature `cuda`) |
//!
//! Kernels include no headers and are compiled at run time. The same source compiles as C++, with which
//! the tests run every kernel on the CPU.

pub mod backend;
#[cfg(feature = "cuda")]
mod blas;
#[cfg(feature = "cuda")]
pub mod compile;
pub mod cuda_graph;
#[cfg(feature = "cuda")]
pub mod device;
#[cfg(feature = "cuda")]
mod graph;
pub mod launch;
pub mod memory;
pub mod network;
pub mod self_test;
pub mod source;
mod workspace;
