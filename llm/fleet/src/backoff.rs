//! Exponential backoff with jitter.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Duration;

/// Longest pause, and the longest `Retry-After` that is followed.
const MAX_PAUSE: Duration = Duration::from_secs(60);
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

/// Pauses between the retries of one request: they double, each times a random number between ½ and 1½,
/// so that requests that failed together are not retried together.
pub(crate) struct Backoff {
    pause: Duration,
    random: Xoshiro256PlusPlus,
}

impl Backoff {
    pub(crate) fn new(pause: Duration, seed: u64) -> Self {
        Self { pause, random: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    /// The next pause, added to what the server asked for.
    pub(crate) fn next(&mut self, retry_after: Option<Duration>) -> Duration {
        let jitter = 0.5 + self.random.random::<f64>();
        let pause = self.pause.min(MAX_PAUSE).mul_f64(jitter);
        self.pause = self.pause.saturating_mul(2).min(MAX_PAUSE);
        retry_after.map_or(pause, |after| after.min(MAX_RETRY_AFTER) + pause)
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, MAX_PAUSE};
    use std::time::Duration;

    #[test]
    fn pauses_double_within_their_jitter_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(500), 7);
        for doubled in (0..12).map(|power| 0.5 * f64::from(1 << power)) {
            let (pause, middle) =
                (backoff.next(None).as_secs_f64(), doubled.min(MAX_PAUSE.as_secs_f64()));
            assert!((0.5 * middle..1.5 * middle).contains(&pause), "{pause} around {middle}");
        }
    }

    #[test]
    fn retry_after_is_followed_and_each_request_has_its_own_jitter() {
        let pauses =
            |seed| Backoff::new(Duration::from_secs(1), seed).next(Some(Duration::from_secs(9)));
        assert!(pauses(1) > Duration::from_secs(9) && pauses(1) < Duration::from_secs(11));
        assert_ne!(pauses(1), pauses(2));
    }
}
