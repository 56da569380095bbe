//! What a caller may show while files arrive.

/// Receives the progress of every file, in order; `()` shows nothing.
pub trait DownloadProgress {
    /// A file starts or restarts, with `present` of its `total` bytes already downloaded.
    ///
    /// The total is `None` where the hub does not say.
    fn start(&mut self, file: &str, total: Option<u64>, present: u64);

    /// More bytes have arrived.
    fn advance(&mut self, bytes: u64);

    /// The file is complete and verified.
    fn finish(&mut self);

    /// Another process downloads the same file; this one waits for it.
    fn wait(&mut self, file: &str);

    /// The connection broke; it is tried again after a pause.
    fn retry(&mut self, file: &str, problem: &str);
}

impl DownloadProgress for () {
    fn start(&mut self, _file: &str, _total: Option<u64>, _present: u64) {}
    fn advance(&mut self, _bytes: u64) {}
    fn finish(&mut self) {}
    fn wait(&mut self, _file: &str) {}
    fn retry(&mut self, _file: &str, _problem: &str) {}
}
