//! Where a network is, and the operations there: each is the launch of a kernel on arrays.
//!
//! | file | what |
//! |---|---|
//! | `product` | matrices of weights applied to rows |
//! | `layers` | norms, biases, rotations, gates and rows of tables |
//! | `attention` | attention of packed rows, and to a cache |
//! | `head` | log-probabilities |
//! | `draw` | tokens from logits, and from one step of a burst to the next |
//! | `shape` | what shapes the launches of a step, rounded |

mod attention;
mod draw;
mod head;
mod layers;
mod product;
mod shape;

pub(crate) use attention::{Heads, Rows, Seen};
pub(crate) use draw::{Draws, Turn};
pub(crate) use layers::{Angles, Norm};
pub(crate) use shape::Shape;

use super::launch::{Argument, Element, Launch};
use super::memory::{Array, Device, Kind};
use crate::Result;
use crate::checkpoint::Elements;
use half::bf16;
use std::sync::Arc;

/// A device, and the type of weights and activations on it.
#[derive(Debug, Clone)]
pub struct Place {
    device: Arc<dyn Device>,
    element: Element,
}

impl Place {
    /// A device, and the type of weights and activations on it.
    pub fn new(device: Arc<dyn Device>, element: Element) -> Self {
        Self { device, element }
    }

    /// The same type elsewhere.
    pub(crate) fn moved(&self, device: Arc<dyn Device>) -> Self {
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
    pub fn array(&self, kind: Kind, numbers: &[f32]) -> Result<Array> {
        self.upload(Elements::F32(numbers), kind)
    }

    /// As many numbers, those of a block again and again.
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn repeat(&self, block: &Array, len: usize) -> Result<Array> {
        let array = Array::new(&self.device, block.kind(), len)?;
        for at in (0..len).step_by(block.len().max(1)) {
            let part = block.len().min(len - at);
            block.part(0..part).copy_to(&array.part(at..at + part))?;
        }
        Ok(array)
    }

    /// Activations that hold anything.
    pub(crate) fn blank(&self, len: usize) -> Result<Array> {
        Array::new(&self.device, self.element.into(), len)
    }

    /// Numbers in single precision that hold anything.
    pub(crate) fn blank_floats(&self, len: usize) -> Result<Array> {
        Array::new(&self.device, Kind::F32, len)
    }

    /// Zeros in single precision.
    pub(crate) fn zeros(&self, len: usize) -> Result<Array> {
        Array::zeros(&self.device, Kind::F32, len)
    }

    /// A copy of numbers of the host, in single precision.
    pub(crate) fn floats(&self, numbers: &[f32]) -> Result<Array> {
        Array::from_host(&self.device, numbers)
    }

    /// A copy of counts of the host.
    pub(crate) fn counts(&self, counts: &[u32]) -> Result<Array> {
        Array::from_host(&self.device, counts)
    }

    /// A copy of numbers of the host in a type.
    pub(crate) fn upload(&self, numbers: Elements<'_>, kind: Kind) -> Result<Array> {
        match (numbers, kind) {
            (Elements::Bf16(numbers), Kind::Bf16) => Array::from_host(&self.device, numbers),
            (Elements::F32(numbers), Kind::F32) => self.floats(numbers),
            (numbers, Kind::Bf16) => {
                let narrow: Vec<bf16> =
                    numbers.to_f32().iter().map(|&x| bf16::from_f32(x)).collect();
                Array::from_host(&self.device, &narrow)
            }
            (numbers, _) => self.floats(&numbers.to_f32()),
        }
    }

    /// Launches a kernel, which takes arrays first and sizes after them.
    fn launch(
        &self,
        launch: Launch,
        arrays: &[&Array],
        sizes: impl IntoIterator<Item = Argument>,
    ) -> Result<()> {
        let arrays = arrays.iter().map(|array| Argument::from(*array));
        self.device.launch(&launch.with(arrays.chain(sizes)))
    }

    fn rows(&self, kernel: &'static str, rows: usize) -> Launch {
        Launch::rows(kernel, self.element, rows)
    }

    fn elements(&self, kernel: &'static str, n: usize) -> Launch {
        Launch::elements(kernel, self.element, n)
    }
}
