//! Problems that decontamination removed: reported, and saved in the run's folder.

use crate::console::Console;
use crate::failure::Failure;
use rs_grpo_figures::write_atomic;
use rs_grpo_train::run::RunFolder;
use rs_grpo_train::{Decontaminated, TrainContext};
use serde_json::json;
use std::path::Path;

/// File of a run with the problems that were left out.
const OVERLAPS: &str = "overlaps.json";

/// Reports what was found in the data, and saves what was left out in the run's folder.
pub(super) fn tell_of_data<P>(
    context: &TrainContext<P>,
    out: &Path,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    context.notes.iter().for_each(|note| console.note(&format!("{}: {note}", context.config.data)));
    let Some(decontaminated) = &context.decontaminated else { return Ok(()) };
    let (data, overlaps) = (&context.config.data, &decontaminated.overlaps);
    console.note(&match &decontaminated.benchmarks[..] {
        [] => format!("{data}: compared with no benchmark, since none is in the cache"),
        benchmarks => format!(
            "{data}: {} problems left out that {} hold; {} stay",
            overlaps.len(),
            benchmarks.join(", "),
            context.problems.len()
        ),
    });
    let report = json!({ "benchmarks": decontaminated.benchmarks, "overlaps": overlaps });
    Ok(write_atomic(out.join(OVERLAPS), format!("{report:#}\n").as_bytes())?)
}

/// Problems that a resumed run left out when it began.
pub(super) fn left_out(folder: &RunFolder, out: &Path) -> Result<Option<Decontaminated>, Failure> {
    let path = out.join(OVERLAPS);
    if folder.newest()?.is_none() || !path.exists() {
        return Ok(None);
    }
    let wrong = |problem: String| Failure::Failed(format!("{}: {problem}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map(Some).map_err(|error| wrong(error.to_string()))
}
