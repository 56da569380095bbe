//! Generated files that the project commits.

use crate::failure::Failure;
use rs_grpo_figures::{Figure, Result, write_atomic};
use std::fs;
use std::path::{Path, PathBuf};

/// Pixels for each unit of a figure.
const SCALE: f64 = 2.0;

/// One file, relative to the folder of the project.
pub(super) struct Artifact {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl Artifact {
    pub(super) fn new(path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }

    pub(super) fn write(&self, root: &Path) -> Result<PathBuf> {
        let path = root.join(&self.path);
        write_atomic(&path, &self.bytes)?;
        Ok(path)
    }

    /// Whether the file exists with these bytes. A PNG only has to exist: it shows the SVG beside it,
    /// and rasterising rounds differently on different machines.
    pub(super) fn is_current(&self, root: &Path) -> bool {
        let path = root.join(&self.path);
        match self.path.extension().is_some_and(|extension| extension == "png") {
            true => path.exists(),
            false => fs::read(path).is_ok_and(|bytes| bytes == self.bytes),
        }
    }
}

/// A figure as pictures in `figures/` and points in `paper-repro/results/`.
pub(super) fn of_figure(stem: &str, figure: &Figure) -> Result<Vec<Artifact>> {
    Ok(vec![
        Artifact::new(format!("figures/{stem}.svg"), figure.svg()?),
        Artifact::new(format!("figures/{stem}.png"), figure.png(SCALE)?),
        Artifact::new(format!("paper-repro/results/{stem}.csv"), figure.to_csv()?),
        Artifact::new(data_path(stem), figure.to_json()?),
    ])
}

/// The same, drawn from the committed points.
pub(super) fn redrawn(root: &Path, stem: &str) -> std::result::Result<Vec<Artifact>, Failure> {
    let path = root.join(data_path(stem));
    let json = fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))?;
    Ok(of_figure(stem, &Figure::from_json(&json)?)?)
}

fn data_path(stem: &str) -> String {
    format!("paper-repro/results/{stem}.json")
}

#[cfg(test)]
mod tests {
    use super::Artifact;

    #[test]
    fn a_file_is_current_with_the_same_bytes_only() {
        let root = tempfile::TempDir::new().expect("a folder");
        let artifact = Artifact::new("data/a.csv", "1,2\n");
        assert!(!artifact.is_current(root.path()));
        artifact.write(root.path()).expect("written");
        assert!(artifact.is_current(root.path()));
        assert!(!Artifact::new("data/a.csv", "1,3\n").is_current(root.path()));
    }
}
