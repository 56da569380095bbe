//! Exclusive use of a folder by one process.

use crate::{Error, Refuse as _, Result};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Locks a folder for this process, until the returned file is closed.
pub fn lock(path: &Path) -> Result<File> {
    let lock = path.join(".lock");
    let file = File::create(&lock).map_err(Error::file(&lock))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let problem = "is in use by another run; wait for it, or give another --out";
            Err(Error::malformed(path, "the folder", problem))
        }
        Err(TryLockError::Error(error)) => Err(Error::file(&lock)(error)),
    }
}
