//! The two streams of the program, and the progress bar.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;

/// Where results and notes go.
pub(crate) struct Console<'a> {
    /// Results.
    pub(crate) out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    /// Whether notes and progress are kept back.
    pub(crate) quiet: bool,
}

impl<'a> Console<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err, quiet: false }
    }

    /// Tells the user something that is not a result.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.quiet {
            // If standard error is closed, the note is lost.
            let _ = writeln!(self.err, "{text}");
        }
    }

    /// Names the files that were written.
    pub(crate) fn note_files(&mut self, paths: &[PathBuf]) {
        for path in paths {
            self.note(&format!("wrote {}", path.display()));
        }
    }

    /// Writes one JSON value and a newline.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, value)?;
        writeln!(self.out)
    }

    /// A bar over `total` runs on standard error; hidden where that is not a terminal.
    pub(crate) fn progress(&self, total: u64, what: &str) -> ProgressBar {
        let template = "{msg} {wide_bar} {pos}/{len} runs, {eta} left";
        self.bar(Some(total), template).with_message(what.to_owned())
    }

    /// A bar over `total` samples; its message is for the caller.
    pub(crate) fn sampling(&self, total: u64) -> ProgressBar {
        self.bar(Some(total), "sampling {wide_bar} {pos}/{len}, {msg}, {eta} left")
    }

    /// A bar over `total` steps; its message is for the caller.
    pub(crate) fn steps(&self, total: u64) -> ProgressBar {
        self.bar(Some(total), "{wide_bar} {pos}/{len} steps, {msg}, {eta} left")
    }

    /// A bar over the bytes of a file.
    pub(crate) fn download(&self, total: Option<u64>, file: &str) -> ProgressBar {
        let template = "{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
        self.bar(total, template).with_message(file.to_owned())
    }

    fn bar(&self, total: Option<u64>, template: &str) -> ProgressBar {
        let target = match self.quiet {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
        ProgressBar::with_draw_target(total, target).with_style(style)
    }
}
