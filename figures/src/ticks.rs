//! Default ticks of an axis.

use crate::Scale;

/// Round numbers in `low..=high`, roughly `wanted` of them.
pub(crate) fn ticks(scale: Scale, low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let wanted = wanted.max(2);
    match scale {
        Scale::Linear => linear(low, high, wanted),
        Scale::Log { base } => logarithmic(base, low, high, wanted),
        Scale::SymLog { linear } => around_zero(linear, low, high),
    }
}

/// Multiples of 1, 2, 2.5 or 5 times a power of ten.
fn linear(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let rough = (high - low) / wanted as f64;
    let unit = 10_f64.powf(rough.log10().floor());
    let miss = |step: &f64| (step / rough).ln().abs();
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * unit);
    let step = steps.into_iter().min_by(|a, b| miss(a).total_cmp(&miss(b))).unwrap_or(rough);
    // A tick at the very edge must survive rounding.
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Powers of the base, at a constant step of exponents; with 2 and 5 between powers of ten if there is
/// room.
fn logarithmic(base: f64, low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let exponent = |v: f64| v.ln() / base.ln();
    let (first, last) =
        ((exponent(low) - 1e-9).floor() as i32, (exponent(high) + 1e-9).floor() as i32);
    let inside = |v: &f64| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(v);
    let powers: Vec<f64> = (first..=last).map(|e| base.powi(e)).filter(inside).collect();
    if base == 10.0 {
        let finer =
            (first..=last).flat_map(|e| [1.0, 2.0, 5.0].map(|factor| factor * 10_f64.powi(e)));
        let finer: Vec<f64> = finer.filter(inside).collect();
        if (2..=wanted).contains(&finer.len()) {
            return finer;
        }
    }
    if powers.len() < 2 {
        return linear(low, high, wanted).into_iter().filter(|v| *v > 0.0).collect();
    }
    let stride = powers.len().div_ceil(wanted);
    powers.into_iter().step_by(stride).collect()
}

/// Zero, and powers of two or ten times the linear part on both sides.
fn around_zero(unit: f64, low: f64, high: f64) -> Vec<f64> {
    let far = low.abs().max(high.abs());
    let base = if far / unit <= 200.0 { 2_f64 } else { 10.0 };
    let powers = (0..).map(|e| unit * base.powi(e)).take_while(|v| *v <= far * (1.0 + 1e-9));
    let mut all: Vec<f64> = powers.flat_map(|v| [-v, v]).chain([0.0]).collect();
    all.sort_by(f64::total_cmp);
    let slack = far * 1e-9;
    all.into_iter().filter(|v| (low - slack..=high + slack).contains(v)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOG10: Scale = Scale::Log { base: 10.0 };

    #[test]
    fn linear_ticks_are_round_and_reach_both_edges() {
        assert_eq!(ticks(Scale::Linear, 0.0, 4e5, 4), [0.0, 1e5, 2e5, 3e5, 4e5]);
        assert_eq!(ticks(Scale::Linear, -0.5, 1.0, 3), [-0.5, 0.0, 0.5, 1.0]);
    }

    #[test]
    fn logarithmic_ticks_are_powers() {
        assert_eq!(ticks(LOG10, 1.0, 1e4, 5), [1.0, 10.0, 100.0, 1e3, 1e4]);
        assert_eq!(ticks(Scale::Log { base: 2.0 }, 1.0, 16.0, 9), [1.0, 2.0, 4.0, 8.0, 16.0]);
    }

    #[test]
    fn one_decade_gets_ticks_between_the_powers() {
        assert_eq!(ticks(LOG10, 1.0, 10.0, 6), [1.0, 2.0, 5.0, 10.0]);
    }

    #[test]
    fn less_than_a_decade_gets_linear_ticks() {
        assert_eq!(ticks(LOG10, 3.0, 4.0, 4), [3.0, 3.25, 3.5, 3.75, 4.0]);
    }

    #[test]
    fn ticks_around_zero_include_it() {
        assert_eq!(ticks(Scale::SymLog { linear: 1.0 }, 0.0, 8.0, 5), [0.0, 1.0, 2.0, 4.0, 8.0]);
        assert_eq!(ticks(Scale::SymLog { linear: 1.0 }, -2.0, 1.0, 5), [-2.0, -1.0, 0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn ticks_ascend_lie_inside_and_are_neither_few_nor_many(
            low in 1e-6_f64..1e6,
            factor in 1.01_f64..1e6,
            wanted in 3_usize..12,
        ) {
            for scale in [Scale::Linear, LOG10, Scale::Log { base: 2.0 }] {
                let high = low * factor;
                let found = ticks(scale, low, high, wanted);
                let slack = (high - low) * 1e-6;
                prop_assert!(found.windows(2).all(|w| w[0] < w[1]), "{scale:?}: {found:?}");
                prop_assert!(found.iter().all(|v| (low - slack..=high + slack).contains(v)), "{scale:?}: {found:?}");
                prop_assert!((1..=2 * wanted).contains(&found.len()), "{scale:?}: {found:?}");
            }
        }
    }
}
