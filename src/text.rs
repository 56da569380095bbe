//! The text form of estimators: `name:key=value,key=value`, read and written.

use crate::parameter::{WhenShown, list, nearest};
use crate::{CATALOGUE, Error, Estimator};
use std::fmt;
use std::str::FromStr;

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
                field.shown == WhenShown::Always || field.value.write() != *default
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
