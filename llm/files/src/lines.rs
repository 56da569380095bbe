//! JSON Lines files that are appended to during a run.

use crate::{Error, Refuse as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// A file that lines are appended to; a later reader finds only complete lines.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    /// Opens the file for appending, or creates it; removes an incomplete last line, as after a power
    /// failure.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn append(path: &Path) -> Result<Self> {
        let open = || OpenOptions::new().create(true).append(true).read(true).open(path);
        let file = open().map_err(Error::file(path))?;
        let bytes = std::fs::read(path).map_err(Error::file(path))?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64).map_err(Error::file(path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// Input and output, such as a full disk.
    pub fn push(&mut self, line: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_string(line)
            .map_err(|error| Error::malformed(&self.path, "a line", error.to_string()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(Error::file(&self.path))
    }

    /// Waits until all lines are on the disk.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(Error::file(&self.path))
    }

    /// Keeps only the lines for which `keep` is true; the file is replaced atomically.
    ///
    /// # Errors
    /// A line that cannot be parsed; input and output.
    pub fn retain<T: DeserializeOwned + Serialize>(
        path: &Path,
        keep: impl Fn(&T) -> bool,
    ) -> Result<()> {
        if !path.exists() {
            return Ok(());
        }
        drop(Self::append(path)?);
        let aside = path.with_extension("jsonl.new");
        let mut kept = Vec::new();
        for line in Reader::<serde_json::Value>::open(path)? {
            let value = line?;
            let typed: T = serde_json::from_value(value.clone())
                .map_err(|error| Error::malformed(path, "a line", error.to_string()))?;
            if keep(&typed) {
                kept.extend(value.to_string().into_bytes());
                kept.push(b'\n');
            }
        }
        let mut file = File::create(&aside).map_err(Error::file(&aside))?;
        file.write_all(&kept).and_then(|()| file.sync_all()).map_err(Error::file(&aside))?;
        std::fs::rename(&aside, path).map_err(Error::file(path))
    }
}

/// The lines of a file, one after the other; blank ones are skipped.
pub struct Reader<T> {
    path: PathBuf,
    lines: std::io::Lines<BufReader<File>>,
    number: usize,
    kind: PhantomData<T>,
}

impl<T: DeserializeOwned> Reader<T> {
    /// # Errors
    /// A file that cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let file = crate::read::open(path)?;
        let lines = BufReader::new(file).lines();
        Ok(Self { path: path.to_owned(), lines, number: 0, kind: PhantomData })
    }

    /// Number of the line read last, from 1.
    pub fn number(&self) -> usize {
        self.number
    }
}

impl<T: DeserializeOwned> Iterator for Reader<T> {
    type Item = Result<T>;

    /// The next line; an error names file and line, as `file:line`.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.lines.next()?;
            self.number += 1;
            let place = PathBuf::from(format!("{}:{}", self.path.display(), self.number));
            match line {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => {
                    let parsed = serde_json::from_str(&line);
                    return Some(
                        parsed.map_err(|error| {
                            Error::malformed(&place, "the line", error.to_string())
                        }),
                    );
                }
                Err(error) => return Some(Err(Error::file(&place)(error))),
            }
        }
    }
}
