//! Memory that is allocated once and reused many times.
//!
//! A CUDA graph has fixed addresses, whose memory must stay reserved as long as the graph may be
//! replayed: intermediate results lie in a workspace instead of memory from the device's allocator.

use super::cuda_graph::CudaGraph;
use super::launch::Launch;
use super::memory::{Array, DType, Device, Product};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Blocks begin at multiples of this many bytes, as in the driver of a GPU.
const ALIGNMENT: usize = 256;

/// A device whose arrays lie in a block of another's memory. Freed memory can be reused at once, since
/// work runs in submission order.
#[derive(Debug)]
pub(crate) struct Workspace {
    device: Arc<dyn Device>,
    /// Absent in a workspace that only counts.
    memory: Option<Array>,
    blocks: Mutex<Blocks>,
}

/// Blocks in use: where they begin and end. A new one gets the first gap that is large enough.
#[derive(Debug, Default)]
struct Blocks {
    used: BTreeMap<usize, usize>,
    peak: usize,
}

impl Workspace {
    /// Measures the memory that work would need, without running it.
    pub(crate) fn counting(device: &Arc<dyn Device>) -> Self {
        Self { device: device.clone(), memory: None, blocks: Mutex::default() }
    }

    /// A workspace of this many bytes.
    pub(crate) fn new(device: &Arc<dyn Device>, bytes: usize) -> Result<Self> {
        let memory = Array::new(device, DType::U32, bytes.div_ceil(DType::U32.bytes()))?;
        Ok(Self { memory: Some(memory), ..Self::counting(device) })
    }

    /// Peak bytes in use.
    pub(crate) fn peak(&self) -> usize {
        self.blocks().peak
    }

    /// Size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.memory.as_ref().map_or(usize::MAX, Array::bytes)
    }

    fn blocks(&self) -> std::sync::MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Address of the first byte; arbitrary if the workspace only counts.
    fn base(&self) -> u64 {
        self.memory.as_ref().map_or(ALIGNMENT as u64, Array::address)
    }

    /// The device, unless the workspace only counts.
    fn working(&self) -> Option<&Arc<dyn Device>> {
        self.memory.as_ref().map(|_| &self.device)
    }
}

impl Blocks {
    /// Where a block of this many bytes begins, if it ends before `limit`.
    fn take(&mut self, bytes: usize, limit: usize) -> Option<usize> {
        let bytes = bytes.next_multiple_of(ALIGNMENT);
        let mut at = 0;
        for (&begin, &end) in &self.used {
            if at + bytes <= begin {
                break;
            }
            at = end;
        }
        if at + bytes > limit {
            return None;
        }
        self.used.insert(at, at + bytes);
        self.peak = self.peak.max(at + bytes);
        Some(at)
    }
}

/// Captured work must not involve the host.
fn refused(what: &str) -> Error {
    Error::gpu(what, "not in a workspace, whose work is captured")
}

impl Device for Workspace {
    fn allocate(&self, bytes: usize) -> Result<u64> {
        let all = self.bytes();
        let at = self.blocks().take(bytes, all);
        let full = Error::GpuMemory { bytes: bytes as u64, free: 0, total: all as u64 };
        Ok(self.base() + at.ok_or(full)? as u64)
    }

    fn free(&self, address: u64) {
        let at = (address - self.base()) as usize;
        self.blocks().used.remove(&at);
    }

    fn room(&self) -> Result<[u64; 2]> {
        self.device.room()
    }

    fn write(&self, _: u64, _: &[u8]) -> Result<()> {
        Err(refused("a copy to the GPU"))
    }

    fn read(&self, _: u64, _: &mut [u8]) -> Result<()> {
        Err(refused("a copy from the GPU"))
    }

    fn copy(&self, from: u64, to: u64, bytes: usize) -> Result<()> {
        self.working().map_or(Ok(()), |device| device.copy(from, to, bytes))
    }

    fn zero(&self, address: u64, bytes: usize) -> Result<()> {
        self.working().map_or(Ok(()), |device| device.zero(address, bytes))
    }

    fn launch(&self, launch: &Launch) -> Result<()> {
        self.working().map_or(Ok(()), |device| device.launch(launch))
    }

    fn product(&self, product: &Product) -> Result<()> {
        self.working().map_or(Ok(()), |device| device.product(product))
    }

    fn capture(&self, _: &mut dyn FnMut() -> Result<()>) -> Result<Box<dyn CudaGraph>> {
        Err(refused("a CUDA graph"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of 256 bytes: freed ones are used again, first gap first.
    #[test]
    fn gaps_are_used_again() {
        let mut blocks = Blocks::default();
        assert_eq!(blocks.take(1, 1024), Some(0));
        assert_eq!(blocks.take(512, 1024), Some(256));
        assert_eq!(blocks.take(256, 1024), Some(768));
        assert_eq!(blocks.take(1, 1024), None);
        blocks.used.remove(&256);
        assert_eq!(blocks.take(513, 1024), None, "the gap has 512 bytes");
        assert_eq!(blocks.take(256, 1024), Some(256));
        assert_eq!(blocks.take(256, 1024), Some(512));
        assert_eq!(blocks.peak, 1024);
    }
}
