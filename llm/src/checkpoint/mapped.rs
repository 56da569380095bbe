//! A tensor that stays in its file.

use half::{bf16, f16};
use memmap2::Mmap;
use std::ops::Range;
use std::sync::Arc;

/// The numbers of a tensor, in row-major order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Elements<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// The upper half of single precision.
    Bf16(&'a [bf16]),
    /// Half precision.
    F16(&'a [f16]),
}

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storage {
    F32,
    Bf16,
    F16,
}

/// A tensor inside a memory-mapped file, checked to lie inside it and to be aligned.
#[derive(Debug, Clone)]
pub struct Mapped {
    map: Arc<Mmap>,
    bytes: Range<usize>,
    storage: Storage,
    shape: Vec<usize>,
}
