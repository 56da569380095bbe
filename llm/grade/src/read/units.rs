//! Units of measurement: their names, prefixes and powers.
//!
//! ```text
//! unit   = factor (("/" | "per" | "·" | " ") factor)*
//! factor = ["square" | "cubic"] [prefix] name ["^" integer] | "(" unit ")"
//! ```

use super::unit_table::{LARGEST_POWER, Unit, named};
use std::borrow::Cow;

/// Longest text that is looked at.
const LONGEST: usize = 64;

/// Reads a unit; nothing if any part of the text is not one.
pub(crate) fn parse(text: &str) -> Option<Unit> {
    if text.len() > LONGEST {
        return None;
    }
    let plain = plain_notation(text);
    let plain = plain.trim().trim_end_matches(',').trim_end_matches(" and").trim_end_matches(',');
    let mut reader = Reader { rest: plain.trim(), depth: 0 };
    let unit = reader.unit()?;
    reader.rest.trim_matches(['.', ' ']).is_empty().then_some(unit)
}

/// Whether a text is a unit or a part of the grammar of units.
pub(crate) fn is_known(text: &str) -> bool {
    parse(text).is_some()
}

/// A unit with its LaTeX as plain signs.
fn plain_notation(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '{', '~', 'º', 'µ']) {
        return Cow::Borrowed(text);
    }
    const SIGNS: [(&str, &str); 20] = [
        ("^{\\circ}", "°"),
        ("^\\circ", "°"),
        ("\\degree", "°"),
        ("\\cdot", "·"),
        ("\\times", "·"),
        ("\\mu", "μ"),
        ("\\Omega", "Ω"),
        ("\\text", ""),
        ("\\mathrm", ""),
        ("\\rm", ""),
        ("\\$", "$"),
        ("\\,", " "),
        ("\\;", " "),
        ("\\ ", " "),
        ("\\", " "),
        ("~", " "),
        ("^{", "^"),
        ("{", ""),
        ("}", ""),
        ("º", "°"),
    ];
    let plain = SIGNS.iter().fold(text.to_owned(), |text, (sign, plain)| text.replace(sign, plain));
    Cow::Owned(plain.replace('µ', "μ"))
}

/// The number and the unit of an answer such as `5 m`, `3s` or `9.8 m/s^2` in italic letters.
///
/// They are a unit if the gold answer is a number. A letter by itself must be one of the usual symbols and
/// stand behind a space, where products are not written; right behind the digits only m and s are read
/// so: `2g`, `3h` and `5N` are products of a symbol more often.
pub(crate) fn letters_behind(text: &str) -> Option<(&str, Unit)> {
    let ends = |c: char| c.is_ascii_alphanumeric() || matches!(c, '²' | '³');
    if text.len() > LONGEST || !text.ends_with(ends) {
        return None;
    }
    let start = number_length(text)?;
    let (number, tail) = text.split_at(start);
    let separators = [" ", "~", "\\,", "\\;", "\\ ", "\\:"];
    let mut letters = tail;
    while let Some(rest) = separators.into_iter().find_map(|mark| letters.strip_prefix(mark)) {
        letters = rest;
    }
    let spaced = letters.len() < tail.len();
    if letters.contains('\\') {
        return None;
    }
    let unit = match letters {
        "m" | "s" | "m^2" | "m^3" | "m²" | "m³" => parse(letters)?,
        "h" | "g" | "L" | "N" | "J" | "W" | "V" | "A" | "K" if spaced => parse(letters)?,
        _ if super::words::is_ambiguous(letters) && number.contains('\\') => return None,
        _ if letters.len() > 1 && (spaced || letters.contains('/')) => parse(letters)?,
        _ => return None,
    };
    Some((number, unit))
}

/// The length of a number without any letter: digits, signs, fractions and roots of them.
fn number_length(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let commands = ["\\frac", "\\dfrac", "\\tfrac", "\\sqrt", "\\times", "\\cdot", "\\pi"];
        let command = commands.into_iter().find(|name| {
            let behind = rest.strip_prefix(name);
            behind.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        });
        at += match (first, command) {
            (_, Some(name)) => name.len(),
            ('0'..='9' | '.' | ',' | '+' | '-' | '/' | '{' | '}' | '^', _) => 1,
            _ => break,
        };
    }
    let ends = text[..at].ends_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '}'));
    (at > 0 && ends).then_some(at)
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn unit(&mut self) -> Option<Unit> {
        let mut unit = Unit::one().times(&self.factor()?, 1)?;
        loop {
            let before = self.rest;
            self.rest = self.rest.trim_start();
            let below = self.take("/") || self.take_word("per");
            let joined = !below && ["·", "*", "⋅", "-"].into_iter().any(|sign| self.take(sign));
            let spaced = before.len() > self.rest.len();
            if self.rest.starts_with(')') || self.rest.trim_matches(['.', ' ']).is_empty() {
                return (!below && !joined).then_some(unit);
            }
            if !below && !joined && !spaced && !self.rest.starts_with('(') {
                return None;
            }
            let factor = self.factor()?;
            unit = unit.times(&factor, if below { -1 } else { 1 })?;
        }
    }

    fn factor(&mut self) -> Option<Unit> {
        self.rest = self.rest.trim_start();
        if self.take("(") {
            self.depth += 1;
            let inner = (self.depth < 4).then(|| self.unit()).flatten()?;
            self.depth -= 1;
            self.rest = self.rest.trim_start();
            return self.take(")").then_some(inner);
        }
        // `1/s`.
        if self.rest.starts_with("1/") {
            self.rest = &self.rest[1..];
            return Some(Unit::one());
        }
        let mut power = self.named_power();
        let name = self.name()?;
        let unit = named(name)?;
        // `in.` and `sq. ft.`
        let abbreviated = self.rest.starts_with('.');
        self.rest = if abbreviated { &self.rest[1..] } else { self.rest };
        power = power.checked_mul(self.exponent()?)?;
        Unit::one().times(&unit, power)
    }

    /// `square` is 2 and `cubic` is 3.
    fn named_power(&mut self) -> i8 {
        for (word, power) in
            [("square", 2), ("sq.", 2), ("sq", 2), ("cubic", 3), ("cu.", 3), ("cu", 3)]
        {
            if self.take_word(word) {
                return power;
            }
        }
        1
    }

    fn name(&mut self) -> Option<&str> {
        let part = |c: char| c.is_alphabetic() || matches!(c, '°' | '$' | '¢' | '€' | '£');
        let rest = self.rest.trim_start();
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        // Names of two words.
        for two in [
            "degrees Celsius",
            "degrees Fahrenheit",
            "degree Celsius",
            "degree Fahrenheit",
            "degrees C",
            "degrees F",
            "light years",
            "light year",
        ] {
            if let Some(behind) = rest.strip_prefix(two)
                && !behind.starts_with(part)
            {
                self.rest = behind;
                return Some(two);
            }
        }
        let (name, behind) = rest.split_at(end);
        self.rest = behind;
        (!name.is_empty()).then_some(name)
    }

    /// `^2`, `^{-1}` or `²`; 1 where there is none.
    fn exponent(&mut self) -> Option<i8> {
        for (sign, power) in [("²", 2), ("³", 3), ("⁻¹", -1), ("⁻²", -2), ("⁻³", -3)] {
            if self.take(sign) {
                return Some(power);
            }
        }
        for (word, power) in [("squared", 2), ("cubed", 3)] {
            if self.take_word(word) {
                return Some(power);
            }
        }
        if !self.take("^") {
            return Some(1);
        }
        let negative = self.take("-");
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, behind) = self.rest.split_at(end);
        self.rest = behind;
        let power: i8 = digits.parse().ok().filter(|power| *power <= LARGEST_POWER)?;
        Some(if negative { -power } else { power })
    }

    fn take(&mut self, sign: &str) -> bool {
        let behind = self.rest.strip_prefix(sign);
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    /// Takes a word that does not go on.
    fn take_word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let behind = rest.strip_prefix(word);
        let ends = |behind: &&str| !behind.starts_with(|c: char| c.is_alphabetic());
        let behind = behind.filter(ends).filter(|behind| behind.len() < rest.len());
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }
}
