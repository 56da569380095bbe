//! The decoder on a device: the same network as [`Decoder`], forward and backward by hand.

mod burst;
mod cache;
mod gradients;
mod head;
mod joint;
mod layer;
mod load;
mod logits;
mod optimizer;
mod projection;
mod tape;
mod trainable;

pub use cache::KvCache;
pub use gradients::Gradients;
pub use load::{Network, Numbers};
pub use logits::DeviceLogits;
pub use optimizer::Optimizer;
pub use tape::Tape;

#[cfg(doc)]
use crate::model::Decoder;
