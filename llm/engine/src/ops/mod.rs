//! The operations of a decoder, each with its own backward.
//!
//! Candle's fused operations cut the gradient graph without a word, and its plain ones compute
//! gradients of frozen weights. These do neither: every file holds one operation, its CPU form, and
//! the closed form of its gradient. The two ends of the network, [`embedding`] and
//! [`logprob_head`], touch the vocabulary and stand outside the graph, as plain functions.

mod add_bias;
mod attend;
mod attention;
pub mod cached_attention;
pub mod embedding;
mod linear;
pub mod logprob_head;
mod rms_norm;
mod rope;
pub(crate) mod spans;
mod swiglu;

pub use add_bias::add_bias;
pub use attention::attention;
pub use linear::linear;
pub use rms_norm::rms_norm;
pub use rope::{Rotation, rope};
pub use spans::{Span, Spans};
pub use swiglu::swiglu;

use candle_core::{Layout, Result};

/// The last two axes of a shape, earlier ones folded into the rows.
fn rows_and_width(layout: &Layout) -> Result<(usize, usize)> {
    match layout.dims().split_last() {
        Some((&width, outer)) => Ok((outer.iter().product(), width)),
        None => candle_core::bail!("an operation over rows was given a scalar, shape []"),
    }
}

/// The width of the rows of `x`, for which `row` has one number each.
fn width_of_both(x: &Layout, row: &Layout) -> Result<usize> {
    match (x.dims(), row.dims()) {
        (&[.., width], &[numbers]) if width == numbers => Ok(width),
        (x, row) => candle_core::bail!("a row {row:?} for each row of {x:?}"),
    }
}
