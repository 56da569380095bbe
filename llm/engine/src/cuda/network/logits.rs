//! Logits on a device, and tokens drawn from them there.

use crate::cuda::backend::{Backend, TokenDraws};
use crate::cuda::memory::Array;
use crate::generate::{Drawn, Logits, SamplingParams};
use crate::{Error, Result};

/// Rows of logits on a device, in single precision.
#[derive(Debug)]
pub struct DeviceLogits {
    backend: Backend,
    array: Array,
    vocab: usize,
}

impl DeviceLogits {
    pub(super) fn new(backend: Backend, array: Array, vocab: usize) -> Self {
        Self { backend, array, vocab }
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

    /// Concatenates rows; without a copy if they are all rows in order.
    fn together(rows: &[(&Self, usize)]) -> Result<Option<(Backend, Array, usize)>> {
        let Some(&(first, _)) = rows.first() else { return Ok(None) };
        let Self { backend, array, vocab } = first;
        let as_they_are = rows.len() * vocab == array.len()
            && rows
                .iter()
                .enumerate()
                .all(|(at, &(logits, row))| row == at && logits.array.address() == array.address());
        if as_they_are {
            return Ok(Some((backend.clone(), array.clone(), *vocab)));
        }
        let copy = backend.empty_f32(rows.len() * vocab)?;
        for (at, &(logits, row)) in rows.iter().enumerate() {
            logits.array.part(logits.range(row)).copy_to(&copy.part(first.range(at)))?;
        }
        Ok(Some((backend.clone(), copy, *vocab)))
    }
}

impl Logits for DeviceLogits {
    fn extent(&self) -> [usize; 2] {
        [self.array.len() / self.vocab, self.vocab]
    }

    fn row(&self, row: usize) -> Result<Self> {
        let array = self.array.part(self.range(row)).duplicate()?;
        Ok(Self { backend: self.backend.clone(), array, vocab: self.vocab })
    }

    fn draw(
        rows: &[(&Self, usize)],
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Result<Drawn>>> {
        let Some((backend, logits, vocab)) = Self::together(rows)? else { return Ok(Vec::new()) };
        let count = rows.len();
        let uniforms = Array::from_host(backend.device(), uniforms)?;
        let draws = backend.draw(&logits, &uniforms, vocab, params)?;
        let (tokens, numbers): (Vec<u32>, Vec<f32>) =
            (draws.tokens.to_vec()?, draws.numbers.to_vec()?);
        let drawn = |at: usize| drawn(tokens[at], [0, 1, 2].map(|i| numbers[i * count + at]));
        Ok((0..count).map(drawn).collect())
    }
}

/// The result of a row: a token, its log-probability, that under the model, and the entropy.
pub(super) fn drawn(token: u32, numbers: [f32; 3]) -> Result<Drawn> {
    if token == TokenDraws::REFUSED {
        return Err(Error::Logits { what: "a logit".to_owned(), value: f32::NAN });
    }
    let [logprob, model_logprob, entropy] = numbers;
    Ok(Drawn { token, logprob, model_logprob, entropy })
}
