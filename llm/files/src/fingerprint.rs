//! What files hold, so that a result is never taken for that of other files under the same names.

use crate::{Error, Refuse as _, Result, sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The content of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    /// Length, in bytes.
    bytes: u64,
    /// When it was last written, in nanoseconds since 1970; 0 where the file system does not say.
    modified: u64,
    /// SHA-256 of the bytes, in hexadecimal digits.
    sha256: String,
}

/// The contents of files, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(BTreeMap<String, Content>);

impl Fingerprint {
    /// Hashes the files of these names in a folder; names without a file are passed over. A file whose
    /// length and time are those of `known` has its hash from there: the weights of a large model are
    /// hashed once, not in every command.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of<'a>(
        folder: &Path,
        names: impl IntoIterator<Item = &'a str>,
        known: Option<&Self>,
    ) -> Result<Self> {
        let mut contents = BTreeMap::new();
        for name in names {
            let path = folder.join(name);
            let Ok(metadata) = std::fs::metadata(&path) else { continue };
            let modified = metadata.modified().map_err(Error::file(&path))?;
            let modified = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
            let (bytes, modified) = (metadata.len(), u64::try_from(modified).unwrap_or(0));
            let known = known.and_then(|known| known.0.get(name));
            let same = known.filter(|known| (known.bytes, known.modified) == (bytes, modified));
            let sha256 = match same.filter(|_| modified > 0) {
                Some(known) => known.sha256.clone(),
                None => sha256(&path)?,
            };
            contents.insert(name.to_owned(), Content { bytes, modified, sha256 });
        }
        Ok(Self(contents))
    }

    /// What differs from files as they were before, a phrase for each: `config.json has other content`.
    /// When a file was written does not matter.
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let mut names: Vec<&String> = self.0.keys().chain(before.0.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let change = |name: &String| match (before.0.get(name), self.0.get(name)) {
            (Some(old), Some(new)) if old.sha256 == new.sha256 => None,
            (Some(_), Some(_)) => Some(format!("{name} has other content")),
            (Some(_), None) => Some(format!("{name} is gone")),
            (None, _) => Some(format!("{name} is new")),
        };
        names.into_iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_and_not_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        let of = |known| Fingerprint::of(folder.path(), ["weights", "absent"], known).unwrap();
        std::fs::write(&path, "1").unwrap();
        let first = of(None);
        let later = UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert_eq!(of(Some(&first)).changes_since(&first), [""; 0]);
        // As long as before, at another time.
        std::fs::write(&path, "2").unwrap();
        assert_eq!(of(Some(&first)).changes_since(&first), ["weights has other content"]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(of(Some(&first)).changes_since(&first), ["weights is gone"]);
        assert_eq!(first.changes_since(&of(None)), ["weights is new"]);
    }

    #[test]
    fn an_unchanged_file_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("weights"), "1").unwrap();
        let mut known = Fingerprint::of(folder.path(), ["weights"], None).unwrap();
        known.0.get_mut("weights").unwrap().sha256 = "from before".to_owned();
        let again = Fingerprint::of(folder.path(), ["weights"], Some(&known)).unwrap();
        assert_eq!(again, known);
    }
}
