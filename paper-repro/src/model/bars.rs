//! Progress bars of downloads.

use crate::console::Console;
use indicatif::ProgressBar;
use rs_grpo_hub::DownloadProgress;

/// A bar for every file.
pub(crate) struct Bars<'a, 'b> {
    console: &'a Console<'b>,
    bar: ProgressBar,
}

impl<'a, 'b> Bars<'a, 'b> {
    pub(crate) fn new(console: &'a Console<'b>) -> Self {
        Self { console, bar: ProgressBar::hidden() }
    }
}

impl DownloadProgress for Bars<'_, '_> {
    fn start(&mut self, file: &str, total: Option<u64>, present: u64) {
        self.bar = self.console.download(total, file);
        self.bar.set_position(present);
    }

    fn advance(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn finish(&mut self) {
        self.bar.finish();
    }

    fn wait(&mut self, file: &str) {
        self.bar.println(format!("{file}: another process downloads it; waiting"));
    }

    fn retry(&mut self, file: &str, problem: &str) {
        self.bar.println(format!("{file}: {problem}; trying again"));
    }
}
