//! `repro doctor`: what this machine can run, and whether its GPU computes what the CPU does.

use super::models::published;
use crate::console::Console;
use crate::failure::Failure;
use clap::Args;
use rs_grpo_engine::ModelConfig;
use rs_grpo_figures::{Column, Table};
use rs_grpo_hub::Alias;
use rs_grpo_plan::{Workload, host_memory};

/// Rank of the adapters in the memory table.
const RANK: u64 = 32;
/// Lengths of sequences in the table, prompt included.
const LENGTHS: [u64; 2] = [1_024, 4_096];

/// Options of `repro doctor`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Plan for a device with this much memory instead of this machine's.
    #[arg(long, value_name = "GB", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    memory: Option<u32>,
    /// Compile every kernel for compute capabilities 8.0 and 9.0; needs NVRTC, but no GPU.
    #[arg(long)]
    compile: bool,
}

pub(crate) fn run(options: &Options, console: &mut Console<'_>) -> Result<(), Failure> {
    if options.compile {
        return gpu::compile_all(console);
    }
    let host = host_memory();
    let size = host.map_or("unknown".to_owned(), gigabytes);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(console.out, "CPU  {cores} threads, {size} of memory")?;
    let gpu = gpu::examine(console)?;
    let asked = options.memory.map(|memory| u64::from(memory) * 1_000_000_000);
    if let Some(limit) = asked.or(gpu).or(host) {
        writeln!(console.out)?;
        print_plan(limit, console)?;
    }
    Ok(())
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// Prints which models fit into this many bytes: for sampling, LoRA and full training.
fn print_plan(limit: u64, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut header = vec![Column::left("model")];
    for what in ["sample", "LoRA", "full"] {
        header.extend(LENGTHS.map(|tokens| Column::right(format!("{what} {tokens}"))));
    }
    let mut table = Table::new(header)?;
    for model in published() {
        table.push(row(model, limit))?;
    }
    write!(console.out, "{}", table.to_text())?;
    let Workload { sequences, trained_sequences, .. } = Workload::default();
    console.note(&format!(
        "What needs at most {} is marked: {sequences} sequences of this many tokens sampled at a time, \
         {trained_sequences} trained at a time, in bf16; adapters of rank {RANK}.",
        gigabytes(limit)
    ));
    Ok(())
}

fn row((alias, config): (&Alias, &ModelConfig), limit: u64) -> Vec<String> {
    let mut row = vec![alias.name.to_owned()];
    let needs: [fn(&Workload, &ModelConfig) -> u64; 3] =
        [Workload::sampling, |work, config| work.lora(config, RANK), Workload::full];
    for need in needs {
        for tokens in LENGTHS {
            let bytes = need(&Workload { tokens, ..Workload::default() }, config);
            let mark = if bytes <= limit { " ✓" } else { "  " };
            row.push(gigabytes(bytes) + mark);
        }
    }
    row
}

/// With the feature `cuda`.
#[cfg(feature = "cuda")]
mod gpu {
    use super::{Console, Failure, gigabytes};
    use crate::model;
    use rs_grpo_engine::cuda::backend::Backend;
    use rs_grpo_engine::cuda::compile::{TESTED, compile};
    use rs_grpo_engine::cuda::device::{Description, Gpu};
    use rs_grpo_engine::cuda::launch::Element;
    use rs_grpo_engine::cuda::memory::WithCopies;
    use rs_grpo_engine::cuda::self_test::{KernelCheck, self_test};
    use rs_grpo_engine::cuda::source::SOURCES;
    use rs_grpo_engine::model::{LoraOptions, Training};
    use rs_grpo_train::TrainConfig;
    use rs_grpo_train::self_test::{compare_networks, compare_wide_networks};
    use std::sync::Arc;

    /// Describes and tests the GPU; returns the bytes of its memory.
    pub(super) fn examine(console: &mut Console<'_>) -> Result<Option<u64>, Failure> {
        let gpu = match Gpu::open() {
            Ok(gpu) => Arc::new(gpu),
            Err(error) => {
                writeln!(console.out, "GPU  {error}; everything runs on the CPU")?;
                return Ok(None);
            }
        };
        let Description { name, capability, driver, free, total } = gpu.describe()?;
        let (major, minor) = (capability / 10, capability % 10);
        let (cuda, point) = (driver / 1000, driver % 1000 / 10);
        let (free, size) = (gigabytes(free), gigabytes(total));
        writeln!(
            console.out,
            "GPU  {name}, compute capability {major}.{minor}, driver for CUDA {cuda}.{point}, {free} \
             of {size} free"
        )?;
        let outcomes = self_test(&mut WithCopies(gpu.clone()))?;
        judge("every kernel", &outcomes, console)?;
        judge("a network, in training and generation", &networks(&gpu, console)?, console)?;
        Ok(Some(total))
    }

    /// The embedded model, and one with wide heads, on both devices, trained in full and with adapters.
    fn networks(gpu: &Arc<Gpu>, console: &mut Console<'_>) -> Result<Vec<KernelCheck>, Failure> {
        let folder = model::folder(&TrainConfig::default().model, console)?;
        let adapters = Training::Lora(LoraOptions { rank: 8, alpha: 16.0, seed: 0 });
        let mut outcomes = Vec::new();
        for element in Element::ALL {
            let place = Backend::new(gpu.clone(), element);
            for training in [Training::Full, adapters] {
                outcomes.extend(compare_networks(&folder, &place, training)?);
                outcomes.extend(compare_wide_networks(&place, training)?);
            }
        }
        Ok(outcomes)
    }

    fn judge(
        what: &str,
        outcomes: &[KernelCheck],
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed()).collect();
        for outcome in &failed {
            let (what, element) = (&outcome.what, outcome.element.name());
            let (error, limit) = (outcome.error, outcome.limit);
            writeln!(console.out, "{what} in {element}: error {error:.1e}, allowed {limit:.0e}")?;
        }
        let count = outcomes.len();
        if failed.is_empty() {
            writeln!(
                console.out,
                "     self-test of {what}: {count} comparisons with the CPU, all passed"
            )?;
            return Ok(());
        }
        let failed = failed.len();
        Err(Failure::Failed(format!(
            "{failed} of {count} comparisons of {what} on the GPU with the CPU failed"
        )))
    }

    /// Compiles every kernel for every capability that is tested.
    pub(super) fn compile_all(console: &mut Console<'_>) -> Result<(), Failure> {
        for capability in TESTED {
            let (mut kernels, mut bytes) = (0, 0);
            for source in &SOURCES {
                for &element in source.elements {
                    bytes += compile(source, element, capability)?.len();
                    kernels += source.kernels().count();
                }
            }
            writeln!(
                console.out,
                "compute capability {}.{}: {kernels} kernels, {bytes} bytes",
                capability / 10,
                capability % 10
            )?;
        }
        Ok(())
    }
}

/// Without the feature `cuda`.
#[cfg(not(feature = "cuda"))]
mod gpu {
    use super::{Console, Failure};

    const HOW: &str = "this program was built without CUDA; build it with --features cuda";

    pub(super) fn examine(console: &mut Console<'_>) -> Result<Option<u64>, Failure> {
        writeln!(console.out, "GPU  not looked for: {HOW}")?;
        Ok(None)
    }

    pub(super) fn compile_all(_: &mut Console<'_>) -> Result<(), Failure> {
        Err(Failure::Usage(format!("--compile: {HOW}")))
    }
}
