//! The text form of estimators: `name:key=value,key=value`, read and written.

use crate::{CATALOGUE, Error, Estimator};
use std::fmt;
use std::str::FromStr;

/// Which numbers a parameter takes, and how a message says so.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    contains: fn(f64) -> bool,
    allowed: &'static str,
}

/// The ranges of the parameters.
pub(crate) mod range {
    use super::Range;

    pub(crate) const ANY: Range = Range { contains: |_| true, allowed: "any finite number" };
    pub(crate) const NOT_NEGATIVE: Range =
        Range { contains: |x| x >= 0.0, allowed: "0 or any positive finite number" };
    pub(crate) const SHARE: Range =
        Range { contains: |x| x > 0.0 && x <= 1.0, allowed: "a number above 0, up to 1" };
    pub(crate) const BELOW_ONE: Range =
        Range { contains: |x| x > 0.0 && x < 1.0, allowed: "a number above 0, below 1" };

    impl Range {
        /// The one that is given, or any number.
        pub(crate) fn or_any(given: Option<Self>) -> Self {
            given.unwrap_or(ANY)
        }

        /// Refuses a number outside.
        pub(crate) fn check(self, key: &'static str, number: f64) -> Result<(), crate::Error> {
            if number.is_finite() && (self.contains)(number) {
                return Ok(());
            }
            Err(crate::Error::parameter(key, number, self.allowed))
        }
    }
}

/// What a parameter of an estimator can be.
pub(crate) trait Value {
    /// The text that reads back to this value.
    fn write(&self) -> String;

    /// Takes the value that a text stands for; numbers must lie in `range`.
    fn read(&mut self, key: &'static str, text: &str, range: Range) -> Result<(), Error>;

    /// Whether all that follows the key is its text, commas too.
    fn takes_the_rest(&self) -> bool {
        false
    }
}

impl Value for f64 {
    fn write(&self) -> String {
        shortest(*self)
    }

    fn read(&mut self, key: &'static str, text: &str, range: Range) -> Result<(), Error> {
        match text.parse::<Self>() {
            Ok(number) if number.is_finite() && (range.contains)(number) => *self = number,
            _ => return Err(Error::parameter(key, text, range.allowed)),
        }
        Ok(())
    }
}

impl Value for usize {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(&mut self, key: &'static str, text: &str, _: Range) -> Result<(), Error> {
        match text.parse::<Self>() {
            Ok(count) if count >= 1 => *self = count,
            _ => return Err(Error::parameter(key, text, "a whole number of 1 or more")),
        }
        Ok(())
    }
}

/// A value that is one of a few words.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// Every value with its word.
    const CHOICES: &'static [(&'static str, Self)];
}

impl<T: Choice> Value for T {
    fn write(&self) -> String {
        let found = Self::CHOICES.iter().find(|(_, candidate)| candidate == self);
        found.map_or_else(String::new, |(word, _)| (*word).to_owned())
    }

    fn read(&mut self, key: &'static str, text: &str, _: Range) -> Result<(), Error> {
        let words = || Self::CHOICES.iter().map(|(word, _)| *word);
        let found = Self::CHOICES.iter().find(|(word, _)| *word == text);
        let (_, value) = found.ok_or_else(|| {
            let (words, nearest) = (list(words()), nearest(words(), text));
            Error::parameter(key, text, format!("one of {words}; the nearest is {nearest}"))
        })?;
        *self = *value;
        Ok(())
    }
}

/// Whether to divide by the standard deviation of the group.
impl Choice for bool {
    const CHOICES: &'static [(&'static str, Self)] = &[("none", false), ("sample", true)];
}

/// When the text of an estimator names a parameter.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shown {
    Always,
    UnlessDefault,
}

/// One parameter, borrowed from its estimator.
pub(crate) struct Field<'a> {
    pub(crate) key: &'static str,
    pub(crate) shown: Shown,
    pub(crate) value: &'a mut dyn Value,
    pub(crate) range: Range,
}

impl FromStr for Estimator {
    type Err = Error;

    /// Reads `name` or `name:key=value,…`; parameters left out take the catalogue's value.
    ///
    /// `of=`, whose value is an estimator, comes last: all that follows is its text.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, parameters) = match text.trim().split_once(':') {
            Some((name, parameters)) => (name, Some(parameters)),
            None => (text.trim(), None),
        };
        let mut estimator = find(name).ok_or_else(|| unknown(name))?.clone();
        let mut seen = Vec::new();
        let mut rest = parameters;
        while let Some(text) = rest {
            let (part, later) = match text.split_once(',') {
                Some((part, later)) => (part, Some(later)),
                None => (text, None),
            };
            let malformed =
                || Error::MalformedParameter { estimator: estimator.name(), text: part.to_owned() };
            let (key, value) = part.split_once('=').ok_or_else(malformed)?;
            if key.is_empty() || value.is_empty() || seen.contains(&key) {
                return Err(malformed());
            }
            seen.push(key);
            let whole = &text[key.len() + 1..];
            rest = if estimator.set(key, value, whole)? { None } else { later };
        }
        Ok(estimator)
    }
}

impl fmt::Display for Estimator {
    /// Writes the text that parses back to this value: β, `k` and what else says which of a family it
    /// is always, other parameters unless default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let mut separator = ':';
        for (key, value) in self.parameters() {
            write!(f, "{separator}{key}={value}")?;
            separator = ',';
        }
        Ok(())
    }
}

impl Estimator {
    /// The parameters that the text form names, each as key and value.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let (mut this, mut default) = (self.clone(), find(self.name()).unwrap_or(self).clone());
        let pairs = this.fields().into_iter().zip(default.fields());
        pairs
            .map(|(field, default)| (field, default.value.write()))
            .filter(|(field, default)| {
                field.shown == Shown::Always || field.value.write() != *default
            })
            .map(|(field, _)| (field.key, field.value.write()))
            .collect()
    }

    /// Sets a parameter to `value`, or to `rest` where it takes all that follows; returns whether it did.
    fn set(&mut self, key: &str, value: &str, rest: &str) -> Result<bool, Error> {
        let estimator = self.name();
        let mut fields = self.fields();
        match fields.iter_mut().find(|field| field.key == key) {
            Some(field) => {
                let takes_the_rest = field.value.takes_the_rest();
                let text = if takes_the_rest { rest } else { value };
                field.value.read(field.key, text, field.range)?;
                Ok(takes_the_rest)
            }
            None => Err(Error::UnknownParameter {
                estimator,
                key: key.to_owned(),
                allowed: list(fields.iter().map(|field| field.key)),
            }),
        }
    }
}

fn find(name: &str) -> Option<&'static Estimator> {
    CATALOGUE.iter().map(|entry| &entry.estimator).find(|estimator| estimator.name() == name)
}

fn unknown(name: &str) -> Error {
    let names = || CATALOGUE.iter().map(|entry| entry.estimator.name());
    Error::UnknownEstimator {
        name: name.to_owned(),
        nearest: nearest(names(), name),
        known: list(names()),
    }
}

/// The known name that the fewest slips of the keyboard lead to; of a text that is far too long its
/// beginning counts.
fn nearest(known: impl Iterator<Item = &'static str>, name: &str) -> &'static str {
    const LONGEST: usize = 64;
    let name: String = name.chars().take(LONGEST).collect();
    known.min_by_key(|known| strsim::damerau_levenshtein(known, &name)).unwrap_or_default()
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The beginning of a text, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The shorter of the two texts that read back to the same number.
pub(crate) fn shortest(number: f64) -> String {
    let (plain, scientific) = (number.to_string(), format!("{number:e}"));
    if scientific.len() < plain.len() { scientific } else { plain }
}
