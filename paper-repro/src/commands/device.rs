//! Where a network runs: `--device`.

use crate::console::Console;
use crate::failure::Failure;
use clap::{Args, ValueEnum};
use rs_grpo_engine::cuda::backend::Backend;
use rs_grpo_engine::cuda::launch::Element;
use std::path::Path;

/// The option of every command that runs a network.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct DeviceOption {
    /// Where the network runs; auto takes an NVIDIA GPU that this program can use, if there is one, but
    /// for experiments with the embedded model.
    #[arg(long, value_enum, default_value_t = Choice::Auto, value_name = "DEVICE", help_heading = "Engine")]
    device: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    // Doc comments here would appear in the help, and make it too long.
    Auto,
    Cpu,
    Cuda,
}

impl DeviceOption {
    /// The GPU for the model of a folder; none for the CPU.
    pub(crate) fn place(
        self,
        folder: &Path,
        console: &mut Console<'_>,
    ) -> Result<Option<Backend>, Failure> {
        match self.device {
            Choice::Cpu => Ok(None),
            Choice::Cuda => gpu::place(folder).map(Some),
            Choice::Auto => gpu::place_if_any(folder, console),
        }
    }

    /// The GPU if --device names it, for a network in f32.
    pub(crate) fn place_in_f32(self) -> Result<Option<Backend>, Failure> {
        match self.device {
            Choice::Cpu | Choice::Auto => Ok(None),
            Choice::Cuda => gpu::place_in(Element::F32).map(Some),
        }
    }

    /// The GPU if --device names it: several small networks at a time are as fast on a CPU.
    pub(crate) fn place_by_name(self, folder: &Path) -> Result<Option<Backend>, Failure> {
        match self.device {
            Choice::Cpu | Choice::Auto => Ok(None),
            Choice::Cuda => gpu::place(folder).map(Some),
        }
    }
}

/// With the feature `cuda`.
#[cfg(feature = "cuda")]
mod gpu {
    use super::{Backend, Console, Element, Failure, Path};
    use rs_grpo_engine::checkpoint::{Checkpoint, Storage};
    use rs_grpo_engine::cuda::device::Gpu;
    use std::sync::Arc;

    pub(super) fn place_in(element: Element) -> Result<Backend, Failure> {
        Ok(Backend::new(Arc::new(Gpu::open()?), element))
    }

    pub(super) fn place(folder: &Path) -> Result<Backend, Failure> {
        let checkpoint = Checkpoint::open(folder)?;
        let (_, tensor) = checkpoint.tensors().next().ok_or_else(|| {
            Failure::Failed(format!("{}: the model has no tensors", folder.display()))
        })?;
        // Half precision stays half; its range is that of bf16 here.
        let element = match tensor.storage() {
            Storage::F32 => Element::F32,
            Storage::Bf16 | Storage::F16 => Element::Bf16,
        };
        place_in(element)
    }

    pub(super) fn place_if_any(
        folder: &Path,
        console: &mut Console<'_>,
    ) -> Result<Option<Backend>, Failure> {
        if let Err(error) = Gpu::open() {
            console.note(&format!("{error}; running on the CPU"));
            return Ok(None);
        }
        place(folder).map(Some)
    }
}

/// Without the feature `cuda`.
#[cfg(not(feature = "cuda"))]
mod gpu {
    use super::{Backend, Console, Element, Failure, Path};

    pub(super) fn place_in(_: Element) -> Result<Backend, Failure> {
        place(Path::new(""))
    }

    pub(super) fn place(_: &Path) -> Result<Backend, Failure> {
        const HOW: &str = "this program was built without CUDA; build it with --features cuda, or take \
                           --device cpu";
        Err(Failure::Usage(format!("--device cuda: {HOW}")))
    }

    pub(super) fn place_if_any(_: &Path, _: &mut Console<'_>) -> Result<Option<Backend>, Failure> {
        Ok(None)
    }
}
