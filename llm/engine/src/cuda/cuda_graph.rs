//! Work that is captured once and replayed many times.
//!
//! A token takes some 400 launches, each of which costs the host a few microseconds: more than the GPU
//! needs for a small batch. Captured as a graph, they are one call.

use crate::Result;

/// Captured launches, products and copies with their arguments, in order: on a GPU a CUDA graph, on a
/// device that stands in for one whatever replays the same work.
pub trait CudaGraph: std::fmt::Debug + Send + Sync {
    /// Does all of it, on what memory then holds.
    ///
    /// # Errors
    /// A device that does not answer.
    fn replay(&self) -> Result<()>;
}
