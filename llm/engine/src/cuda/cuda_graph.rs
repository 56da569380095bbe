//! Work that was asked for once and is done again and again.
//!
//! A token takes some 400 launches, each of which costs the host a few microseconds: more than the GPU
//! needs for a small batch. Recorded, they are one call.

use crate::Result;

/// Launches, products and copies with their arguments, in order.
pub trait Recording: std::fmt::Debug + Send + Sync {
    /// Does all of it, on what memory then holds.
    ///
    /// # Errors
    /// A device that does not answer.
    fn replay(&self) -> Result<()>;
}
