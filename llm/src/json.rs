//! JSON files of strangers: bounded, and with every name once.

use crate::{Error, Result};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::marker::PhantomData;
use std::path::Path;

/// The bytes of a plain file of up to `max` bytes.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>> {
    refuse_special(path)?;
    let file = File::open(path).map_err(Error::file(path))?;
    let mut bytes = vec![];
    file.take(max + 1).read_to_end(&mut bytes).map_err(Error::file(path))?;
    if bytes.len() as u64 > max {
        let problem =
            format!("is longer than {max} bytes; allowed: up to {max}; is this the file?");
        return Err(Error::malformed(path, "the length", problem));
    }
    Ok(bytes)
}

/// Refuses what is not a plain file: opening a named pipe would wait for a writer for ever.
pub(crate) fn refuse_special(path: &Path) -> Result<()> {
    match std::fs::metadata(path).map_err(Error::file(path))?.is_file() {
        true => Ok(()),
        false => {
            let problem = "is a folder or a device; give a plain file";
            Err(Error::malformed(path, "the file", problem))
        }
    }
}

/// The fields of a JSON object in their order. Two fields of one name are an error, where a map
/// would keep the last in silence; so is a bad value, by the name of its field.
pub(crate) struct Unique<V>(pub Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Unique<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect(PhantomData))
    }
}

struct Collect<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Collect<V> {
    type Value = Unique<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique<V>, A::Error> {
        let (mut fields, mut seen) = (vec![], HashSet::new());
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("{name:?} occurs twice")));
            }
            let value = map.next_value();
            let value = value.map_err(|error| A::Error::custom(format!("{name:?}: {error}")))?;
            fields.push((name, value));
        }
        Ok(Unique(fields))
    }
}
