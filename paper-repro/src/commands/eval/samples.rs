//! Number of completions per problem, by set.

use crate::parse;

/// A number for all sets, and other ones for some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Samples {
    all: usize,
    some: Vec<(String, usize)>,
}

impl Samples {
    /// Reads a text such as `1024,math500=32`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let all = parse::size::<1>(parts.next().unwrap_or_default())?;
        let pair = |part: &str| {
            let (set, number) = part.rsplit_once('=').ok_or_else(|| {
                format!("allowed: a number, then DATA=NUMBER for other sets, as in 1024,math500=32; {part:?} is neither")
            })?;
            Ok((set.trim().to_owned(), parse::size::<1>(number)?))
        };
        Ok(Self { all, some: parts.map(pair).collect::<Result<_, String>>()? })
    }

    /// Refuses numbers for sets that are not evaluated.
    pub(super) fn check(&self, texts: &[String], names: &[String]) -> Result<(), String> {
        let known = |set: &String| texts.contains(set) || names.contains(set);
        match self.some.iter().find(|(set, _)| !known(set)) {
            Some((set, _)) => {
                Err(format!("--samples names {set:?}; allowed: one of {}", names.join(", ")))
            }
            None => Ok(()),
        }
    }

    /// The number for a set, by its text or its name.
    pub(super) fn of(&self, text: &str, name: &str) -> usize {
        let own = self.some.iter().find(|(set, _)| set == text || set == name);
        own.map_or(self.all, |(_, samples)| *samples)
    }
}
