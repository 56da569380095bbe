//! The unbiased estimate of pass@k.

use crate::Error;

/// Probability that at least one of `k` responses is correct, estimated without bias from `n`
/// sampled responses of which `c` are correct.
///
/// # Formula
/// ```text
/// pass@k = 1 − C(n−c, k) / C(n, k)
/// ```
/// computed as `−expm1(Σ ln(1 − k/(n−j)))` over `j < c` (or with `k` and `c` exchanged, whichever
/// is the shorter sum), which neither overflows nor cancels. Exact limits: `c = 0` gives 0,
/// `n − c < k` gives 1, `k = 1` gives `c/n`.
///
/// # Errors
/// `k` outside `1..=n`, or `c > n`.
///
/// Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1.
pub fn pass_at_k(n: u64, c: u64, k: u64) -> Result<f64, Error> {
    if n == 0 {
        return Err(Error::parameter("n", n, "1 or more samples"));
    }
    if !(1..=n).contains(&k) {
        return Err(Error::parameter("k", k, format!("1 to {n} (the number of samples)")));
    }
    if c > n {
        return Err(Error::parameter("c", c, format!("0 to {n} (the number of samples)")));
    }
    if n - c < k {
        return Ok(1.0);
    }
    // Not the negative of it, which would be −0 where nothing is correct.
    Ok(0.0 - libm::expm1(ln_none_correct(n, c, k)))
}

/// `ln(C(n−c, k) / C(n, k))`; symmetric in `c` and `k`.
fn ln_none_correct(n: u64, c: u64, k: u64) -> f64 {
    /// Below this `1 − eˣ` rounds to 1.
    const NEGLIGIBLE: f64 = -50.0;
    let (few, many) = (c.min(k), c.max(k) as f64);
    let mut sum = 0.0;
    for drawn in 0..few {
        sum += libm::log1p(-many / (n - drawn) as f64);
        if sum < NEGLIGIBLE {
            break;
        }
    }
    sum
}
