//! Finds the runs in the folders of the command line.

use super::evaluation::{self, Content, ReportedEvaluation};
use super::training::ReportedRun;
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How far below a folder runs are looked for.
const DEPTH: usize = 6;
const EXPECTED: &str = "expected a training run (config.toml and metrics.jsonl, as `repro llm` writes them), \
                        an evaluation (settings.json and result.json, as `repro eval` writes them), or a \
                        folder that holds some";

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) trainings: Vec<ReportedRun>,
    pub(super) evaluations: Vec<ReportedEvaluation>,
    /// Evaluations without a result.
    pub(super) unfinished: Vec<PathBuf>,
}

/// All runs in these folders, each once.
pub(super) fn find(folders: &[PathBuf]) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    let mut candidates = Vec::new();
    for folder in folders {
        if !folder.is_dir() {
            return Err(Failure::Usage(format!(
                "RUN is {}, which is not a folder; {EXPECTED}",
                folder.display()
            )));
        }
        let mut here = Vec::new();
        walk(folder, DEPTH, &mut here)?;
        let interesting =
            |path: &PathBuf| ReportedRun::is_in(path) || is_evaluation(path) || is_base(path);
        here.retain(interesting);
        if here.is_empty() {
            return Err(Failure::Usage(format!(
                "RUN is {}, which holds {}; {EXPECTED}",
                folder.display(),
                listing(folder)?
            )));
        }
        for path in here {
            let real = path.canonicalize().map_err(|error| Failure::unreadable(&path, &error))?;
            if seen.insert(real) {
                candidates.push(path);
            }
        }
    }
    for path in candidates.iter().filter(|path| ReportedRun::is_in(path)) {
        found.trainings.push(ReportedRun::read(path)?);
    }
    for path in &candidates {
        match evaluation::read(path, &found.trainings)? {
            Content::Nothing => {}
            Content::Unfinished => found.unfinished.push(path.clone()),
            Content::Finished(evaluation) => found.evaluations.push(*evaluation),
        }
    }
    let bases: Vec<PathBuf> = candidates.iter().filter(|path| is_base(path)).cloned().collect();
    found.evaluations.extend(evaluation::of_experiments(&found.trainings, &bases)?);
    if found.trainings.is_empty() && found.evaluations.is_empty() {
        if found.unfinished.is_empty() {
            return Err(Failure::Usage(format!(
                "the model at the start of an experiment, without a training beside it; {EXPECTED}"
            )));
        }
        let names: Vec<String> = found.unfinished.iter().map(|p| p.display().to_string()).collect();
        let names = names.join(", ");
        return Err(Failure::Usage(format!(
            "no result.json yet in {names}; finish the evaluation with the same `repro eval`"
        )));
    }
    Ok(found)
}

fn is_evaluation(path: &Path) -> bool {
    ["settings.json", "result.json"].iter().any(|name| path.join(name).is_file())
}

/// Whether it is a seed of the model at the start, as `repro experiment` keeps it: evaluated, not trained.
fn is_base(path: &Path) -> bool {
    let parent = path.parent().and_then(Path::file_name);
    parent.is_some_and(|name| name == "base") && evaluation::has_samples(path)
}

/// The folder and those below it, in the order of their names. Links, hidden folders and checkpoints are
/// passed over.
fn walk(folder: &Path, depth: usize, all: &mut Vec<PathBuf>) -> Result<(), Failure> {
    all.push(folder.to_owned());
    if depth == 0 {
        return Ok(());
    }
    let unreadable = |error| Failure::unreadable(folder, &error);
    let mut below = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.') || name == "checkpoints";
        if !hidden && entry.file_type().map_err(unreadable)?.is_dir() {
            below.push(entry.path());
        }
    }
    below.sort();
    below.iter().try_for_each(|path| walk(path, depth - 1, all))
}

/// Some names of a folder's content, for a message.
fn listing(folder: &Path) -> Result<String, Failure> {
    const SHOWN: usize = 4;
    let unreadable = |error| Failure::unreadable(folder, &error);
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<Result<_, _>>().map_err(unreadable)?;
    names.sort();
    Ok(match names.len() {
        0 => "nothing".to_owned(),
        1..=SHOWN => names.join(", "),
        more => format!("{} and {} more", names[..SHOWN].join(", "), more - SHOWN),
    })
}
