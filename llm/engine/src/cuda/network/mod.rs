//! The decoder on a device: the same network as [`Decoder`], forward and backward by hand.
//!
//! ```text
//! inference ──► multi_step ──► step_state, kv_cache ──► graph_cache ──► graph_capture
//! trainable ──► tape, head, optimizer
//!                  all ──► decoder ──► layer ──► merged_linear ──► projection ──► loader ──► weight
//! ```

mod decoder;
mod gradients;
mod graph_cache;
mod graph_capture;
mod head;
mod inference;
mod kv_cache;
mod layer;
mod loader;
mod logits;
mod merged_linear;
mod multi_step;
mod optimizer;
mod projection;
mod step_state;
mod tape;
mod trainable;
mod weight;

pub use decoder::Network;
pub use gradients::DeviceGradients;
pub use kv_cache::DeviceKvCache;
pub use loader::WeightSource;
pub use logits::DeviceLogits;
pub use optimizer::DeviceAdamW;
pub use tape::DeviceTape;

#[cfg(doc)]
use crate::model::Decoder;
