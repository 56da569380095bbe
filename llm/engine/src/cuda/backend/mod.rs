//! A device with the type of its activations, and the operations there: each launches a kernel on
//! arrays.
//!
//! | file | what |
//! |---|---|
//! | `base` | the device, arrays there, and the launch of a kernel |
//! | `product` | matrices of weights applied to rows |
//! | `layers` | norms, biases, rotations, gates and rows of tables |
//! | `attention` | attention of packed rows, and to a cache |
//! | `head` | log-probabilities |
//! | `draw` | tokens from logits, and the inputs of the next decoding step |
//! | `launch_shape` | the sizes that determine the launches of a decoding step, rounded |

mod attention;
mod base;
mod draw;
mod head;
mod launch_shape;
mod layers;
mod product;

pub(crate) use attention::{AttentionMetadata, DecodeTables};
pub use base::Backend;
pub(crate) use draw::{StepBuffers, TokenDraws};
pub(crate) use launch_shape::LaunchShape;
pub(crate) use layers::{Angles, Norm};
