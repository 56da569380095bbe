//! `repro llm pretrain`: the embedded model, made again.

use crate::commands::device::DeviceOption;
use crate::console::Console;
use crate::failure::Failure;
use crate::parse;
use clap::Args;
use rayon::ThreadPool;
use rs_grpo_train::task::countdown::PuzzleShape;
use rs_grpo_train::{Pretraining, pretrain};
use std::path::PathBuf;

/// Options of `repro llm pretrain`; the defaults make the embedded model.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// New folder for the model, in Hugging Face's files.
    #[arg(long, value_name = "DIR", default_value = "out/countdown-base")]
    out: PathBuf,
    /// Numbers of a puzzle.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value_t = Pretraining::default().shape.numbers)]
    numbers: usize,
    /// Layers of the model.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value_t = Pretraining::default().layers)]
    layers: usize,
    /// Width of its residual stream.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value_t = Pretraining::default().width)]
    width: usize,
    /// Steps of the optimiser.
    #[arg(long, alias = "max-steps", value_name = "N", value_parser = parse::size::<1>, default_value_t = Pretraining::default().steps)]
    steps: usize,
    /// Solved puzzles of a step.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value_t = Pretraining::default().batch)]
    batch: usize,
    /// Solved puzzles in all.
    #[arg(long, value_name = "N", value_parser = parse::size::<1>, default_value_t = Pretraining::default().problems)]
    problems: usize,
    /// Largest learning rate; it falls along a cosine.
    #[arg(long, alias = "lr", value_name = "η", value_parser = parse::number, allow_negative_numbers = true, default_value_t = Pretraining::default().learning_rate)]
    learning_rate: f64,
    /// Seed of the weights and of the puzzles.
    #[arg(long, value_name = "N", default_value_t = Pretraining::default().seed)]
    seed: u64,
    #[command(flatten)]
    device: DeviceOption,
}

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let pretraining = Pretraining {
        steps: options.steps,
        batch: options.batch,
        problems: options.problems,
        learning_rate: options.learning_rate,
        seed: options.seed,
        layers: options.layers,
        width: options.width,
        shape: PuzzleShape { numbers: options.numbers, ..PuzzleShape::default() },
        ..Pretraining::default()
    };
    let place = options.device.place_in_f32()?;
    let bar = console.steps(options.steps as u64);
    pool.install(|| {
        pretrain(&pretraining, &options.out, place.as_ref(), |_, updated| {
            let surprise = updated.sums.nll / updated.sums.tokens as f64;
            bar.set_message(format!(
                "cross-entropy {surprise:.3} nats a token, gradient norm {:.2}",
                updated.grad_norm
            ));
            bar.inc(1);
        })
    })?;
    bar.finish_and_clear();
    console.note(&format!("wrote {}", options.out.display()));
    Ok(())
}
