//! The text form of estimators: `name:key=value,key=value`, read and written.

use crate::{Base, CATALOGUE, Error, Estimator, Spread};
use std::fmt;
use std::str::FromStr;

const SPREADS: &[(&str, Spread)] =
    &[("sample", Spread::Sample), ("population", Spread::Population)];
const BASES: &[(&str, Base)] =
    &[("grpo", Base::Grpo), ("dr-grpo", Base::DrGrpo), ("rloo", Base::Rloo)];
const DIVISORS: &[(&str, bool)] = &[("none", false), ("sample", true)];

impl FromStr for Estimator {
    type Err = Error;

    /// Reads `name` or `name:key=value,…`; parameters left out take the catalogue's value.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, parameters) = match text.trim().split_once(':') {
            Some((name, parameters)) => (name, Some(parameters)),
            None => (text.trim(), None),
        };
        let mut estimator = find(name).ok_or_else(|| unknown(name))?;
        let mut seen = Vec::new();
        for part in parameters.into_iter().flat_map(|parameters| parameters.split(',')) {
            let malformed =
                || Error::MalformedParameter { estimator: estimator.name(), text: part.to_owned() };
            let (key, value) = part.split_once('=').ok_or_else(malformed)?;
            if key.is_empty() || value.is_empty() || seen.contains(&key) {
                return Err(malformed());
            }
            seen.push(key);
            estimator.set(key, value)?;
        }
        Ok(estimator)
    }
}

impl fmt::Display for Estimator {
    /// Writes the text that parses back to this value: β and `k` always, others unless default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut this, mut default) = (*self, find(self.name()).unwrap_or(*self));
        f.write_str(self.name())?;
        let mut separator = ':';
        for (field, default) in this.fields().iter().zip(default.fields()) {
            let (key, value) = (field.key(), field.value());
            if matches!(key, "beta" | "k") || value != default.value() {
                write!(f, "{separator}{key}={value}")?;
                separator = ',';
            }
        }
        Ok(())
    }
}

impl Estimator {
    /// The name, without parameters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RsGrpo { .. } => "rs-grpo",
            Self::Grpo { .. } => "grpo",
            Self::DrGrpo => "dr-grpo",
            Self::Rloo => "rloo",
            Self::MaxRl { .. } => "maxrl",
            Self::RsLoo { .. } => "rs-loo",
            Self::Pkpo { .. } => "pkpo",
            Self::PkpoLoo { .. } => "pkpo-loo",
            Self::PkpoLoo1 { .. } => "pkpo-loo1",
            Self::PkpoLooMm { .. } => "pkpo-loo-mm",
            Self::PassAtK { .. } => "pass-at-k",
            Self::Focal { .. } => "focal",
            Self::PassAtKRloo { .. } => "pass-at-k-rloo",
            Self::GrpoPassK { .. } => "grpo-passk",
            Self::EntropicLoo { .. } => "entropic-loo",
            Self::EntropicAdaptive => "entropic-adaptive",
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let estimator = self.name();
        let mut fields = self.fields();
        match fields.iter_mut().find(|field| field.key() == key) {
            Some(field) => field.set(value),
            None => Err(Error::UnknownParameter {
                estimator,
                key: key.to_owned(),
                allowed: list(fields.iter().map(Field::key)),
            }),
        }
    }

    /// The parameters, in the order they are written.
    fn fields(&mut self) -> Vec<Field<'_>> {
        match self {
            Self::RsGrpo { beta } | Self::RsLoo { beta } | Self::EntropicLoo { beta } => {
                vec![Field::Beta(beta)]
            }
            Self::Grpo { epsilon, spread } => vec![Field::Epsilon(epsilon), Field::Spread(spread)],
            Self::MaxRl { epsilon } => vec![Field::Epsilon(epsilon)],
            Self::Pkpo { k }
            | Self::PkpoLoo { k }
            | Self::PkpoLoo1 { k }
            | Self::PkpoLooMm { k }
            | Self::PassAtKRloo { k } => vec![Field::K(k)],
            Self::PassAtK { k, epsilon } => vec![Field::K(k), Field::Epsilon(epsilon)],
            Self::Focal { k, base } => vec![Field::K(k), Field::Base(base)],
            Self::GrpoPassK { normalise } => vec![Field::Normalise(normalise)],
            Self::DrGrpo | Self::Rloo | Self::EntropicAdaptive => vec![],
        }
    }
}

/// One parameter, borrowed from its estimator.
enum Field<'a> {
    Beta(&'a mut f64),
    Epsilon(&'a mut f64),
    K(&'a mut usize),
    Spread(&'a mut Spread),
    Base(&'a mut Base),
    Normalise(&'a mut bool),
}

impl Field<'_> {
    fn key(&self) -> &'static str {
        match self {
            Self::Beta(_) => "beta",
            Self::Epsilon(_) => "eps",
            Self::K(_) => "k",
            Self::Spread(_) | Self::Normalise(_) => "std",
            Self::Base(_) => "base",
        }
    }

    fn value(&self) -> String {
        match self {
            Self::Beta(number) | Self::Epsilon(number) => shortest(**number),
            Self::K(count) => count.to_string(),
            Self::Spread(spread) => name_of(**spread, SPREADS),
            Self::Base(base) => name_of(**base, BASES),
            Self::Normalise(normalise) => name_of(**normalise, DIVISORS),
        }
    }

    fn set(&mut self, text: &str) -> Result<(), Error> {
        match self {
            Self::Beta(beta) => **beta = number("beta", text, "any finite number", |_| true)?,
            Self::Epsilon(epsilon) => {
                **epsilon = number("eps", text, "0 or any positive finite number", |x| x >= 0.0)?;
            }
            Self::K(k) => **k = count("k", text)?,
            Self::Spread(spread) => **spread = choice("std", text, SPREADS)?,
            Self::Base(base) => **base = choice("base", text, BASES)?,
            Self::Normalise(normalise) => **normalise = choice("std", text, DIVISORS)?,
        }
        Ok(())
    }
}

fn find(name: &str) -> Option<Estimator> {
    CATALOGUE.iter().map(|entry| entry.estimator).find(|estimator| estimator.name() == name)
}

fn unknown(name: &str) -> Error {
    let names = || CATALOGUE.iter().map(|entry| entry.estimator.name());
    Error::UnknownEstimator {
        name: name.to_owned(),
        nearest: nearest(names(), name),
        known: list(names()),
    }
}

/// The known name that the fewest slips of the keyboard lead to.
fn nearest(known: impl Iterator<Item = &'static str>, name: &str) -> &'static str {
    known.min_by_key(|known| strsim::damerau_levenshtein(known, name)).unwrap_or_default()
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn number(
    parameter: &'static str,
    text: &str,
    allowed: &str,
    is_allowed: impl Fn(f64) -> bool,
) -> Result<f64, Error> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && is_allowed(number) => Ok(number),
        _ => Err(Error::parameter(parameter, text, allowed)),
    }
}

fn count(parameter: &'static str, text: &str) -> Result<usize, Error> {
    match text.parse::<usize>() {
        Ok(count) if count >= 1 => Ok(count),
        _ => Err(Error::parameter(parameter, text, "a whole number of 1 or more")),
    }
}

fn choice<T: Copy>(
    parameter: &'static str,
    text: &str,
    choices: &[(&'static str, T)],
) -> Result<T, Error> {
    let found = choices.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names = list(choices.iter().map(|(name, _)| *name));
        let nearest = nearest(choices.iter().map(|(name, _)| *name), text);
        Error::parameter(parameter, text, format!("one of {names}; the nearest is {nearest}"))
    })
}

fn name_of<T: Copy + PartialEq>(value: T, choices: &[(&'static str, T)]) -> String {
    let found = choices.iter().find(|(_, candidate)| *candidate == value);
    found.map_or_else(String::new, |(name, _)| (*name).to_owned())
}

/// The shorter of the two texts that read back to the same number.
fn shortest(number: f64) -> String {
    let (plain, scientific) = (number.to_string(), format!("{number:e}"));
    if scientific.len() < plain.len() { scientific } else { plain }
}
