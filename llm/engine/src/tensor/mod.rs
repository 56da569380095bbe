//! Operands of the operations: weights, gradients, and rows of a batch.
//!
//! | file | what |
//! |---|---|
//! | `weight` | a weight, trained or frozen and left in its file |
//! | `gradients` | gradients by the name of their weight |
//! | `rows` | new tokens of a sequence, and their slots in the cache |
//! | `floats` | the numbers of f32 tensors |

mod floats;
mod gradients;
mod rows;
mod weight;

pub(crate) use floats::{floats, with_floats};
pub use gradients::Gradients;
pub use rows::{Rows, Segment};
pub use weight::{Frozen, Weight};
