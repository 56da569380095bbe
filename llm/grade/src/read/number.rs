//! Numbers as they are written.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// A number with the digits that were written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Literal {
    pub(crate) value: RBig,
    /// Digits behind the decimal point, less the exponent, where there is one of the two.
    pub(crate) places: Option<i32>,
    /// Digits from the first that is not 0.
    pub(crate) significant: u32,
    /// Whether dots say that digits were cut off behind the last.
    pub(crate) cut: bool,
    /// What was written, without separators, for numbers in other bases and for `\frac12`.
    pub(super) digits: Box<str>,
}

impl Literal {
    pub(crate) fn integer(value: i64) -> Self {
        Self { value: value.into(), places: None, significant: 0, cut: false, digits: "".into() }
    }

    /// Digits with at most one point among them.
    pub(super) fn decimal(digits: &str) -> Option<Self> {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let places = digits.contains('.').then_some(fraction.len() as i32);
        let significant =
            digits.bytes().filter(u8::is_ascii_digit).skip_while(|&b| b == b'0').count() as u32;
        let value = if fraction.is_empty() {
            RBig::from(unsigned(whole)?)
        } else {
            let scale = UBig::from(10u8).pow(fraction.len());
            RBig::from_parts(unsigned(&format!("{whole}{fraction}"))?.into(), scale)
        };
        Some(Self { value, places, significant, cut: false, digits: digits.into() })
    }

    /// Digits with a part that repeats for ever, as in `0.1\overline{6}`.
    pub(super) fn repeating(digits: &str, period: &str) -> Option<Self> {
        let start = Self::decimal(digits)?;
        let places = start.places? as usize;
        let nines = UBig::from(10u8).pow(period.len()) - UBig::ONE;
        let scale = UBig::from(10u8).pow(places);
        let tail = RBig::from_parts(unsigned(period)?.into(), nines * scale);
        Some(Self { value: start.value + tail, places: None, ..start })
    }

    /// Digits behind a mantissa and `e`, as in `6.02e23`.
    pub(super) fn scientific(mantissa: &str, exponent: i32) -> Option<Self> {
        let literal = Self::decimal(mantissa)?;
        let scale = RBig::from(IBig::from(10u8).pow(exponent.unsigned_abs() as usize));
        let value = if exponent < 0 { literal.value / scale } else { literal.value * scale };
        let places = literal.places.unwrap_or_default().checked_sub(exponent)?;
        Some(Self { value, places: Some(places), ..literal })
    }

    /// The same digits in another base.
    pub(super) fn in_base(digits: &str, base: u32) -> Option<Self> {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numerator = format!("{whole}{fraction}");
        let numerator = UBig::from_str_radix(&numerator, base).ok()?;
        let scale = UBig::from(base).pow(fraction.len());
        let value = RBig::from_parts(numerator.into(), scale);
        Some(Self { value, places: None, significant: 0, cut: false, digits: digits.into() })
    }

    /// Whether it is a decimal with too many digits to be exact: what programs print for the
    /// numbers in an expression.
    pub(crate) fn is_long(&self) -> bool {
        const DIGITS: u32 = 12;
        self.places.is_some_and(|places| places > 0) && self.significant >= DIGITS
    }

    /// Half a unit of the last place of a decimal, or what doubles of its size are apart, if that is more.
    pub(crate) fn margin(&self) -> f64 {
        let half = libm::exp10(-f64::from(self.places.unwrap_or_default())) / 2.0;
        half.max(self.value.to_f64_fast().abs() * f64::EPSILON)
    }

    /// Whether it is a fraction in one sign, such as `½`.
    pub(super) fn is_sign(&self) -> bool {
        self.digits.is_empty() && !self.value.denominator().is_one()
    }

    /// The digits, if it is a plain integer as written.
    pub(super) fn integer_digits(&self) -> Option<&str> {
        let plain = !self.digits.is_empty() && self.digits.bytes().all(|b| b.is_ascii_digit());
        plain.then_some(&self.digits)
    }
}

fn unsigned(digits: &str) -> Option<UBig> {
    match digits {
        "" => Some(UBig::ZERO),
        // The common case needs no big number.
        _ if digits.len() <= 18 => digits.parse::<u64>().ok().map(UBig::from),
        _ => UBig::from_str_radix(digits, 10).ok(),
    }
}
