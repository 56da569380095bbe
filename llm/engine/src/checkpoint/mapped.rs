//! A tensor that stays in its file.

use half::{bf16, f16, slice::HalfFloatSliceExt};
use memmap2::Mmap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

const _: () = assert!(
    cfg!(target_endian = "little"),
    "checkpoints hold little-endian numbers, which are read in place"
);

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
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(numbers) => numbers.len(),
            Self::Bf16(numbers) => numbers.len(),
            Self::F16(numbers) => numbers.len(),
        }
    }

    /// Whether there are no elements: an axis has size 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A range of them.
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
            Self::Bf16(numbers) => numbers.to_f32_vec(),
            Self::F16(numbers) => numbers.to_f32_vec(),
        }
    }
}

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// Single precision, 4 bytes a number.
    F32,
    /// The upper half of single precision, 2 bytes a number.
    Bf16,
    /// Half precision, 2 bytes a number.
    F16,
}

impl Storage {
    /// Every storage, by its name in files.
    pub(super) const NAMES: [(&str, Self); 3] =
        [("F32", Self::F32), ("BF16", Self::Bf16), ("F16", Self::F16)];

    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }
}

/// A tensor inside a memory-mapped file, checked to lie inside it and to be aligned.
#[derive(Clone)]
pub struct Mapped {
    bytes: Bytes,
    storage: Storage,
    shape: Vec<usize>,
}

/// The bytes of a tensor, aligned for their storage.
#[derive(Clone)]
enum Bytes {
    /// In the file.
    File(Arc<Mmap>, Range<usize>),
    /// In an aligned copy, with its length in bytes: the tensor's offset in the file is not aligned.
    Copy(Arc<[u64]>, usize),
}

impl Mapped {
    /// The tensor in `bytes` of a file, whose number matches shape and storage.
    pub(super) fn new(
        map: &Arc<Mmap>,
        bytes: Range<usize>,
        storage: Storage,
        shape: Vec<usize>,
    ) -> Self {
        let data = &map[bytes.clone()];
        let aligned = data.as_ptr().addr().is_multiple_of(storage.bytes());
        let bytes = match aligned {
            true => Bytes::File(map.clone(), bytes),
            false => copy(data),
        };
        Self { bytes, storage, shape }
    }

    /// Sizes of the axes, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How the numbers are stored.
    pub fn storage(&self) -> Storage {
        self.storage
    }

    /// The numbers, as they are stored.
    pub fn elements(&self) -> Elements<'_> {
        let bytes = self.bytes();
        match self.storage {
            Storage::F32 => Elements::F32(bytemuck::cast_slice(bytes)),
            Storage::Bf16 => Elements::Bf16(bytemuck::cast_slice(bytes)),
            Storage::F16 => Elements::F16(bytemuck::cast_slice(bytes)),
        }
    }

    /// The numbers in single precision, which holds all of them exactly.
    pub fn to_f32(&self) -> Vec<f32> {
        self.elements().to_f32()
    }

    fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::File(map, bytes) => &map[bytes.clone()],
            Bytes::Copy(words, len) => &bytemuck::cast_slice(words)[..*len],
        }
    }
}

/// A copy of the bytes, aligned for every storage.
fn copy(data: &[u8]) -> Bytes {
    let mut words = vec![0_u64; data.len().div_ceil(size_of::<u64>())];
    bytemuck::cast_slice_mut(&mut words)[..data.len()].copy_from_slice(data);
    Bytes::Copy(words.into(), data.len())
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapped({:?} {:?})", self.storage, self.shape)
    }
}
