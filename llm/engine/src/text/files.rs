//! The JSON files beside a checkpoint that say how its text is made.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use serde_json::{Map, Value};
use std::io::ErrorKind;
use std::path::Path;

/// The bytes of a file; `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}

/// The text of a file; `None` where there is no such file.
pub(super) fn read_text(path: &Path) -> Result<Option<String>> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    let not_utf8 = |error: std::string::FromUtf8Error| {
        let byte = error.utf8_error().valid_up_to();
        Error::malformed(path, format!("byte {byte}"), "is not UTF-8; the file must be UTF-8 text")
    };
    String::from_utf8(bytes).map(Some).map_err(not_utf8)
}

/// The fields of a JSON file; none where there is no such file.
pub(super) fn read_object(path: &Path) -> Result<Map<String, Value>> {
    match read(path)? {
        None => Ok(Map::new()),
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| not_json(path, &error)),
    }
}

/// Where a file stops being the JSON that it should be.
pub(super) fn not_json(path: &Path, error: &serde_json::Error) -> Error {
    let place = format!("line {}, column {}", error.line(), error.column());
    let message = error.to_string();
    let end = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&end).unwrap_or(&message);
    let problem = format!(
        "{message}; the file must be a whole JSON object: copy it again from where the checkpoint came from"
    );
    Error::malformed(path, place, problem)
}

/// A field that holds a token: its text, or an object with the text in `content`, or nothing.
pub(super) fn token_text<'a>(
    path: &Path,
    fields: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>> {
    let content = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(token)) => token.get("content"),
        text => text,
    };
    let text = content.and_then(Value::as_str);
    let problem = "must be the text of a token, or an object with the text in 'content'";
    text.map(Some).ok_or_else(|| Error::malformed(path, name, problem))
}
