//! The exponential function in single precision, without a branch.

/// `ln 2` in two parts; the first ends in zeros, so that its small multiples are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Adding and subtracting this rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;
/// Outside this range the result is 0 or infinite.
const LOWEST: f32 = -104.0;
const HIGHEST: f32 = 89.0;

/// `eˣ`, to within two units in the last place; inlined into a loop over a slice it becomes vectors.
///
/// With `x = k ln 2 + r`, `|r| ≤ ln 2 / 2`, it is `2ᵏ` times the Taylor polynomial of degree 7 of
/// `eʳ`, whose remainder is under 6e-9. `2ᵏ` is multiplied in two halves, which reaches the largest
/// and the subnormal numbers.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = if x < LOWEST { LOWEST } else { x };
    let x = if x > HIGHEST { HIGHEST } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUNDER;
    let k = rounded - ROUNDER;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    // The last bits of `rounded` are k as a whole number.
    let whole = (rounded.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32);
    let half = whole >> 1;
    taylor(r) * power_of_two(half) * power_of_two(whole.wrapping_sub(half))
}

#[inline(always)]
fn power_of_two(k: i32) -> f32 {
    f32::from_bits((k.wrapping_add(127) as u32) << 23)
}

#[inline(always)]
fn taylor(r: f32) -> f32 {
    let r2 = r * r;
    let high = (1.0 / 120.0 + r * (1.0 / 720.0)) + r2 * (1.0 / 5040.0);
    let low = (0.5 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * high);
    1.0 + (r + r2 * low)
}
