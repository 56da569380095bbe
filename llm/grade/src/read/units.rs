//! Units of measurement: their names, prefixes and powers.
//!
//! ```text
//! unit   = factor (("/" | "per" | "·" | " ") factor)*
//! factor = ["square" | "cubic"] [prefix] name ["^" integer] | "(" unit ")"
//! ```

use dashu_int::UBig;
use dashu_ratio::RBig;
use std::borrow::Cow;

/// Base quantities: length, mass, time, current, temperature in kelvin, amount, light, degrees Celsius,
/// degrees Fahrenheit, and dollars, euros, pounds of money.
const QUANTITIES: usize = 12;

/// Largest power of a unit.
const LARGEST_POWER: i8 = 12;

/// Longest text that is looked at.
const LONGEST: usize = 64;

/// A unit: the powers of base quantities, and how many base units it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unit {
    powers: [i8; QUANTITIES],
    /// In base units of every quantity: metre, kilogram, second ….
    scale: RBig,
}

impl Unit {
    /// How many of the other unit this one is, if both measure the same quantity.
    pub(crate) fn in_terms_of(&self, other: &Self) -> Option<RBig> {
        (self.powers == other.powers).then(|| &self.scale / &other.scale)
    }

    fn one() -> Self {
        Self { powers: [0; QUANTITIES], scale: RBig::ONE }
    }

    /// This unit times a power of another; nothing beyond the limits.
    fn times(mut self, other: &Self, power: i8) -> Option<Self> {
        for (mine, theirs) in self.powers.iter_mut().zip(other.powers) {
            let sum = mine.checked_add(theirs.checked_mul(power)?)?;
            *mine = Some(sum).filter(|sum| sum.abs() <= LARGEST_POWER)?;
        }
        for _ in 0..power.abs() {
            self.scale = match power > 0 {
                true => self.scale * &other.scale,
                false => self.scale / &other.scale,
            };
        }
        Some(self)
    }
}

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

/// The unit that a command stands for.
pub(super) fn command(name: &str) -> Option<&'static str> {
    Some(match name {
        "mathring" | "AA" | "angstrom" => "Å",
        "meter" | "metre" => "meter",
        "centimeter" => "centimeter",
        "kilometer" => "kilometer",
        "second" => "second",
        "minute" => "minute",
        "hour" => "hour",
        "kilogram" => "kilogram",
        "ohm" => "Ω",
        "newton" => "N",
        "joule" => "J",
        "watt" => "W",
        "volt" => "V",
        "celsius" | "degreeCelsius" => "°C",
        _ => return None,
    })
}

/// The number and the unit of an answer such as `5 m`, `3s` or `9.8 m/s^2` in italic letters.
///
/// They are a unit if the gold answer is a number. A letter by itself must be one of the usual symbols and
/// stand behind a space, in which nobody writes a product; right behind the digits only m and s are read
/// so: `2g`, `3h` and `5N` are products of a symbol more often.
pub(crate) fn letters_behind(text: &str) -> Option<(&str, Unit)> {
    if text.len() > LONGEST || !text.ends_with(|c: char| c.is_ascii_alphanumeric()) {
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
    let unit = match letters {
        "m" | "s" => parse(letters)?,
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

/// The unit of a name, with or without a prefix.
fn named(name: &str) -> Option<Unit> {
    if let Some(unit) = plain(name) {
        return Some(unit);
    }
    for (prefix, exponent) in PREFIXES {
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        let long = prefix.len() > 2 && prefix.is_ascii();
        let takes = if long { &TAKE_LONG_PREFIXES[..] } else { &TAKE_PREFIXES[..] };
        if takes.contains(&rest)
            && let Some(mut unit) = plain(rest)
        {
            let power = RBig::from(UBig::from(10u8).pow(usize::from(exponent.unsigned_abs())));
            unit.scale = if exponent < 0 { unit.scale / power } else { unit.scale * power };
            return Some(unit);
        }
    }
    None
}

/// Prefixes and their powers of ten.
const PREFIXES: [(&str, i8); 22] = [
    ("nano", -9),
    ("micro", -6),
    ("milli", -3),
    ("centi", -2),
    ("deci", -1),
    ("kilo", 3),
    ("mega", 6),
    ("giga", 9),
    ("tera", 12),
    ("hecto", 2),
    ("f", -15),
    ("p", -12),
    ("n", -9),
    ("μ", -6),
    ("m", -3),
    ("c", -2),
    ("d", -1),
    ("h", 2),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
];

/// Symbols that take a prefix.
const TAKE_PREFIXES: [&str; 17] =
    ["m", "g", "s", "A", "K", "mol", "L", "l", "N", "J", "W", "V", "Pa", "Hz", "Ω", "T", "eV"];

/// Names that take a prefix in full.
const TAKE_LONG_PREFIXES: [&str; 20] = [
    "meter", "meters", "metre", "metres", "gram", "grams", "liter", "liters", "litre", "litres",
    "second", "seconds", "watt", "watts", "joule", "joules", "volt", "volts", "hertz", "ohm",
];

/// Powers of length, mass, time, current, temperature, amount, light, °C, °F, dollars, euros, pounds.
const LENGTH: [i8; QUANTITIES] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const AREA: [i8; QUANTITIES] = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const VOLUME: [i8; QUANTITIES] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const SPEED: [i8; QUANTITIES] = [1, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const MASS: [i8; QUANTITIES] = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const TIME: [i8; QUANTITIES] = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const RATE: [i8; QUANTITIES] = [0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const CURRENT: [i8; QUANTITIES] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const CHARGE: [i8; QUANTITIES] = [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const KELVIN: [i8; QUANTITIES] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
const AMOUNT: [i8; QUANTITIES] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
const LIGHT: [i8; QUANTITIES] = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
const CELSIUS: [i8; QUANTITIES] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
const FAHRENHEIT: [i8; QUANTITIES] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
const DOLLARS: [i8; QUANTITIES] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
const EUROS: [i8; QUANTITIES] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const POUNDS: [i8; QUANTITIES] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const FORCE: [i8; QUANTITIES] = [1, 1, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const ENERGY: [i8; QUANTITIES] = [2, 1, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const POWER: [i8; QUANTITIES] = [2, 1, -3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const PRESSURE: [i8; QUANTITIES] = [-1, 1, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const VOLTAGE: [i8; QUANTITIES] = [2, 1, -3, -1, 0, 0, 0, 0, 0, 0, 0, 0];
const RESISTANCE: [i8; QUANTITIES] = [2, 1, -3, -2, 0, 0, 0, 0, 0, 0, 0, 0];
const FIELD: [i8; QUANTITIES] = [0, 1, -2, -1, 0, 0, 0, 0, 0, 0, 0, 0];
const CAPACITY: [i8; QUANTITIES] = [-2, -1, 4, 2, 0, 0, 0, 0, 0, 0, 0, 0];

/// A unit without a prefix. What has more than one meaning, as `pt`, `oz`, `pounds` and `ton`, is left
/// out: it is dropped like any other word behind a number, and compared with nothing.
fn plain(name: &str) -> Option<Unit> {
    let (powers, above, below): ([i8; QUANTITIES], u64, u64) = match name {
        "m" | "meter" | "meters" | "metre" | "metres" => (LENGTH, 1, 1),
        "in" | "inch" | "inches" => (LENGTH, 254, 10_000),
        "ft" | "foot" | "feet" => (LENGTH, 3_048, 10_000),
        "yd" | "yds" | "yard" | "yards" => (LENGTH, 9_144, 10_000),
        "mi" | "mile" | "miles" => (LENGTH, 1_609_344, 1_000),
        "Å" | "angstrom" | "angstroms" => (LENGTH, 1, 10_000_000_000),
        "μm" | "micron" | "microns" => (LENGTH, 1, 1_000_000),
        "ly" | "light year" | "light years" => (LENGTH, 9_460_730_472_580_800, 1),
        "ha" | "hectare" | "hectares" => (AREA, 10_000, 1),
        "L" | "l" | "liter" | "liters" | "litre" | "litres" => (VOLUME, 1, 1_000),
        "cc" => (VOLUME, 1, 1_000_000),
        "mph" => (SPEED, 1_609_344, 3_600_000),
        "kph" | "kmh" | "kmph" => (SPEED, 1_000, 3_600),
        "g" | "gm" | "gram" | "grams" => (MASS, 1, 1_000),
        "lb" | "lbs" => (MASS, 45_359_237, 100_000_000),
        "s" | "sec" | "secs" | "second" | "seconds" => (TIME, 1, 1),
        "min" | "mins" | "minute" | "minutes" => (TIME, 60, 1),
        "h" | "hr" | "hrs" | "hour" | "hours" => (TIME, 3_600, 1),
        "day" | "days" => (TIME, 86_400, 1),
        "week" | "weeks" => (TIME, 604_800, 1),
        "year" | "years" | "yr" | "yrs" => (TIME, 31_557_600, 1),
        "Hz" | "hertz" => (RATE, 1, 1),
        "A" | "amp" | "amps" | "ampere" | "amperes" => (CURRENT, 1, 1),
        "coulomb" | "coulombs" => (CHARGE, 1, 1),
        "K" | "kelvin" | "kelvins" => (KELVIN, 1, 1),
        "mol" | "mole" | "moles" => (AMOUNT, 1, 1),
        "cd" | "candela" => (LIGHT, 1, 1),
        "°C" | "degrees Celsius" | "degree Celsius" | "degrees C" | "celsius" => (CELSIUS, 1, 1),
        "°F" | "degrees Fahrenheit" | "degree Fahrenheit" | "degrees F" | "fahrenheit" => {
            (FAHRENHEIT, 1, 1)
        }
        "$" | "dollar" | "dollars" | "USD" | "usd" => (DOLLARS, 1, 1),
        "¢" | "cent" | "cents" => (DOLLARS, 1, 100),
        "€" | "euro" | "euros" | "EUR" => (EUROS, 1, 1),
        "£" | "GBP" => (POUNDS, 1, 1),
        "N" | "newton" | "newtons" => (FORCE, 1, 1),
        "J" | "joule" | "joules" => (ENERGY, 1, 1),
        "eV" => (ENERGY, 1_602_176_634, 10_000_000_000_000_000_000),
        "W" | "watt" | "watts" => (POWER, 1, 1),
        "Pa" | "pascal" | "pascals" => (PRESSURE, 1, 1),
        "atm" => (PRESSURE, 101_325, 1),
        "V" | "volt" | "volts" => (VOLTAGE, 1, 1),
        "Ω" | "ohm" | "ohms" => (RESISTANCE, 1, 1),
        "T" | "tesla" | "teslas" => (FIELD, 1, 1),
        "farad" | "farads" => (CAPACITY, 1, 1),
        _ => return None,
    };
    // The unit of energy of an electron is too small for one fraction of machine words.
    let below =
        if name == "eV" { UBig::from(below) * UBig::from(1_000_000_000u64) } else { below.into() };
    Some(Unit { powers, scale: RBig::from_parts(above.into(), below) })
}
