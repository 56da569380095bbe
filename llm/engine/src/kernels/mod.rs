//! Arithmetic on slices, for the CPU forms of the operations.
//!
//! [`dot()`] and [`combine()`] are batch-invariant: they compute each element in an order that depends
//! only on the inner dimension. A token's numbers are therefore bit-identical whether it is processed
//! alone or in a batch, with a cache or without, so sampler and trainer agree. Gradients do not need
//! this and use [`gemm()`](gemm::gemm).

pub mod combine;
pub mod dot;
pub mod exp;
pub mod gemm;
mod lanes;
mod prefetch;
mod reduce;
mod shared;
pub mod softmax;
mod threads;

pub use combine::combine;
pub use dot::dot;
pub(crate) use lanes::LANES;
pub use reduce::{largest, sum};
pub(crate) use shared::SharedMut;
pub use softmax::{exp_shifted, mean_score, softmax, sum_exp};
pub use threads::leave_threads_to_rayon;
