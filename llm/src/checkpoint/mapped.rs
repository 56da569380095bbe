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

impl<'a> Elements<'a> {
    /// Some of them.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Elements<'a> {
        match self {
            Self::F32(numbers) => Self::F32(&numbers[range]),
            Self::Bf16(numbers) => Self::Bf16(&numbers[range]),
            Self::F16(numbers) => Self::F16(&numbers[range]),
        }
    }

    /// In single precision, which holds all of them exactly.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::F32(numbers) => numbers.to_vec(),
            Self::Bf16(numbers) => numbers.iter().map(|number| number.to_f32()).collect(),
            Self::F16(numbers) => numbers.iter().map(|number| number.to_f32()).collect(),
        }
    }
}

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    F32,
    Bf16,
    F16,
}

impl Storage {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }
}

/// A tensor inside a memory-mapped file.
#[derive(Debug, Clone)]
pub struct Mapped {
    bytes: Bytes,
    storage: Storage,
    shape: Vec<usize>,
}

#[derive(Debug, Clone)]
enum Bytes {
    InFile(Arc<Mmap>, Range<usize>),
    /// Of a file whose header left them at an odd address.
    Copied(Arc<[u32]>, usize),
}

impl Mapped {
    /// A tensor that lies at `bytes` of a file: the caller has checked that it does, and that it has
    /// as many bytes as its shape needs.
    pub(super) fn new(
        map: &Arc<Mmap>,
        bytes: Range<usize>,
        storage: Storage,
        shape: Vec<usize>,
    ) -> Self {
        let part = &map[bytes.clone()];
        let bytes = if part.as_ptr().addr().is_multiple_of(storage.bytes()) {
            Bytes::InFile(map.clone(), bytes)
        } else {
            let mut copy = vec![0u32; part.len().div_ceil(4)];
            bytemuck::cast_slice_mut(&mut copy)[..part.len()].copy_from_slice(part);
            Bytes::Copied(copy.into(), part.len())
        };
        Self { bytes, storage, shape }
    }

    /// Extent of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, where they lie.
    pub fn elements(&self) -> Elements<'_> {
        let bytes = match &self.bytes {
            Bytes::InFile(map, range) => &map[range.clone()],
            Bytes::Copied(words, len) => &bytemuck::cast_slice(words)[..*len],
        };
        match self.storage {
            Storage::F32 => Elements::F32(bytemuck::cast_slice(bytes)),
            Storage::Bf16 => Elements::Bf16(bytemuck::cast_slice(bytes)),
            Storage::F16 => Elements::F16(bytemuck::cast_slice(bytes)),
        }
    }
}
