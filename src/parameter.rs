//! Parameters of estimators: what they can be, and their texts.

use crate::Error;

/// Which numbers a parameter takes, and how a message says so.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    contains: fn(f64) -> bool,
    allowed: &'static str,
}

/// The ranges of the parameters.
pub(crate) mod range {
    use super::{Error, Range};

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
        pub(crate) fn check(self, key: &'static str, number: f64) -> Result<(), Error> {
            if number.is_finite() && (self.contains)(number) {
                return Ok(());
            }
            Err(Error::parameter(key, number, self.allowed))
        }
    }
}

/// What a parameter of an estimator can be.
pub(crate) trait ParameterValue {
    /// The text that reads back to this value.
    fn write(&self) -> String;

    /// Takes the value that a text stands for; numbers must lie in `range`.
    fn read(&mut self, key: &'static str, text: &str, range: Range) -> Result<(), Error>;

    /// Whether all that follows the key is its text, commas too.
    fn takes_the_rest(&self) -> bool {
        false
    }
}

impl ParameterValue for f64 {
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

impl ParameterValue for usize {
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

impl<T: Choice> ParameterValue for T {
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
pub(crate) enum WhenShown {
    Always,
    UnlessDefault,
}

/// One parameter, borrowed from its estimator.
pub(crate) struct Field<'a> {
    pub(crate) key: &'static str,
    pub(crate) shown: WhenShown,
    pub(crate) value: &'a mut dyn ParameterValue,
    pub(crate) range: Range,
}

/// The known name that the fewest slips of the keyboard lead to; of a text that is far too long its
/// beginning counts.
pub(crate) fn nearest(known: impl Iterator<Item = &'static str>, name: &str) -> &'static str {
    const LONGEST: usize = 64;
    let name: String = name.chars().take(LONGEST).collect();
    known.min_by_key(|known| strsim::damerau_levenshtein(known, &name)).unwrap_or_default()
}

/// Names with commas between them.
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
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
