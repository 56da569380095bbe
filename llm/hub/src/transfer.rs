//! Downloads the bytes of a file, resumed and verified.

use super::error::HubError;
use super::progress::DownloadProgress;
use super::remote::{Announced, HubClient, header};
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use rs_grpo_files::sha256;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use ureq::Body;
use ureq::http::Response;

/// Attempts in a row without a new byte after which the download fails.
const MAX_FRUITLESS: u32 = 5;

/// Why an attempt failed.
enum Stop {
    /// Temporary: retried.
    Broken(String),
    /// Permanent.
    Final(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// The download of one file into `partial`.
pub(super) struct Transfer<'a> {
    pub remote: &'a HubClient<'a>,
    pub file: &'a str,
    pub announced: &'a Announced,
    pub partial: &'a Path,
}

impl Transfer<'_> {
    /// Completes `partial`, resuming an earlier attempt, and verifies length and hash.
    ///
    /// A file that fails verification is deleted; one that is incomplete is kept. If it was resumed,
    /// perhaps from another program's bytes, it is downloaded once more from the start.
    pub fn run(&self, progress: &mut dyn DownloadProgress) -> Result<()> {
        let inherited = self.partial.exists();
        self.fill(progress)?;
        if let Err(error) = self.verify() {
            if !inherited {
                return Err(error);
            }
            self.fill(progress)?;
            self.verify()?;
        }
        progress.finish();
        Ok(())
    }

    /// Retries until the file is complete, or too many attempts in a row bring nothing.
    fn fill(&self, progress: &mut dyn DownloadProgress) -> Result<()> {
        let (mut furthest, mut fruitless) = (0, 0);
        loop {
            let problem = match self.attempt(progress) {
                Ok(()) => return Ok(()),
                Err(Stop::Final(error)) => return Err(error),
                Err(Stop::Broken(problem)) => problem,
            };
            let present = length(self.partial)?;
            fruitless = if present > furthest { 1 } else { fruitless + 1 };
            furthest = furthest.max(present);
            if fruitless == MAX_FRUITLESS {
                return Err(self.interrupted(problem, present));
            }
            progress.retry(self.file, &problem);
            std::thread::sleep(self.remote.settings.pause * 2_u32.pow(fruitless - 1));
        }
    }

    /// Requests the missing bytes once.
    fn attempt(&self, progress: &mut dyn DownloadProgress) -> Result<(), Stop> {
        let out = File::options().create(true).append(true).open(self.partial);
        let out = &mut out.map_err(Error::file(self.partial))?;
        let mut present = self.present(out)?;
        if self.announced.size == Some(present) && present > 0 {
            progress.start(self.file, self.announced.size, present);
            return Ok(());
        }
        let answer = self.ask(out, &mut present)?;
        progress.start(self.file, self.announced.size, present);
        // One byte more than announced suffices to notice a body that is too long.
        let left = self.announced.size.map_or(u64::MAX, |size| (size - present).saturating_add(1));
        let body = answer.into_body().into_with_config().limit(u64::MAX).reader();
        present += self.copy(body.take(left), out, progress)?;
        out.sync_all().map_err(Error::file(self.partial))?;
        match self.announced.size {
            Some(size) if present < size => {
                Err(Stop::Broken(format!("the connection ended at byte {present} of {size}")))
            }
            _ => Ok(()),
        }
    }

    /// Number of bytes downloaded so far; 0 if the partial file is longer than the whole.
    fn present(&self, out: &File) -> Result<u64> {
        let present = length(self.partial)?;
        if self.announced.size.is_none_or(|size| present <= size) {
            return Ok(present);
        }
        self.truncate(out)?;
        Ok(0)
    }

    /// Requests the bytes after `present`; if the server sends the whole file, empties the partial one.
    fn ask(&self, out: &File, present: &mut u64) -> Result<Response<Body>, Stop> {
        let answer = self.remote.content(&self.announced.url, *present);
        let answer = answer.map_err(|error| Stop::Broken(error.to_string()))?;
        match answer.status().as_u16() {
            206 if continues(header(&answer, "content-range"), *present) => {}
            // The server ignored the range and sends the whole file.
            200 => {
                *present = 0;
                self.truncate(out)?;
            }
            206 | 416 => {
                self.truncate(out)?;
                return Err(Stop::Broken(format!("the server has no bytes from {present} on")));
            }
            status @ (401 | 403) => return Err(self.remote.refused(self.file, status).into()),
            404 => return Err(self.remote.not_found(self.file).into()),
            status => return Err(Stop::Broken(format!("the server answered {status}"))),
        }
        Ok(answer)
    }

    /// Copies the body; bytes that arrived before an error are kept.
    fn copy(
        &self,
        mut body: impl Read,
        out: &mut File,
        progress: &mut dyn DownloadProgress,
    ) -> Result<u64, Stop> {
        let (mut buffer, mut copied) = (vec![0; 1 << 18], 0);
        loop {
            let read = body.read(&mut buffer).map_err(|error| Stop::Broken(error.to_string()))?;
            if read == 0 {
                return Ok(copied);
            }
            out.write_all(&buffer[..read]).map_err(Error::file(self.partial))?;
            copied += read as u64;
            progress.advance(read as u64);
        }
    }

    fn truncate(&self, out: &File) -> Result<()> {
        out.set_len(0).map_err(Error::file(self.partial))
    }

    /// Compares length and, where the hub announces it, SHA-256; deletes the file if they differ.
    fn verify(&self) -> Result<()> {
        let Some(problem) = self.difference()? else { return Ok(()) };
        std::fs::remove_file(self.partial).map_err(Error::file(self.partial))?;
        let (repository, file) = (self.remote.repository.id.clone(), self.file.to_owned());
        Err(HubError::Corrupt { repository, file, problem }.into())
    }

    fn difference(&self) -> Result<Option<String>> {
        let present = length(self.partial)?;
        if let Some(size) = self.announced.size
            && size != present
        {
            return Ok(Some(format!("has more than the {size} bytes that the hub announced")));
        }
        // The etag of a small file is a git hash, not worth another dependency: these are text files,
        // and damage shows when they are parsed.
        let expected = &self.announced.etag;
        if expected.len() != 64 || !expected.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let found = sha256(self.partial)?;
        let differs = !found.eq_ignore_ascii_case(expected);
        Ok(differs.then(|| format!("has SHA-256 {found}, the hub announced {expected}")))
    }

    fn interrupted(&self, problem: String, present: u64) -> Error {
        let (repository, file) = (self.remote.repository.id.clone(), self.file.to_owned());
        HubError::Interrupted { repository, file, problem, present }.into()
    }
}

/// Whether `Content-Range: bytes FROM-TO/SIZE` begins at `present`.
fn continues(range: Option<&str>, present: u64) -> bool {
    let from = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('-'));
    from.is_some_and(|(from, _)| from.trim().parse() == Ok(present))
}

fn length(path: &Path) -> Result<u64> {
    std::fs::metadata(path).map(|metadata| metadata.len()).map_err(Error::file(path))
}
