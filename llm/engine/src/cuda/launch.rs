//! One launch of a kernel.

use crate::Result;
use half::bf16;

/// The type of weights and activations in a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    /// Single precision.
    F32,
    /// bf16, with 8 bits of mantissa; sums are in f32 nevertheless.
    Bf16,
}

impl Element {
    /// Both.
    pub const ALL: [Self; 2] = [Self::F32, Self::Bf16];

    /// Its name in the kernels.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float",
            Self::Bf16 => "bf16",
        }
    }

    /// Numbers as this type holds them.
    pub fn buffer(self, numbers: &[f32]) -> Buffer {
        match self {
            Self::F32 => Buffer::F32(numbers.to_vec()),
            Self::Bf16 => Buffer::Bf16(numbers.iter().map(|&x| bf16::from_f32(x)).collect()),
        }
    }

    /// Rounds numbers to this type.
    pub fn round(self, numbers: &mut [f32]) {
        if self == Self::Bf16 {
            numbers.iter_mut().for_each(|x| *x = bf16::from_f32(*x).to_f32());
        }
    }
}

/// Numbers in the memory that a kernel reads and writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Buffer {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// The upper half of single precision.
    Bf16(Vec<bf16>),
    /// Tokens, slots and counts.
    U32(Vec<u32>),
}

impl Buffer {
    /// The bytes of the numbers.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::F32(numbers) => bytemuck::cast_slice(numbers),
            Self::F64(numbers) => bytemuck::cast_slice(numbers),
            Self::Bf16(numbers) => bytemuck::cast_slice(numbers),
            Self::U32(numbers) => bytemuck::cast_slice(numbers),
        }
    }

    /// The bytes of the numbers, for a machine to write.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::F32(numbers) => bytemuck::cast_slice_mut(numbers),
            Self::F64(numbers) => bytemuck::cast_slice_mut(numbers),
            Self::Bf16(numbers) => bytemuck::cast_slice_mut(numbers),
            Self::U32(numbers) => bytemuck::cast_slice_mut(numbers),
        }
    }

    /// The numbers in single precision.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::F32(numbers) => numbers.clone(),
            Self::F64(numbers) => numbers.iter().map(|&x| x as f32).collect(),
            Self::Bf16(numbers) => numbers.iter().map(|x| x.to_f32()).collect(),
            Self::U32(numbers) => numbers.iter().map(|&x| x as f32).collect(),
        }
    }
}

/// An argument of a kernel.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A 32-bit count.
    U32(u32),
    /// A 64-bit count.
    U64(u64),
    /// A number.
    F32(f32),
    /// Memory that the kernel reads.
    Read(Buffer),
    /// Memory that the kernel writes.
    Write(Buffer),
    /// Memory of a device, by its address.
    At(u64),
}

impl From<usize> for Argument {
    fn from(count: usize) -> Self {
        Self::U32(count as u32)
    }
}

impl From<f32> for Argument {
    fn from(number: f32) -> Self {
        Self::F32(number)
    }
}

/// Threads per block, for kernels with one block per row.
const ROW_THREADS: u32 = 128;
/// Warps of a block of `attention`.
const WARPS: u32 = 4;
/// Most blocks for a kernel whose threads go over many elements.
const MOST_BLOCKS: u32 = 2048;

/// One launch of a kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    /// Its name.
    pub kernel: &'static str,
    /// The type for which it is compiled.
    pub element: Element,
    /// Blocks.
    pub grid: [u32; 3],
    /// Threads of a block.
    pub threads: u32,
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
}

impl Launch {
    /// A launch of one block a row.
    pub fn rows(kernel: &'static str, element: Element, rows: usize) -> Self {
        let grid = [rows as u32, 1, 1];
        Self { kernel, element, grid, threads: ROW_THREADS, arguments: Vec::new() }
    }

    /// A launch of one thread a column.
    pub fn columns(kernel: &'static str, element: Element, columns: usize) -> Self {
        Self::rows(kernel, element, columns.div_ceil(ROW_THREADS as usize))
    }

    /// A launch whose threads share `n` elements.
    pub fn elements(kernel: &'static str, element: Element, n: usize) -> Self {
        Self::rows(kernel, element, n.div_ceil(ROW_THREADS as usize).min(MOST_BLOCKS as usize))
    }

    /// A launch of one warp for each of `n` heads of rows.
    pub(crate) fn warps(kernel: &'static str, element: Element, n: usize) -> Self {
        Self::rows(kernel, element, n.div_ceil(WARPS as usize)).with_threads(32 * WARPS)
    }

    /// With another number of threads a block.
    #[must_use]
    pub fn with_threads(self, threads: u32) -> Self {
        Self { threads, ..self }
    }

    /// With another number of blocks.
    #[must_use]
    pub(crate) fn with_grid(self, grid: [u32; 3]) -> Self {
        Self { grid, ..self }
    }

    /// With these arguments.
    #[must_use]
    pub fn with(self, arguments: impl IntoIterator<Item = Argument>) -> Self {
        Self { arguments: arguments.into_iter().collect(), ..self }
    }
}

/// Runs a kernel on buffers of the host, for the self-test: a GPU, or an emulator.
pub trait Machine {
    /// Runs a kernel, and returns the contents of the buffers that it writes, in order.
    ///
    /// # Errors
    /// A kernel that is not known, does not compile or fails.
    fn run(&mut self, launch: &Launch) -> Result<Vec<Buffer>>;
}
