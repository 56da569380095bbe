//! The device that runs the network, and its memory.

use super::cuda_graph::CudaGraph;
use super::launch::{Argument, Buffer, Element, Launch, Machine};
use crate::Result;
use std::ops::Range;
use std::sync::Arc;

/// A GPU, or an emulator. It works in the order of the calls.
pub trait Device: std::fmt::Debug + Send + Sync {
    /// Allocates uninitialised memory; returns its address.
    ///
    /// # Errors
    /// [`Error::GpuMemory`](crate::Error::GpuMemory) if not enough is free.
    fn allocate(&self, bytes: usize) -> Result<u64>;

    /// Frees memory that [`allocate`](Self::allocate) returned.
    fn free(&self, address: u64);

    /// Free bytes, and all bytes.
    ///
    /// # Errors
    /// A device that does not answer, here and below.
    fn room(&self) -> Result<[u64; 2]>;

    /// Copies bytes to the device.
    ///
    /// # Errors
    /// As [`room`](Self::room).
    fn write(&self, address: u64, bytes: &[u8]) -> Result<()>;

    /// Copies bytes from the device, after all earlier work.
    ///
    /// # Errors
    /// As [`room`](Self::room), and those of kernels that ran before.
    fn read(&self, address: u64, bytes: &mut [u8]) -> Result<()>;

    /// Copies bytes on the device.
    ///
    /// # Errors
    /// As [`room`](Self::room).
    fn copy(&self, from: u64, to: u64, bytes: usize) -> Result<()>;

    /// Sets bytes to 0.
    ///
    /// # Errors
    /// As [`room`](Self::room).
    fn zero(&self, address: u64, bytes: usize) -> Result<()>;

    /// Runs a kernel on [`Argument::At`] addresses.
    ///
    /// # Errors
    /// A kernel that is not known, does not compile or fails.
    fn launch(&self, launch: &Launch) -> Result<()>;

    /// Computes a product of matrices.
    ///
    /// # Errors
    /// As [`room`](Self::room).
    fn product(&self, product: &Product) -> Result<()>;

    /// Captures the launches, products and copies on the device that `work` submits. They run only when
    /// the graph is replayed; the same kernels, and products of the same sizes, must have run before.
    ///
    /// # Errors
    /// Those of the work, which may neither allocate nor copy from or to the host; a device that cannot
    /// capture. The device works again afterwards in any case.
    fn capture(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<Box<dyn CudaGraph>>;
}

/// The type of numbers in memory: torch calls it `dtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// The upper half of single precision.
    Bf16,
    /// Tokens, slots and counts.
    U32,
}

impl DType {
    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 | Self::U32 => 4,
            Self::F64 => 8,
            Self::Bf16 => 2,
        }
    }
}

impl From<Element> for DType {
    fn from(element: Element) -> Self {
        match element {
            Element::F32 => Self::F32,
            Element::Bf16 => Self::Bf16,
        }
    }
}

/// `out = scale · a · b + keep · out` for matrices in row-major order, `[m, n]`, `[m, k]` and `[k, n]`.
/// Sums are in single precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product {
    /// Address and type of the result, f32 or that of the factors.
    pub out: (u64, DType),
    /// Address of the left factor.
    pub a: u64,
    /// Address of the right factor.
    pub b: u64,
    /// The type of both factors.
    pub dtype: DType,
    /// `m`, `n` and `k`.
    pub sizes: [usize; 3],
    /// Whether `a` and `b` are stored as their transposes.
    pub transposed: [bool; 2],
    /// Numbers from one row of `a`, `b` and `out`, as they are stored, to the next.
    pub strides: [usize; 3],
    /// Factor of the product.
    pub scale: f32,
    /// Factor of what `out` held.
    pub keep: f32,
}

/// Numbers in the memory of a device; clones and slices share the memory, which the last one frees.
#[derive(Debug, Clone)]
pub struct Array {
    memory: Arc<Memory>,
    first: usize,
    len: usize,
    dtype: DType,
}

#[derive(Debug)]
struct Memory {
    device: Arc<dyn Device>,
    address: u64,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.device.free(self.address);
    }
}

impl Array {
    /// Uninitialised memory.
    pub(crate) fn new(device: &Arc<dyn Device>, dtype: DType, len: usize) -> Result<Self> {
        let address = device.allocate((len * dtype.bytes()).max(1))?;
        Ok(Self {
            memory: Arc::new(Memory { device: device.clone(), address }),
            first: 0,
            len,
            dtype,
        })
    }

    /// Zeros.
    pub(crate) fn zeros(device: &Arc<dyn Device>, dtype: DType, len: usize) -> Result<Self> {
        let array = Self::new(device, dtype, len)?;
        array.zero()?;
        Ok(array)
    }

    /// A copy of numbers of the host.
    pub(crate) fn from_host<T: Number>(device: &Arc<dyn Device>, numbers: &[T]) -> Result<Self> {
        let array = Self::new(device, T::DTYPE, numbers.len())?;
        array.write(numbers)?;
        Ok(array)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.len * self.dtype.bytes()
    }

    /// Address of the first byte on the device.
    pub fn address(&self) -> u64 {
        self.memory.address + (self.first * self.dtype.bytes()) as u64
    }

    /// A slice, which shares the memory.
    ///
    /// # Panics
    /// If the range is out of bounds.
    #[must_use]
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {}", self.len);
        let Self { memory, first, dtype, .. } = self;
        Self { memory: memory.clone(), first: first + range.start, len: range.len(), dtype: *dtype }
    }

    /// Overwrites them with numbers of the host.
    ///
    /// # Panics
    /// For numbers of another type or count.
    pub(crate) fn write<T: Number>(&self, numbers: &[T]) -> Result<()> {
        assert!(T::DTYPE == self.dtype && numbers.len() == self.len, "{:?}", self.dtype);
        self.memory.device.write(self.address(), bytemuck::cast_slice(numbers))
    }

    /// The numbers.
    ///
    /// # Panics
    /// For numbers of another type.
    pub(crate) fn to_vec<T: Number>(&self) -> Result<Vec<T>> {
        assert!(T::DTYPE == self.dtype, "{:?}", self.dtype);
        let mut numbers = vec![T::zeroed(); self.len];
        self.memory.device.read(self.address(), bytemuck::cast_slice_mut(&mut numbers))?;
        Ok(numbers)
    }

    /// The numbers in single precision.
    ///
    /// # Panics
    /// For counts.
    pub(crate) fn to_floats(&self) -> Result<Vec<f32>> {
        match self.dtype {
            DType::Bf16 => Ok(self.to_vec::<half::bf16>()?.iter().map(|x| x.to_f32()).collect()),
            _ => self.to_vec(),
        }
    }

    /// Sets them to 0.
    pub(crate) fn zero(&self) -> Result<()> {
        self.memory.device.zero(self.address(), self.bytes())
    }

    /// Copies them into another array of the same length.
    ///
    /// # Panics
    /// For numbers of another type or count.
    pub(crate) fn copy_to(&self, to: &Self) -> Result<()> {
        assert!(self.dtype == to.dtype && self.len == to.len, "{} to {}", self.len, to.len);
        self.memory.device.copy(self.address(), to.address(), self.bytes())
    }

    /// A copy in new memory.
    pub(crate) fn duplicate(&self) -> Result<Self> {
        let copy = Self::new(&self.memory.device, self.dtype, self.len)?;
        self.copy_to(&copy)?;
        Ok(copy)
    }
}

impl From<&Array> for Argument {
    fn from(array: &Array) -> Self {
        Self::At(array.address())
    }
}

/// A number that an array can hold.
pub(crate) trait Number: bytemuck::Pod {
    /// Its type.
    const DTYPE: DType;
}

impl Number for f32 {
    const DTYPE: DType = DType::F32;
}
impl Number for f64 {
    const DTYPE: DType = DType::F64;
}
impl Number for half::bf16 {
    const DTYPE: DType = DType::Bf16;
}
impl Number for u32 {
    const DTYPE: DType = DType::U32;
}

/// A device as a [`Machine`], which takes arguments from the host, for the self-test.
#[derive(Debug)]
pub struct WithCopies(pub Arc<dyn Device>);

impl WithCopies {
    fn upload(&self, buffer: &Buffer) -> Result<Array> {
        match buffer {
            Buffer::F32(numbers) => Array::from_host(&self.0, numbers),
            Buffer::F64(numbers) => Array::from_host(&self.0, numbers),
            Buffer::Bf16(numbers) => Array::from_host(&self.0, numbers),
            Buffer::U32(numbers) => Array::from_host(&self.0, numbers),
        }
    }
}

impl Machine for WithCopies {
    fn run(&mut self, launch: &Launch) -> Result<Vec<Buffer>> {
        let (mut arguments, mut arrays) = (Vec::new(), Vec::new());
        for argument in &launch.arguments {
            let (Argument::Read(buffer) | Argument::Write(buffer)) = argument else {
                arguments.push(argument.clone());
                continue;
            };
            let array = self.upload(buffer)?;
            arguments.push(Argument::from(&array));
            arrays.push((array, argument));
        }
        self.0.launch(&launch.clone().with(arguments))?;
        let mut outputs = Vec::new();
        for (array, argument) in &arrays {
            let Argument::Write(buffer) = argument else { continue };
            let mut buffer = buffer.clone();
            self.0.read(array.address(), buffer.bytes_mut())?;
            outputs.push(buffer);
        }
        Ok(outputs)
    }
}
