//! A device, arrays there, and the launch of a kernel.

use crate::Result;
use crate::checkpoint::Elements;
use crate::cuda::launch::{Argument, Element, Launch};
use crate::cuda::memory::{Array, DType, Device};
use half::bf16;
use std::sync::Arc;

/// A device, and the type of weights and activations on it.
#[derive(Debug, Clone)]
pub struct Backend {
    pub(super) device: Arc<dyn Device>,
    pub(super) element: Element,
}

impl Backend {
    /// A device, and the type of weights and activations on it.
    pub fn new(device: Arc<dyn Device>, element: Element) -> Self {
        Self { device, element }
    }

    /// The same type on another device.
    pub(crate) fn with_device(&self, device: Arc<dyn Device>) -> Self {
        Self { device, element: self.element }
    }

    /// The device.
    pub fn device(&self) -> &Arc<dyn Device> {
        &self.device
    }

    /// The type of weights and activations.
    pub fn element(&self) -> Element {
        self.element
    }

    /// A copy of numbers of the host in a type.
    ///
    /// # Errors
    /// No room, or a device that does not answer.
    pub fn array(&self, dtype: DType, numbers: &[f32]) -> Result<Array> {
        self.upload(Elements::F32(numbers), dtype)
    }

    /// An array of this length that repeats a block.
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn repeat(&self, block: &Array, len: usize) -> Result<Array> {
        let array = Array::new(&self.device, block.dtype(), len)?;
        for at in (0..len).step_by(block.len().max(1)) {
            let part = block.len().min(len - at);
            block.part(0..part).copy_to(&array.part(at..at + part))?;
        }
        Ok(array)
    }

    /// Uninitialised activations.
    pub(crate) fn empty(&self, len: usize) -> Result<Array> {
        Array::new(&self.device, self.element.into(), len)
    }

    /// Uninitialised numbers in single precision.
    pub(crate) fn empty_f32(&self, len: usize) -> Result<Array> {
        Array::new(&self.device, DType::F32, len)
    }

    /// Zeros in single precision.
    pub(crate) fn zeros(&self, len: usize) -> Result<Array> {
        Array::zeros(&self.device, DType::F32, len)
    }

    /// A copy of numbers of the host, in single precision.
    pub(crate) fn upload_f32(&self, numbers: &[f32]) -> Result<Array> {
        Array::from_host(&self.device, numbers)
    }

    /// A copy of counts of the host.
    pub(crate) fn upload_u32(&self, counts: &[u32]) -> Result<Array> {
        Array::from_host(&self.device, counts)
    }

    /// A copy of numbers of the host in a type.
    pub(crate) fn upload(&self, numbers: Elements<'_>, dtype: DType) -> Result<Array> {
        match (numbers, dtype) {
            (Elements::Bf16(numbers), DType::Bf16) => Array::from_host(&self.device, numbers),
            (Elements::F32(numbers), DType::F32) => self.upload_f32(numbers),
            (numbers, DType::Bf16) => {
                let rounded: Vec<bf16> =
                    numbers.to_f32().iter().map(|&x| bf16::from_f32(x)).collect();
                Array::from_host(&self.device, &rounded)
            }
            (numbers, _) => self.upload_f32(&numbers.to_f32()),
        }
    }

    /// Launches a kernel, which takes arrays first and sizes after them.
    pub(super) fn launch(
        &self,
        launch: Launch,
        arrays: &[&Array],
        sizes: impl IntoIterator<Item = Argument>,
    ) -> Result<()> {
        let arrays = arrays.iter().map(|array| Argument::from(*array));
        self.device.launch(&launch.with(arrays.chain(sizes)))
    }

    /// A launch of one block a row.
    pub(super) fn rows(&self, kernel: &'static str, rows: usize) -> Launch {
        Launch::rows(kernel, self.element, rows)
    }

    /// A launch whose threads share `n` elements.
    pub(super) fn elements(&self, kernel: &'static str, n: usize) -> Launch {
        Launch::elements(kernel, self.element, n)
    }
}
