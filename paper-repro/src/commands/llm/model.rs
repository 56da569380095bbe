//! From `--model` to a folder, downloaded if need be.

use super::embedded;
use crate::console::Console;
use crate::failure::Failure;
use indicatif::ProgressBar;
use rs_grpo_hub::{Location, Progress, Settings};
use std::path::{Path, PathBuf};

/// The name of the embedded model.
const EMBEDDED: &str = "countdown";

/// Refuses what names no model, without a download.
pub(crate) fn check(model: &str) -> Result<(), Failure> {
    if model == EMBEDDED {
        return Ok(());
    }
    rs_grpo_hub::resolve(model).map(drop).map_err(|error| {
        match strsim::osa_distance(model, EMBEDDED) {
            1..=3 => Failure::Usage(format!("--model is {model:?}; did you mean {EMBEDDED}?")),
            _ => error.into(),
        }
    })
}

/// The folder of a model.
pub(crate) fn folder(model: &str, console: &Console<'_>) -> Result<PathBuf, Failure> {
    if model == EMBEDDED && !Path::new(model).is_dir() {
        return embedded::folder();
    }
    match rs_grpo_hub::resolve(model)? {
        Location::Folder(folder) => Ok(folder),
        Location::Hub(repository) => {
            let settings = Settings::from_environment();
            Ok(rs_grpo_hub::download(&repository, &settings, &mut Bars::new(console))?)
        }
    }
}

/// A bar for every file.
pub(crate) struct Bars<'a, 'b> {
    console: &'a Console<'b>,
    bar: ProgressBar,
}

impl<'a, 'b> Bars<'a, 'b> {
    pub(crate) fn new(console: &'a Console<'b>) -> Self {
        Self { console, bar: ProgressBar::hidden() }
    }
}

impl Progress for Bars<'_, '_> {
    fn start(&mut self, file: &str, total: Option<u64>, present: u64) {
        self.bar = self.console.download(total, file);
        self.bar.set_position(present);
    }

    fn advance(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn finish(&mut self) {
        self.bar.finish();
    }

    fn wait(&mut self, file: &str) {
        self.bar.println(format!("{file}: another process downloads it; waiting"));
    }

    fn retry(&mut self, file: &str, problem: &str) {
        self.bar.println(format!("{file}: {problem}; trying again"));
    }
}
