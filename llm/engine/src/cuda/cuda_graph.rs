//! CUDA graphs: work that is captured once and replayed many times.
//!
//! A token takes some 400 launches, each of which costs the host a few microseconds: more than the GPU
//! needs for a small batch. Captured as a graph, they are one call.

use crate::Result;

/// Captured launches, products and copies with their arguments, in order: a CUDA graph on a GPU, an
/// equivalent on an emulated device.
pub trait CudaGraph: std::fmt::Debug + Send + Sync {
    /// Runs all of it on the current contents of memory.
    ///
    /// # Errors
    /// A device that does not answer.
    fn replay(&self) -> Result<()>;
}
