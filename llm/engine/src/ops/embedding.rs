//! Rows of a table, looked up by token.

use crate::checkpoint::Elements;
use crate::tensor::Frozen;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use rs_grpo_files::Refuse as _;

use crate::tensor::with_floats;

/// `y[t] = table[tokens[t]]`, `[t, d]` in f32.
///
/// # Errors
/// A token outside the table.
pub fn forward(tokens: &[u32], table: &Frozen) -> Result<Tensor> {
    let [rows, width] = table.shape2()?;
    if let Some(token) = tokens.iter().find(|&&token| token as usize >= rows) {
        return Err(Error::parameter("token", token, format!("less than the vocabulary, {rows}")));
    }
    let mut out = Vec::with_capacity(tokens.len() * width);
    table.read(|elements| {
        for &token in tokens {
            let row = token as usize * width..(token as usize + 1) * width;
            match elements {
                Elements::F32(table) => out.extend_from_slice(&table[row]),
                Elements::Bf16(table) => out.extend(table[row].iter().map(|x| x.to_f32())),
                Elements::F16(table) => out.extend(table[row].iter().map(|x| x.to_f32())),
            }
        }
    })?;
    Ok(Tensor::from_vec(out, (tokens.len(), width), &Device::Cpu)?)
}

/// Adds the gradient of each row to that of its token: `sum[tokens[t]] += gradient[t]`, for `sum` of
/// the table's shape.
///
/// # Errors
/// A gradient that is not f32 on the CPU or has another number of rows; a token outside the table.
pub fn backward(tokens: &[u32], gradient: &Tensor, sum: &mut [f32]) -> Result<()> {
    let (rows, width) = gradient.dims2()?;
    if rows != tokens.len() || (width > 0 && !sum.len().is_multiple_of(width)) {
        let allowed = format!("[{}, width of a table of {} elements]", tokens.len(), sum.len());
        let shape = format!("{:?}", gradient.dims());
        return Err(Error::parameter("shape of the embedding's gradient", shape, allowed));
    }
    if width == 0 {
        return Ok(());
    }
    let vocab = sum.len() / width;
    if let Some(token) = tokens.iter().find(|&&token| token as usize >= vocab) {
        return Err(Error::parameter("token", token, format!("less than the vocabulary, {vocab}")));
    }
    with_floats(&gradient.contiguous()?, |gradient| {
        for (&token, row) in tokens.iter().zip(gradient.chunks_exact(width)) {
            let target = &mut sum[token as usize * width..][..width];
            target.iter_mut().zip(row).for_each(|(sum, part)| *sum += part);
        }
    })?;
    Ok(())
}

/// The rows of each token together, as a kernel adds them up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gathered {
    /// The tokens, each once.
    pub(crate) distinct: Vec<u32>,
    /// Where the rows of each begin in `rows`, and their number at the end.
    pub(crate) begin: Vec<u32>,
    /// Rows, in their order for each token.
    pub(crate) rows: Vec<u32>,
}

impl Gathered {
    /// Of the tokens of a batch.
    pub(crate) fn new(tokens: &[u32]) -> Self {
        let mut rows: Vec<u32> = (0..tokens.len() as u32).collect();
        rows.sort_by_key(|&row| tokens[row as usize]);
        let (mut distinct, mut begin) = (Vec::new(), Vec::new());
        for (at, &row) in rows.iter().enumerate() {
            let token = tokens[row as usize];
            if distinct.last() != Some(&token) {
                distinct.push(token);
                begin.push(at as u32);
            }
        }
        begin.push(rows.len() as u32);
        Self { distinct, begin, rows }
    }
}
