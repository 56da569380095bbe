//! The sets of problems of an evaluation.

use super::names::names;
use super::options::Options;
use crate::commands::data;
use crate::console::Console;
use crate::failure::Failure;
use crate::parse;
use rs_grpo_train::data::Problem;
use rs_grpo_train::task::{Split, TaskSource};

/// A set of problems, with its name.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) problems: Vec<Problem>,
    pub(super) is_math: bool,
    /// Completions of each problem.
    pub(super) samples: usize,
}

/// The sets that the options name, downloaded if necessary.
pub(super) fn read(options: &Options, console: &mut Console<'_>) -> Result<Vec<Set>, Failure> {
    let texts = [options.data.as_slice(), options.benchmark.as_slice()].concat();
    parse::no_repeats("--data", &texts).map_err(Failure::Usage)?;
    let names = names(&texts);
    options.samples.check(&texts, &names).map_err(Failure::Usage)?;
    let read = |(data, name): (&String, String)| {
        let source: TaskSource = data.parse()?;
        data::fetch(&source, console)?;
        let samples = options.samples.of(data, &name);
        let loaded = source.load(Split::HeldOut, options.problems)?;
        loaded.notes().iter().for_each(|note| console.note(&format!("{name}: {note}")));
        Ok(Set { name, problems: loaded.problems, is_math: source.is_math(), samples })
    };
    texts.iter().zip(names).map(read).collect()
}

/// All of `--k`, each within the completions of one set at least.
pub(super) fn ks(options: &Options, sets: &[Set]) -> Result<Vec<u64>, Failure> {
    parse::no_repeats("--k", &options.k).map_err(Failure::Usage)?;
    let most = sets.iter().map(|set| set.samples as u64).max().unwrap_or(0);
    match options.k.iter().find(|&&k| k > most) {
        Some(k) => Err(Failure::Usage(format!("--k is {k}; allowed: at most --samples, {most}"))),
        None => Ok(options.k.clone()),
    }
}
