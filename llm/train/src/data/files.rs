//! Which files of a folder hold problems.

use super::rows::KINDS;
use crate::error::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::path::{Path, PathBuf};

/// Files that describe a data set and hold none of it, as Hugging Face's programs write them.
const DESCRIPTIONS: [&str; 4] =
    ["dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"];

/// A file itself; of a folder, the files whose paths inside it begin so, else all in it that may hold
/// problems; in order of their names.
///
/// # Errors
/// What is not there; a folder without such files.
pub(super) fn files(path: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        let problem = "is not there; give --data a file of one {\"problem\": …, \"answer\": …} a line, or the name of a set (repro data list)";
        return Err(Error::malformed(path, "the file", problem));
    }
    let (folder, start) = match prefix.rsplit_once('/') {
        Some((folder, start)) => (path.join(folder), start),
        None => (path.to_owned(), prefix),
    };
    let mut found = data_files(&folder, start)?;
    if found.is_empty() {
        found = data_files(path, "")?;
    }
    match found.is_empty() {
        true => {
            let problem = format!("holds no file of the kinds .{}", KINDS.join(", ."));
            Err(Error::malformed(path, "the folder", problem))
        }
        false => Ok(found),
    }
}

/// The files in a folder that may hold problems and whose names begin so, in order; none where the folder
/// cannot be read. Beside files of other kinds, those in JSON are taken for descriptions of them.
fn data_files(folder: &Path, start: &str) -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let (mut found, mut json) = (Vec::new(), Vec::new());
    for entry in entries {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let kind = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_hidden = name.starts_with(['.', '_']);
        if is_hidden || !name.starts_with(start) || !KINDS.contains(&kind) || !path.is_file() {
            continue;
        }
        match kind {
            "json" if DESCRIPTIONS.contains(&name) => {}
            "json" => json.push(path),
            _ => found.push(path),
        }
    }
    let mut found = if found.is_empty() { json } else { found };
    found.sort();
    Ok(found)
}
