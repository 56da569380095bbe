//! A weight on a device.

use crate::cuda::memory::Array;

/// A weight as the operations read it.
#[derive(Debug, Clone)]
pub(super) struct DeviceWeight {
    pub(super) name: String,
    pub(super) array: Array,
    /// Rows and columns of a matrix; 1 and the length of a vector.
    pub(super) shape: [usize; 2],
    pub(super) trained: bool,
}

/// A trained weight: the f32 master, and the copy that the operations read.
#[derive(Debug)]
pub(super) struct Master {
    pub(super) numbers: Array,
    pub(super) copy: Array,
    pub(super) shape: Vec<usize>,
}
