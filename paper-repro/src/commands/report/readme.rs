//! Blocks of the README between marker comments.

use super::artifact::Artifact;
use crate::failure::Failure;
use std::fs;
use std::path::Path;

/// The README with the block `name` replaced by `text`.
pub(super) fn with_block(root: &Path, name: &str, text: &str) -> Result<Artifact, Failure> {
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))?;
    let replaced = replace(&readme, name, text).ok_or_else(|| {
        let (begin, end) = markers(name);
        Failure::Usage(format!("{} needs the lines '{begin}' and '{end}'", path.display()))
    })?;
    Ok(Artifact::new("README.md", replaced))
}

fn markers(name: &str) -> (String, String) {
    (format!("<!-- repro report: {name} -->"), format!("<!-- end of {name} -->"))
}

fn replace(readme: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = markers(name);
    let (before, rest) = readme.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim_end()))
}
