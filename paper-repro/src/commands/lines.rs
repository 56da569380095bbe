//! Input files of one JSON object a line.

use crate::failure::Failure;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Calls `each` with every line that is not blank; an error names the file and the line. The path `-`
/// is standard input.
pub(super) fn for_each_line(
    path: &Path,
    mut each: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for (i, line) in open(path)?.lines().enumerate() {
        let place = format!("{}:{}", path.display(), i + 1);
        let line = line.map_err(|error| Failure::Usage(format!("{place}: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        each(&line).map_err(|failure| match failure {
            Failure::Usage(message) => Failure::Usage(format!("{place}: {message}")),
            other => other,
        })?;
    }
    Ok(())
}

/// A file, or with `-` standard input.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    Ok(Box::new(BufReader::new(file)))
}
