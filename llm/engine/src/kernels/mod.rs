//! Arithmetic on slices, for the CPU forms of the operations.
//!
//! Two products of our own, [`dot()`] and [`combine()`], compute each element in an order that depends on
//! the inner dimension alone. A token's numbers are therefore the same to the last bit whether it is
//! processed alone or in a batch, with a cache or without: what the sampler saw is what the trainer
//! computes. Gradients have no such need and go through [`gemm()`](gemm::gemm).

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
