//! The operations of a decoder, each with its backward pass.
//!
//! Candle's fused operations silently cut the gradient graph, and its plain ones compute gradients of
//! frozen weights. These do neither: every file has one operation, its CPU form, and the closed form of
//! its gradient. [`embedding`] and [`logprob_head`], the two ends of the network, are plain functions
//! outside the graph.

mod add_bias;
mod attend;
mod attention;
pub mod cached_attention;
pub mod embedding;
pub(crate) mod heads;
mod linear;
pub mod logprob_head;
mod rms_norm;
mod rope;
mod row_shape;
pub(crate) mod spans;
mod swiglu;

pub use add_bias::add_bias;
pub use attention::attention;
pub use linear::linear;
pub use rms_norm::rms_norm;
pub use rope::{Rotation, rope};
pub use spans::{Span, Spans};
pub use swiglu::swiglu;
