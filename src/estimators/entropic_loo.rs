//! Entropic leave-one-out advantage of TTT-Discover.

use super::rs_grpo::check_beta;
use crate::{Error, Group};

/// Added to the mean of the others, as in the source: it caps the advantage near 1e12.
const CAP: f64 = 1e-12;

/// Advantages of the entropic leave-one-out rule.
///
/// # Formula
/// ```text
/// eᵢ = exp(β (rᵢ − max r))        Aᵢ = eᵢ / (mean_{j≠i} eⱼ + 1e-12) − 1
/// ```
/// (with `min` in place of `max` for `β < 0`). But for the cap its expectation is exactly parallel
/// to `β ∇V_β` for each prompt, with a larger scale. Not divided by β, so all vanish as `β → 0`, and
/// `β < 0` favours the worst responses. The sum is 0 or more; the winner's advantage grows like
/// `exp(β (r₍N₎ − r₍N−1₎))` up to the cap. A constant or singleton group gets exactly 0 (the
/// source's 1e-12 leaves `−1e-12`).
///
/// Source: arXiv 2601.16175, "entropic".
pub(crate) fn advantages_into(group: Group<'_>, beta: f64, out: &mut [f64]) -> Result<(), Error> {
    check_beta(beta)?;
    if group.is_constant() {
        out.fill(0.0);
        return Ok(());
    }
    let origin = if beta < 0.0 { group.min() } else { group.max() };
    for (e, reward) in out.iter_mut().zip(group.rewards()) {
        *e = crate::exp(beta * (reward - origin));
    }
    let heaviest = (0..out.len()).fold(0, |best, i| if out[i] > out[best] { i } else { best });
    let rest: f64 = out.iter().enumerate().filter(|(j, _)| *j != heaviest).map(|(_, e)| e).sum();
    let total = rest + out[heaviest];
    let others = (group.size() - 1) as f64;
    for (i, advantage) in out.iter_mut().enumerate() {
        // Only for the heaviest response would `total − eᵢ` cancel.
        let sum = if i == heaviest { rest } else { total - *advantage };
        *advantage = *advantage / (sum / others + CAP) - 1.0;
    }
    Ok(())
}
