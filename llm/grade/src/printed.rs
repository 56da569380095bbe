//! Numbers as Python prints them with their type: `np.float64(0.5)`, `Decimal('0.1')`, `Fraction(1, 3)`.

use std::borrow::Cow;

/// Names before a number, or a text of one, in brackets.
const WRAPPERS: [&str; 15] = [
    "float(",
    "np.float64(",
    "np.float32(",
    "np.float16(",
    "np.int64(",
    "np.int32(",
    "numpy.float64(",
    "numpy.float32(",
    "numpy.int64(",
    "decimal.Decimal(",
    "Decimal(",
    "mpf(",
    "sympy.Integer(",
    "Integer(",
    "Float(",
];

/// Names before a numerator and a denominator in brackets.
const FRACTIONS: [&str; 5] =
    ["fractions.Fraction(", "Fraction(", "sympy.Rational(", "sp.Rational(", "Rational("];

/// The text with bare numbers for what is printed with a type.
pub(super) fn without_types(text: &str) -> Cow<'_, str> {
    if text.contains('\\') || !text.contains('(') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::new();
    let mut rest = text;
    while let Some((start, number, end)) = first_typed(rest) {
        plain.push_str(&rest[..start]);
        plain.push_str(&number);
        rest = &rest[end..];
    }
    if plain.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(plain + rest)
}

/// The first typed number: where it starts, the bare number, and where it ends.
fn first_typed(text: &str) -> Option<(usize, String, usize)> {
    text.match_indices('(').find_map(|(open, _)| {
        let before = &text[..=open];
        let name =
            |names: &[&'static str]| names.iter().find(|name| before.ends_with(**name)).copied();
        let fraction = name(&FRACTIONS);
        let start = before.len() - fraction.or_else(|| name(&WRAPPERS))?.len();
        let inside = &text[open + 1..];
        let close = inside.find(')')?;
        let inside = inside[..close].trim().trim_matches(['\'', '"']);
        let number = match (fraction, inside.split_once(',')) {
            (Some(_), Some((above, below))) => {
                format!("(({})/({}))", number(above)?, number(below)?)
            }
            (_, None) => number(inside)?.to_owned(),
            (None, Some(_)) => return None,
        };
        let joined = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
        (!joined).then_some((start, number, open + close + 2))
    })
}

/// A number as Python prints it, without spaces around.
fn number(text: &str) -> Option<&str> {
    let text = text.trim();
    match text {
        "inf" | "+inf" => return Some("∞"),
        "-inf" => return Some("-∞"),
        _ => {}
    }
    let fits = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE/".contains(&b));
    fits.then_some(text)
}
