//! Regular files, opened and read with a size limit.

use crate::text::abridge;
use crate::{Error, Refuse as _, Result};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Opens a file; folders, pipes and devices are refused.
pub fn open(path: &Path) -> Result<File> {
    // Checked before opening: opening a named pipe would wait for a writer forever.
    let is_file = std::fs::metadata(path).map_err(Error::file(path))?.is_file();
    if !is_file {
        return Err(Error::malformed(path, "the file", "is not a plain file"));
    }
    File::open(path).map_err(Error::file(path))
}

/// The bytes of a file; an error if there are more than `limit`.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![];
    open(path)?.take(limit + 1).read_to_end(&mut bytes).map_err(Error::file(path))?;
    if bytes.len() as u64 > limit {
        let problem = format!("is longer than {limit} bytes, the most that is read of such a file");
        return Err(Error::malformed(path, "the file", problem));
    }
    Ok(bytes)
}

/// The JSON object in a file; of two equal fields the last counts, as in Python.
pub fn json_object(path: &Path, limit: u64) -> Result<Map<String, Value>> {
    match serde_json::from_slice(&read(path, limit)?) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => {
            let problem = format!("is {}; a JSON object is needed", brief(&other));
            Err(Error::malformed(path, "the file", problem))
        }
        Err(error) => Err(Error::malformed(path, "the file", format!("is not JSON: {error}"))),
    }
}

/// A value for a message, shortened.
pub fn brief(value: &Value) -> String {
    const LONGEST: usize = 60;
    abridge(&value.to_string(), LONGEST)
}

/// The SHA-256 of a file, in hexadecimal digits.
pub fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::file(path))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).map_err(Error::file(path))?;
        if read == 0 {
            return Ok(digits(hash));
        }
        hash.update(&buffer[..read]);
    }
}

/// A hash in lower-case hexadecimal digits.
pub fn digits(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
