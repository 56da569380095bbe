//! Atomic, durable writes of files and folders.

use crate::{Error, Refuse as _, Result};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Fills a temporary folder beside the final one, syncs it, and renames it.
pub fn aside<E: From<Error>>(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let allowed = "a new or an empty folder";
    let name = folder.file_name().and_then(OsStr::to_str);
    let name = name.ok_or_else(|| Error::parameter("folder", folder.display(), allowed))?;
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let problem = format!("is not empty; give {allowed}");
        return Err(Error::malformed(folder, "the folder", problem).into());
    }
    let parent =
        folder.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(Error::file(parent))?;
    let temporary = temporary_folder(parent, name)?;
    fill(temporary.path())?;
    sync_folder(temporary.path())?;
    std::fs::rename(temporary.path(), folder).map_err(Error::file(folder))?;
    // It was renamed, so there is nothing to remove on drop.
    let _ = temporary.keep();
    Ok(sync_folder(parent)?)
}

/// A temporary folder beside the final one, removed on drop.
pub fn temporary_folder(parent: &Path, name: &str) -> Result<tempfile::TempDir> {
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    // Temporary folders are private by default; a checkpoint should have the usual permissions.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent).map_err(Error::file(parent))
}

/// Syncs the names in a folder to disk, where the system can.
pub fn sync_folder(folder: &Path) -> Result<()> {
    match cfg!(unix) {
        true => File::open(folder).and_then(|open| open.sync_all()).map_err(Error::file(folder)),
        false => Ok(()),
    }
}

/// Writes indented JSON with a final line break, and syncs it.
///
/// # Errors
/// What the operating system refuses.
pub fn write_json(path: &Path, value: &Value) -> Result<()> {
    write_file(path, format!("{value:#}\n").as_bytes())
}

/// Writes a file, and syncs it.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = |mut file: File| file.write_all(bytes).and_then(|()| file.sync_all());
    File::create(path).and_then(write).map_err(Error::file(path))
}
