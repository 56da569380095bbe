//! The letter that a completion chooses.

use super::announced::{behind_marker, first_sentence};

/// A capital letter that a completion chooses: behind a marker, or at its very beginning or end.
pub(crate) fn choice_in_prose(text: &str) -> Option<char> {
    let lone = |words: Vec<&str>| {
        words.into_iter().find_map(|word| {
            let mut letters = word.trim_matches(|c: char| !c.is_alphanumeric()).chars();
            let first = letters.next()?;
            (first.is_ascii_uppercase() && letters.next().is_none() && !word.contains('\''))
                .then_some(first)
        })
    };
    if let Some(behind) = behind_marker(text) {
        return lone(first_sentence(behind).split_whitespace().collect());
    }
    let trimmed = text.trim_start_matches(['(', '*', ' ']);
    let mut letters = trimmed.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some('.' | ')' | ':' | ',' | '*')) if first.is_ascii_uppercase() => {
            Some(first)
        }
        (Some(first), None) if first.is_ascii_uppercase() => Some(first),
        _ => lone(text.split_whitespace().rev().take(3).collect()),
    }
}
