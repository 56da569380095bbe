//! A weight: trained, or frozen and left in its file.

use super::floats::with_floats;
use crate::checkpoint::{Elements, Mapped};
use candle_core::{Result, Tensor, Var};

/// A weight of a network.
#[derive(Debug, Clone)]
pub enum Weight {
    /// Not trained: it has no gradient.
    Frozen(Frozen),
    /// Trained: it has a gradient in f32 and is updated in place.
    Trained(Var),
}

/// A weight that does not change.
#[derive(Debug, Clone)]
pub enum Frozen {
    /// In its file, in the file's precision; widened as it is read.
    Mapped(Mapped),
    /// In memory, f32.
    Tensor(Tensor),
}

impl Weight {
    /// Extent of each axis.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Frozen(Frozen::Mapped(mapped)) => mapped.shape(),
            Self::Frozen(Frozen::Tensor(tensor)) => tensor.dims(),
            Self::Trained(var) => var.dims(),
        }
    }

    /// The trained variable, if it is one.
    pub fn var(&self) -> Option<&Var> {
        match self {
            Self::Trained(var) => Some(var),
            Self::Frozen(_) => None,
        }
    }

    /// A frozen handle on the same numbers, which sees later updates of a trained weight.
    pub fn frozen(&self) -> Frozen {
        match self {
            Self::Frozen(frozen) => frozen.clone(),
            Self::Trained(var) => Frozen::Tensor(var.as_detached_tensor()),
        }
    }

    /// A small weight as a tensor: part of the graph if it is trained and `train` is set.
    ///
    /// # Errors
    /// None for weights that [`Decoder`](crate::model::Decoder) loads: it keeps small ones in memory.
    pub(crate) fn tensor(&self, train: bool) -> Result<Tensor> {
        match self {
            Self::Trained(var) if train => Ok(var.as_tensor().clone()),
            Self::Trained(var) => Ok(var.as_detached_tensor()),
            Self::Frozen(Frozen::Tensor(tensor)) => Ok(tensor.clone()),
            Self::Frozen(Frozen::Mapped(_)) => {
                candle_core::bail!("a norm or bias was left in its file")
            }
        }
    }
}

impl Frozen {
    /// Rows and columns of a matrix.
    pub(crate) fn shape2(&self) -> Result<[usize; 2]> {
        let shape = match self {
            Self::Mapped(mapped) => mapped.shape(),
            Self::Tensor(tensor) => tensor.dims(),
        };
        match *shape {
            [rows, columns] => Ok([rows, columns]),
            _ => candle_core::bail!("a matrix was expected, got shape {shape:?}"),
        }
    }

    /// Calls `read` with the numbers as they are stored.
    pub(crate) fn read<T>(&self, read: impl FnOnce(Elements<'_>) -> T) -> Result<T> {
        match self {
            Self::Mapped(mapped) => Ok(read(mapped.elements())),
            Self::Tensor(tensor) => with_floats(tensor, |numbers| read(Elements::F32(numbers))),
        }
    }

    /// Calls `read` with the numbers in single precision.
    pub(crate) fn read_f32<T>(&self, read: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
        self.read(|elements| match elements {
            Elements::F32(numbers) => read(numbers),
            half => read(&half.to_f32()),
        })?
    }
}
