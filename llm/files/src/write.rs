//! Files and folders that are written whole or not at all.

use crate::{Error, Refuse as _, Result};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Fills a folder beside the final one, and gives it its name once everything is on the disk.
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
    // The folder has its final name now: there is nothing to clean up.
    let _ = temporary.keep();
    Ok(sync_folder(parent)?)
}

/// A folder beside the one that it will become; it is removed when it is dropped.
pub fn temporary_folder(parent: &Path, name: &str) -> Result<tempfile::TempDir> {
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    // A private folder is the default of temporary ones; a checkpoint is an ordinary one.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent).map_err(Error::file(parent))
}

/// Makes the names in a folder survive a loss of power, where the system can.
pub fn sync_folder(folder: &Path) -> Result<()> {
    match cfg!(unix) {
        true => File::open(folder).and_then(|open| open.sync_all()).map_err(Error::file(folder)),
        false => Ok(()),
    }
}

/// Writes a value to the disk, indented, with a line break at its end.
///
/// # Errors
/// What the operating system refuses.
pub fn write_json(path: &Path, value: &Value) -> Result<()> {
    write_file(path, format!("{value:#}\n").as_bytes())
}

/// Writes a file to the disk.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = |mut file: File| file.write_all(bytes).and_then(|()| file.sync_all());
    File::create(path).and_then(write).map_err(Error::file(path))
}
