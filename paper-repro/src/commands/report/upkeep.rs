//! The README's tables and the committed figures, made anew or checked.

use super::artifact::{self, Artifact};
use super::{Options, bandit, countdown, readme, theory};
use crate::console::Console;
use crate::failure::Failure;
use rayon::ThreadPool;

pub(super) fn run(
    options: &Options,
    pool: &ThreadPool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut artifacts = artifact::of_figure("bandit", &bandit::curves(pool, console)?)?;
    artifacts.extend(match options.check {
        // Minutes of simulation; its points are taken as they are.
        true => artifact::redrawn(&options.root, "phase")?,
        false => artifact::of_figure("phase", &bandit::phase_diagram(pool, console)?)?,
    });
    // Most of an hour of training; its points and tables are taken as they are.
    artifacts.extend(artifact::redrawn(&options.root, "countdown")?);
    let [countdown, longer] = countdown::tables(&options.root)?;
    let (statements, overview) = theory::statements(pool, console)?;
    artifacts.extend(artifact::of_figure("theory", &overview)?);
    let bandit = bandit::beside_the_paper(pool, console)?;
    artifacts.push(Artifact::new("paper-repro/results/bandit-table.csv", bandit.to_csv()));
    let blocks =
        [("bandit", bandit.to_markdown()), ("theory", statements.to_markdown()), countdown, longer];
    artifacts.push(readme::with_blocks(&options.root, &blocks)?);
    write!(console.out, "{}\n{}", bandit.to_text(), statements.to_text())?;
    match options.check {
        true => check(&artifacts, options, console),
        false => write(&artifacts, options, console),
    }
}

fn write(
    artifacts: &[Artifact],
    options: &Options,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    for artifact in artifacts {
        console.note_files(&[artifact.write(&options.root)?]);
    }
    Ok(())
}

fn check(
    artifacts: &[Artifact],
    options: &Options,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let stale: Vec<String> = artifacts
        .iter()
        .filter(|artifact| !artifact.is_current(&options.root))
        .map(|artifact| artifact.path.display().to_string())
        .collect();
    if stale.is_empty() {
        console.note(&format!("{} files are current", artifacts.len()));
        return Ok(());
    }
    Err(Failure::Failed(format!("out of date: {}; run repro report --write", stale.join(", "))))
}
