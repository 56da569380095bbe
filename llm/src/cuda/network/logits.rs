//! Logits on a device, and tokens drawn from them there.

use super::super::launch::{Argument, Launch};
use super::super::memory::{Array, Kind};
use super::super::place::Place;
use crate::generate::{Drawn, Logits, SamplingParams};
use crate::{Error, Result};

/// A token that says that a row holds no numbers to draw from.
const REFUSED: u32 = u32::MAX;
/// Threads that share a row.
const THREADS: u32 = 1024;

/// Rows of logits on a device, in single precision.
#[derive(Debug)]
pub struct DeviceLogits {
    place: Place,
    array: Array,
    vocab: usize,
}

impl DeviceLogits {
    pub(super) fn new(place: Place, array: Array, vocab: usize) -> Self {
        Self { place, array, vocab }
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        row * self.vocab..(row + 1) * self.vocab
    }

    /// The numbers on the host.
    ///
    /// # Errors
    /// A device that does not answer.
    pub fn to_host(&self) -> Result<Vec<f32>> {
        self.array.to_vec()
    }

    /// Some rows one after the other: where they are, if they are all there is.
    fn together(rows: &[(&Self, usize)]) -> Result<Option<(Place, Array, usize)>> {
        let Some(&(first, _)) = rows.first() else { return Ok(None) };
        let Self { place, array, vocab } = first;
        let as_they_are = rows.len() * vocab == array.len()
            && rows
                .iter()
                .enumerate()
                .all(|(at, &(logits, row))| row == at && logits.array.address() == array.address());
        if as_they_are {
            return Ok(Some((place.clone(), array.clone(), *vocab)));
        }
        let copy = place.blank_floats(rows.len() * vocab)?;
        for (at, &(logits, row)) in rows.iter().enumerate() {
            logits.array.part(logits.range(row)).copy_to(&copy.part(first.range(at)))?;
        }
        Ok(Some((place.clone(), copy, *vocab)))
    }
}

impl Logits for DeviceLogits {
    fn extent(&self) -> [usize; 2] {
        [self.array.len() / self.vocab, self.vocab]
    }

    fn row(&self, row: usize) -> Result<Self> {
        let array = self.array.part(self.range(row)).duplicate()?;
        Ok(Self { place: self.place.clone(), array, vocab: self.vocab })
    }

    fn draw(
        rows: &[(&Self, usize)],
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Result<Drawn>>> {
        let Some((place, logits, vocab)) = Self::together(rows)? else { return Ok(Vec::new()) };
        let count = rows.len();
        let device = place.device();
        let uniforms = Array::from_host(device, uniforms)?;
        let tokens = Array::new(device, Kind::U32, count)?;
        let numbers = place.blank_floats(3 * count)?;
        let column = |at: usize| numbers.part(at * count..(at + 1) * count);
        let [logprobs, model_logprobs, entropies] = [column(0), column(1), column(2)];
        let arrays = [&logits, &uniforms, &tokens, &logprobs, &model_logprobs, &entropies];
        let arrays = arrays.into_iter().map(Argument::from);
        let SamplingParams { temperature, top_k, top_p, min_p, .. } = params;
        let settings: [Argument; 5] = [
            vocab.into(),
            (*temperature).into(),
            (*top_k).into(),
            (*top_p).into(),
            (*min_p).into(),
        ];
        let launch = Launch::rows("draw", place.element(), count).with_threads(THREADS);
        device.launch(&launch.with(arrays.chain(settings)))?;
        let (tokens, numbers): (Vec<u32>, Vec<f32>) = (tokens.to_vec()?, numbers.to_vec()?);
        let drawn = |at: usize| match tokens[at] {
            REFUSED => Err(Error::Logits { what: "a logit".to_owned(), value: f32::NAN }),
            token => Ok(Drawn {
                token,
                logprob: numbers[at],
                model_logprob: numbers[count + at],
                entropy: numbers[2 * count + at],
            }),
        };
        Ok((0..count).map(drawn).collect())
    }
}
