//! Units, and the table of them: names, prefixes, quantities and sizes.

use dashu_int::UBig;
use dashu_ratio::RBig;

/// Base quantities: length, mass, time, current, temperature in kelvin, amount, light, degrees Celsius,
/// degrees Fahrenheit, and dollars, euros, pounds of money.
pub(super) const QUANTITIES: usize = 12;

/// Largest power of a unit.
pub(super) const LARGEST_POWER: i8 = 12;

/// A unit: the powers of base quantities, and how many base units it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unit {
    pub(super) powers: [i8; QUANTITIES],
    /// In base units of every quantity: metre, kilogram, second ….
    pub(super) scale: RBig,
}

impl Unit {
    /// How many of the other unit this one is, if both measure the same quantity.
    pub(crate) fn in_terms_of(&self, other: &Self) -> Option<RBig> {
        (self.powers == other.powers).then(|| &self.scale / &other.scale)
    }

    pub(super) fn one() -> Self {
        Self { powers: [0; QUANTITIES], scale: RBig::ONE }
    }

    /// This unit times a power of another; nothing beyond the limits.
    pub(super) fn times(mut self, other: &Self, power: i8) -> Option<Self> {
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

/// The unit of a name, with or without a prefix.
pub(super) fn named(name: &str) -> Option<Unit> {
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

/// Whether an upright letter behind a number is the symbol of a unit. Those with two meanings, as C and F,
/// are compared with nothing.
pub(super) fn is_symbol(letter: char) -> bool {
    matches!(letter, 'm' | 'g' | 's' | 'h' | 'L' | 'l' | 'N' | 'J' | 'W' | 'V' | 'A' | 'K' | 'T')
        || matches!(letter, 'C' | 'F' | 'H' | 'M')
}

/// The unit that a command stands for.
pub(super) fn command(name: &str) -> Option<&'static str> {
    Some(match name {
        "mathring" | "AA" | "angstrom" => "Å",
        "meter" | "metre" => "meter",
        "centimeter" => "centimeter",
        "kilometer" => "kilometer",
        "per" => "per",
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
