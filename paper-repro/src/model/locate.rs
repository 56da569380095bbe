//! The folder of `--model`, downloaded if necessary.

use super::bars::Bars;
use super::embedded;
use crate::console::Console;
use crate::failure::Failure;
use rs_grpo_hub::{HubSettings, Location};
use std::path::{Path, PathBuf};

/// The name of the embedded model.
const EMBEDDED: &str = "countdown";

/// Refuses an unknown model, without a download.
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
            let settings = HubSettings::from_environment();
            Ok(rs_grpo_hub::download(&repository, &settings, &mut Bars::new(console))?)
        }
    }
}
