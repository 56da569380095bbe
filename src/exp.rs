//! The exponential function, fast and the same on every machine.

/// `ln 2` in two parts; the first ends in zeros, so that its small multiples are exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Adding and subtracting this rounds to a whole number.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// Beyond these the result is not a normal number.
const LOWEST: f64 = -708.0;
const HIGHEST: f64 = 709.0;

/// `eˣ`, to within one unit in the last place; 0 below −708, infinite above 709.
///
/// With `x = k ln 2 + r`, `|r| ≤ ln 2 / 2`, it is `2ᵏ` times the Taylor polynomial of degree 13 of
/// `eʳ`, whose remainder is under 4e-18. There is no branch and no division on the way, so that a
/// loop over a slice works on several numbers at once; exponentials are most of the cost of a small
/// group.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let rounded = x * std::f64::consts::LOG2_E + ROUNDER;
    let k = rounded - ROUNDER;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    // The last bits of `rounded` are k as a whole number, in two's complement.
    let power_of_two = f64::from_bits((rounded.to_bits().wrapping_add(1023)) << 52);
    let inside = taylor(r) * power_of_two;
    let below = if x < LOWEST { 0.0 } else { inside };
    if x > HIGHEST { f64::INFINITY } else { below }
}

/// `Σ rⁿ/n!` for `n ≤ 13`, in pairs (Estrin), so that the terms do not wait for each other.
#[inline(always)]
fn taylor(r: f64) -> f64 {
    const C: [f64; 14] = inverse_factorials();
    let (r2, pair) = (r * r, |n: usize| C[n] + C[n + 1] * r);
    let (r4, quad) = (r2 * r2, |n: usize| pair(n) + pair(n + 2) * r2);
    let tail = quad(6) + (pair(10) + pair(12) * r2) * r4;
    // The largest terms last, each rounded once.
    1.0 + (r + r2 * (pair(2) + r2 * (pair(4) + r2 * tail)))
}

const fn inverse_factorials() -> [f64; 14] {
    let mut inverse = [1.0; 14];
    let (mut n, mut factorial) = (1, 1.0);
    while n < 14 {
        factorial *= n as f64;
        inverse[n] = 1.0 / factorial;
        n += 1;
    }
    inverse
}
