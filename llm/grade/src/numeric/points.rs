//! Where expressions with variables are compared.

use dashu_ratio::RBig;

/// How values of variables are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Positive numbers.
    Positive,
    /// Negative numbers: √x² is x only where x is positive.
    Negative,
    /// Of either sign.
    Mixed,
    /// Between −1 and 1, for inverse functions.
    Small,
    /// Positive integers, for factorials and the like.
    Integer,
}

/// The points of a comparison, in the order in which they are tried.
pub(super) const POINTS: [Kind; 10] = [
    Kind::Positive,
    Kind::Negative,
    Kind::Mixed,
    Kind::Mixed,
    Kind::Small,
    Kind::Positive,
    Kind::Negative,
    Kind::Mixed,
    Kind::Small,
    Kind::Positive,
];

/// Where integers are needed.
pub(super) const INTEGERS: [Kind; 4] = [Kind::Integer; 4];

/// The value of a variable at a point: a function of the two alone.
pub(super) fn coordinate(name: &str, point: usize, kind: Kind) -> RBig {
    let bits = mix(name, point as u64);
    // Denominators are prime, so that no special value is hit.
    let fraction = (bits >> 8) as i64 & 0xf_ffff;
    let over =
        |numerator: i64, denominator: u32| RBig::from_parts(numerator.into(), denominator.into());
    let positive = fraction % 3_000_017 + 150_001;
    match kind {
        Kind::Positive => over(positive, 400_009),
        Kind::Negative => over(-positive, 400_009),
        Kind::Mixed if bits & 1 == 1 => over(-positive, 400_009),
        Kind::Mixed => over(positive, 400_009),
        Kind::Small => over(fraction % 1_600_001 - 800_000, 1_000_003),
        Kind::Integer => RBig::from(3 + fraction % 23),
    }
}

/// A value for an unknown function at arguments that were rounded.
pub(super) fn hashed(name: &str, arguments: &[f64]) -> RBig {
    let text = arguments.iter().fold(name.to_owned(), |text, value| format!("{text};{value:.9e}"));
    coordinate(&text, arguments.len(), Kind::Mixed)
}

/// A hash with its numbers fixed for good: verdicts must not change with a library.
fn mix(name: &str, point: u64) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325 ^ point.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in name.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // SplitMix64's output function.
    state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ state >> 31
}
