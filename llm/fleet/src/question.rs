//! Requests to servers, and events of their answers.

use crate::Error;

/// A request that any of the servers can answer.
pub(crate) trait ServerRequest: Send + Sync + 'static {
    /// What an answer is parsed to.
    type Answer: Send + 'static;

    /// Where it goes, after `/v1/`.
    fn path(&self) -> &'static str;

    /// Its body, in JSON.
    fn body(&self) -> Result<Vec<u8>, String>;

    /// What an answer holds; what is wrong with one that cannot be used.
    fn read(&self, body: &[u8]) -> Result<Self::Answer, String>;

    /// Seed of the pauses between its repetitions.
    fn seed(&self) -> u64;

    /// Its name in messages.
    fn name(&self) -> String;

    /// How many samples it asks for.
    fn samples(&self) -> usize;

    /// The adapter that has to answer; none for the model itself.
    fn adapter(&self) -> Option<&str>;
}

/// Events while questions are asked.
pub(crate) enum News<A> {
    /// The answer to a question, by its number; it comes once.
    Answer(usize, A),
    /// A request failed and will be repeated.
    Repeats(String),
    /// There is nothing new.
    Waiting,
    /// All that will come has come; with an error, not all that was asked for.
    End(Option<Error>),
}

/// What happened to requests, of all questions since the counts were last taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Samples of answers that could not be used: of another policy than asked, or no samples.
    pub refused: usize,
    /// Requests that were sent again, after a failure or to a second server.
    pub repeated: usize,
}
