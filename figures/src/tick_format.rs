//! Numbers as text: ticks of axes and numbers in cells.

use serde::{Deserialize, Serialize};

/// How the numbers of an axis are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TickFormat {
    /// Plain numbers; 20k and 3M from ten thousand on; powers of ten where a tick is tiny or huge.
    #[default]
    Auto,
    /// This many digits after the decimal point.
    Decimals(u8),
    /// 0.25 is 25 %.
    Percent,
    /// 1000 is 10³.
    Power,
}

/// More digits than this are rounding noise in a tick.
const MAX_DECIMALS: usize = 6;

impl TickFormat {
    /// The text of several ticks of one axis, all with the same number of digits where `aligned`.
    pub(crate) fn all(self, values: &[f64], aligned: bool) -> Vec<String> {
        let extreme = |&v: &f64| v != 0.0 && !(1e-4..1e7).contains(&v.abs());
        let format =
            if self == Self::Auto && values.iter().any(extreme) { Self::Power } else { self };
        let unit = if format == Self::Percent { 100.0 } else { 1.0 };
        let decimals = values.iter().map(|v| decimals(v * unit)).max().unwrap_or(0);
        values
            .iter()
            .map(|&v| format.one(v, if aligned { decimals } else { self::decimals(v * unit) }))
            .collect()
    }

    fn one(self, value: f64, decimals: usize) -> String {
        match self {
            Self::Auto if value.abs() >= 1e6 => {
                fixed(value / 1e6, self::decimals(value / 1e6)) + "M"
            }
            Self::Auto if value.abs() >= 1e4 => {
                fixed(value / 1e3, self::decimals(value / 1e3)) + "k"
            }
            Self::Auto => fixed(value, decimals),
            Self::Decimals(digits) => fixed(value, usize::from(digits)),
            Self::Percent => fixed(value * 100.0, decimals) + "%",
            Self::Power => power(value),
        }
    }
}

/// The digits after the point that `value` needs.
fn decimals(value: f64) -> usize {
    let exact = |digits: &usize| {
        let shifted = value * 10_f64.powi(*digits as i32);
        (shifted - shifted.round()).abs() < 1e-6
    };
    (0..MAX_DECIMALS).find(exact).unwrap_or(MAX_DECIMALS)
}

/// A number with a true minus sign and no negative zero.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.contains(|c: char| ('1'..='9').contains(&c)) => format!("−{digits}"),
        Some(digits) => digits.to_owned(),
        None => text,
    }
}

/// `2×10⁻⁵`; the factor is left out where it is one.
fn power(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // The formatter of the standard library knows the exact exponent; a rounded logarithm does not.
    let text = format!("{value:.2e}");
    let (factor, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let factor: f64 = factor.parse().unwrap_or(value);
    let exponent: String = exponent.chars().map(superscript).collect();
    match fixed(factor, decimals(factor)).as_str() {
        "1" => format!("10{exponent}"),
        "−1" => format!("−10{exponent}"),
        factor => format!("{factor}×10{exponent}"),
    }
}

fn superscript(c: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    c.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_a_linear_axis_have_the_same_digits() {
        assert_eq!(
            TickFormat::Auto.all(&[-0.5, 0.0, 0.5, 1.0], true),
            ["−0.5", "0.0", "0.5", "1.0"]
        );
        assert_eq!(TickFormat::Auto.all(&[0.1 + 0.2, 0.25], true), ["0.30", "0.25"]);
    }

    #[test]
    fn ticks_of_a_logarithmic_axis_have_the_digits_they_need() {
        assert_eq!(TickFormat::Auto.all(&[0.1, 1.0, 10.0], false), ["0.1", "1", "10"]);
    }

    #[test]
    fn thousands_and_millions_are_short() {
        assert_eq!(
            TickFormat::Auto.all(&[0.0, 1e5, 2.5e5, 1e6, 1.5e6], true),
            ["0", "100k", "250k", "1M", "1.5M"]
        );
        assert_eq!(TickFormat::Auto.all(&[1024.0], true), ["1024"]);
    }

    #[test]
    fn tiny_and_huge_numbers_are_powers() {
        assert_eq!(TickFormat::Auto.all(&[1e-5, 1e-3], false), ["10⁻⁵", "10⁻³"]);
        assert_eq!(
            TickFormat::Power.all(&[0.0, 1000.0, -2e5, -1.0], false),
            ["0", "10³", "−2×10⁵", "−10⁰"]
        );
    }

    #[test]
    fn percent_and_decimals() {
        assert_eq!(TickFormat::Percent.all(&[0.0, 0.125, 1.0], true), ["0.0%", "12.5%", "100.0%"]);
        assert_eq!(TickFormat::Decimals(2).all(&[0.126, -0.001], true), ["0.13", "0.00"]);
    }
}
