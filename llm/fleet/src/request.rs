//! Requests to servers, and events of their answers.

use crate::Error;

/// A request that any of the servers can answer.
pub(crate) trait ServerRequest: Send + Sync + 'static {
    /// What an answer is parsed into.
    type Answer: Send + 'static;

    /// Path after `/v1/`.
    fn path(&self) -> &'static str;

    /// Body in JSON.
    fn body(&self) -> Result<Vec<u8>, String>;

    /// Parses the body of an answer; the error says why it cannot be used.
    fn read(&self, body: &[u8]) -> Result<Self::Answer, String>;

    /// Seed of the jitter between its retries.
    fn seed(&self) -> u64;

    /// Name in messages.
    fn name(&self) -> String;

    /// Number of samples it asks for.
    fn samples(&self) -> usize;

    /// Adapter that must answer; none for the model itself.
    fn adapter(&self) -> Option<&str>;
}

/// What happens to a batch of requests.
pub(crate) enum RequestEvent<A> {
    /// The answer to a request, by its index in the batch; each comes once.
    Answer(usize, A),
    /// A request failed and will be retried, with the reason.
    Retrying(String),
    /// Nothing happened for a while.
    Waiting,
    /// The batch has ended; with an error, not all requests were answered.
    End(Option<Error>),
}

/// Counts of requests since they were last taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Samples of answers that could not be used: from another policy than asked for, or malformed.
    pub refused: usize,
    /// Requests that were sent again: retries and hedged requests.
    pub repeated: usize,
}
