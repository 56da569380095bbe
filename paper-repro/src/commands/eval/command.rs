//! Every model on every set of problems.

use super::measure::{EvalPolicy, EvalTask, Measurement};
use super::names::names;
use super::options::Options;
use super::{sets, show};
use crate::console::Console;
use crate::failure::Failure;
use crate::model;
use crate::parse;
use crate::signals::Signals;
use rayon::ThreadPool;
use rs_grpo_figures::write_atomic;
use rs_grpo_train::reward::RewardCommand;

pub(crate) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    parse::no_repeats("--model", &options.model).map_err(Failure::Usage)?;
    if !options.reward_command.is_empty() {
        RewardCommand::check(&options.reward_command)?;
    }
    let sets = sets::read(options, console)?;
    let ks = sets::ks(options, &sets)?;
    for model in &options.model {
        match options.served.endpoint(model, &options.prompt)? {
            Some(_) => {}
            None => model::check(model)?,
        }
    }
    let signals = Signals::watch()?;
    let models = names(&options.model);
    let mut measurements = Vec::new();
    for (model, name) in options.model.iter().zip(&models) {
        let policy = policy(model, options, console)?;
        for set in &sets {
            let bar = console.sampling((set.problems.len() * set.samples) as u64);
            let names = (model.as_str(), name.as_str());
            let task = EvalTask { options, names, policy: &policy, set, ks: &ks };
            let (measured, notes) = pool.install(|| task.measure(&signals, &bar))?;
            bar.finish_and_clear();
            notes.iter().for_each(|note| console.note(note));
            measurements.push(measured);
        }
    }
    write(options, &measurements, console)
}

/// The policy of a model's name.
fn policy(
    model: &str,
    options: &Options,
    console: &mut Console<'_>,
) -> Result<EvalPolicy, Failure> {
    Ok(match options.served.endpoint(model, &options.prompt)? {
        Some(endpoint) => EvalPolicy::Served(endpoint),
        None => {
            let folder = model::folder(model, console)?;
            let place = options.device.place(&folder, console)?;
            EvalPolicy::Folder(folder, place)
        }
    })
}

/// The table, on the console and as files, and the figure.
fn write(
    options: &Options,
    measurements: &[Measurement],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let table = show::table(measurements)?;
    write!(console.out, "{}", table.to_text())?;
    let mut files = show::figure(measurements)?.write(&options.out, "eval")?;
    for (kind, text) in [("csv", table.to_csv()), ("md", table.to_markdown())] {
        let path = options.out.join(format!("table.{kind}"));
        write_atomic(&path, text.as_bytes())?;
        files.push(path);
    }
    console.note_files(&files);
    Ok(())
}
