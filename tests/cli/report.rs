//! The README's tables and the committed figures are what the program makes.

use crate::support::repro;
use repro::Exit;
use std::path::Path;

/// Runs every experiment of the README anew, but for the phase diagram and Countdown, which are drawn
/// anew from their points.
#[test]
fn readme_and_figures_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let answer = repro(&format!("report --check --root {}", root.display()));
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    assert!(answer.err.contains("17 files are current"), "{}", answer.err);
}
