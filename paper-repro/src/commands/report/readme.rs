//! Blocks of the README between marker comments.

use super::artifact::Artifact;
use crate::failure::Failure;
use std::fs;
use std::path::Path;

/// The README with each named block replaced by its text.
pub(super) fn with_blocks(root: &Path, blocks: &[(&str, String)]) -> Result<Artifact, Failure> {
    let path = root.join("README.md");
    let mut readme =
        fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))?;
    for (name, text) in blocks {
        readme = replace(&readme, name, text).ok_or_else(|| {
            let (begin, end) = markers(name);
            Failure::Usage(format!("{} needs the lines '{begin}' and '{end}'", path.display()))
        })?;
    }
    Ok(Artifact::new("README.md", readme))
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

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn replaces_what_is_between_the_markers_only() {
        let readme = "a\n<!-- repro report: x -->\nold\n<!-- end of x -->\nb\n";
        let expected = "a\n<!-- repro report: x -->\n\nnew\n\n<!-- end of x -->\nb\n";
        assert_eq!(replace(readme, "x", "new\n").as_deref(), Some(expected));
        assert_eq!(replace(expected, "x", "new\n").as_deref(), Some(expected));
        assert_eq!(replace(readme, "y", "new"), None);
    }
}
