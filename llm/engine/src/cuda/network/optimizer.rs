//! AdamW on a device, and the norm of all gradients.

use super::decoder::Network;
use super::gradients::DeviceGradients;
use super::weight::Master;
use crate::Result;
use crate::cuda::backend::Backend;
use crate::cuda::launch::{Argument, Launch};
use crate::cuda::memory::{Array, DType};
use crate::optim::{AdamWOptions, StateType};
use std::collections::BTreeMap;

/// Blocks that share the sum of squares of a gradient.
const BLOCKS: usize = 256;

/// AdamW and its state.
#[derive(Debug)]
pub struct DeviceAdamW {
    options: AdamWOptions,
    pub(crate) updates: u64,
    moments: BTreeMap<String, DeviceMoments>,
}

/// Means of a weight's gradients and of their squares.
#[derive(Debug)]
enum DeviceMoments {
    OnDevice([Array; 2]),
    /// Offloaded to the host, to free memory of the device.
    OnHost([Vec<f32>; 2]),
}

impl DeviceAdamW {
    /// An optimiser that has seen no gradient.
    pub fn new(options: AdamWOptions) -> Self {
        Self { options, updates: 0, moments: BTreeMap::new() }
    }

    /// Names of the weights that were updated.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.moments.keys().map(String::as_str)
    }

    /// Mean and mean of squares of a weight's gradients, on the host.
    pub(crate) fn moments(&self, name: &str) -> Result<Option<[Vec<f32>; 2]>> {
        match self.moments.get(name) {
            None => Ok(None),
            Some(DeviceMoments::OnHost(moments)) => Ok(Some(moments.clone())),
            Some(DeviceMoments::OnDevice([mean, square])) => {
                Ok(Some([mean.to_floats()?, square.to_floats()?]))
            }
        }
    }

    /// Sets the moments of a weight, from a checkpoint.
    pub(crate) fn set_moments(&mut self, name: &str, moments: [Vec<f32>; 2]) {
        self.moments.insert(name.to_owned(), DeviceMoments::OnHost(moments));
    }

    /// Moves the state to the host, until the next update.
    ///
    /// # Errors
    /// A device that does not answer.
    pub(crate) fn offload(&mut self) -> Result<()> {
        for moments in self.moments.values_mut() {
            if let DeviceMoments::OnDevice([mean, square]) = moments {
                *moments = DeviceMoments::OnHost([mean.to_floats()?, square.to_floats()?]);
            }
        }
        Ok(())
    }

    /// The moments of a weight on the device.
    fn on_device(&mut self, backend: &Backend, name: &str, len: usize) -> Result<[Array; 2]> {
        let dtype = match self.options.state {
            StateType::F32 => DType::F32,
            StateType::Bf16 => DType::Bf16,
        };
        let zeros = || Array::zeros(backend.device(), dtype, len);
        let moments = match self.moments.get(name) {
            Some(DeviceMoments::OnDevice(moments)) => return Ok(moments.clone()),
            Some(DeviceMoments::OnHost([mean, square])) => {
                [backend.array(dtype, mean)?, backend.array(dtype, square)?]
            }
            None => [zeros()?, zeros()?],
        };
        self.moments.insert(name.to_owned(), DeviceMoments::OnDevice(moments.clone()));
        Ok(moments)
    }
}

impl Network {
    /// The Euclidean norm of all gradients together.
    pub(crate) fn norm(&self, gradients: &DeviceGradients) -> Result<f64> {
        let (device, element) = (self.backend.device(), self.backend.element());
        let parts = Array::zeros(device, DType::F64, BLOCKS)?;
        for sum in gradients.sums.values() {
            let launch = Launch::rows("squares", element, BLOCKS);
            let n = Argument::U64(sum.len() as u64);
            device.launch(&launch.with([sum.into(), (&parts).into(), n]))?;
        }
        let parts: Vec<f64> = parts.to_vec()?;
        Ok(parts.iter().sum::<f64>().sqrt())
    }

    /// One step down the gradients, each multiplied by `scale`.
    pub(crate) fn step(
        &self,
        optimizer: &mut DeviceAdamW,
        gradients: &DeviceGradients,
        learning_rate: f64,
        scale: f64,
    ) -> Result<()> {
        optimizer.updates += 1;
        let backend = &self.backend;
        for (name, gradient) in &gradients.sums {
            let Some(Master { numbers, copy, shape }) = self.masters.get(name) else { continue };
            let options = optimizer.options;
            let decay = if shape.len() > 1 { options.weight_decay } else { 0.0 };
            let constants = options.constants(optimizer.updates, learning_rate, decay);
            let [mean, square] = optimizer.on_device(backend, name, numbers.len())?;
            let arrays = [numbers, copy, gradient, &mean, &square];
            let arrays = arrays.into_iter().map(Argument::from);
            let sizes = [Argument::U64(numbers.len() as u64), Argument::F32(scale as f32)];
            let arguments = arrays.chain(sizes).chain(constants.map(Argument::F32));
            let launch = |kernel| Launch::elements(kernel, backend.element(), numbers.len());
            let launch = match options.state {
                StateType::F32 => launch("adamw").with(arguments),
                StateType::Bf16 => {
                    let update = Argument::U32(optimizer.updates as u32);
                    launch("adamw_bf16").with(arguments.chain([update]))
                }
            };
            backend.device().launch(&launch)?;
        }
        Ok(())
    }

    /// Names and shapes of the trained weights.
    pub(crate) fn trained(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.masters.iter().map(|(name, master)| (name.as_str(), &master.shape[..]))
    }

    /// The numbers of a trained weight, on the host.
    ///
    /// # Errors
    /// A device that does not answer.
    pub fn weight(&self, name: &str) -> Result<Option<Vec<f32>>> {
        self.masters.get(name).map(|master| master.numbers.to_vec()).transpose()
    }

    /// Overwrites a trained weight.
    ///
    /// # Errors
    /// Another number of them; a device that does not answer.
    pub(crate) fn set_weight(&self, name: &str, numbers: &[f32]) -> Result<()> {
        let Some(master) = self.masters.get(name) else { return Ok(()) };
        master.numbers.write(numbers)?;
        if master.copy.dtype() != DType::F32 {
            self.backend.cast_into(&master.numbers, &master.copy)?;
        }
        Ok(())
    }
}
