//! The answer of a gold text that is prose: never a formula that only stands beside it.

use super::announced::{behind_marker, first_sentence};
use super::formula;
use super::runs::{Item, items};

/// How a qualifier begins, which may follow the answer.
const QUALIFIERS: [&str; 22] = [
    "where", "for", "with", "when", "attained", "if", "any", "some", "at", "such", "provided",
    "in", "because", "since", "as", "achieved", "reached", "assuming", "given", "which",
    "whenever", "all",
];

/// How a sentence leads to its answer.
const LEADS: [&str; 17] = [
    "is",
    "are",
    "equals",
    "be",
    "get",
    "obtain",
    "have",
    "gives",
    "yields",
    "was",
    "equal",
    "to",
    "following",
    "approximately",
    "exactly",
    "about",
    "has",
];

/// Words before the answer, and the answer: `Yes, since …` says yes.
const DECISIONS: [&str; 6] = ["yes", "no", "true", "false", "always", "never"];

/// The answer of a gold text that cannot be read as a whole: what it announces, or its first formula
/// with the qualifier behind it cut. `None` where that formula may be something else.
pub(crate) fn in_gold(text: &str) -> Option<String> {
    let announced = behind_marker(text).map(first_sentence);
    if let Some(announced) = announced {
        return Some(lone(announced).unwrap_or_else(|| announced.to_owned()));
    }
    decision(text).or_else(|| lone(text))
}

/// A decision with its reason behind it.
fn decision(text: &str) -> Option<String> {
    let text = text.trim();
    let (first, rest) = text.split_once(|c: char| !c.is_alphabetic())?;
    let is_reason = text[first.len()..].starts_with([',', '.', ';', ':'])
        || ["since", "because", "as"].iter().any(|w| rest.trim_start().starts_with(w));
    (DECISIONS.contains(&&*first.to_lowercase()) && is_reason).then(|| first.to_owned())
}

/// The first formula, if a verb or a colon leads to it, or nothing precedes it, and if nothing but a
/// qualifier follows.
fn lone(text: &str) -> Option<String> {
    let marks = text.contains('$') || text.contains("\\(") || text.contains("\\[");
    let items = items(text);
    let first = items.iter().position(|item| matches!(item, Item::Run(_)))?;
    if !marks || !has_one_sentence(&items) {
        return None;
    }
    let is_led = match first.checked_sub(1).map(|at| &items[at]) {
        None | Some(Item::Colon) => true,
        Some(Item::Word(word)) => LEADS.contains(&&**word),
        _ => false,
    };
    let denied = items[..first].iter().any(|item| matches!(item, Item::Word(w) if w == "not"));
    let behind = items[first + 1..].iter().find(|item| **item != Item::Comma);
    let is_cut = match behind {
        None | Some(Item::Stop) => true,
        Some(Item::Word(word)) => QUALIFIERS.contains(&&**word),
        _ => false,
    };
    let Item::Run(run) = &items[first] else { return None };
    // A formula and a condition on it, joined by a comma: `$x = k\pi$, $k \in \mathbb{Z}$`.
    (is_led && !denied && is_cut).then(|| {
        first_formula(text)
            .filter(|_| run.contains(" , ") && is_condition(run))
            .unwrap_or(run.clone())
    })
}

/// Whether the last item of a list only bounds a letter of the ones before it.
fn is_condition(run: &str) -> bool {
    run.rsplit_once(" , ").is_some_and(|(_, last)| {
        ["\\in", "∈", "\\ge", "\\le", "\\ne", ">", "<", "≥", "≤"]
            .iter()
            .any(|sign| last.contains(sign))
    })
}

fn first_formula(text: &str) -> Option<String> {
    let start = text.find(['$', '\\'])?;
    formula::inline(&text[start..]).map(|(inner, _)| inner.to_owned())
}

/// Whether no mathematics stands behind a full stop.
fn has_one_sentence(items: &[Item]) -> bool {
    let stop = items.iter().position(|item| *item == Item::Stop).unwrap_or(items.len());
    !items[stop..].iter().any(|item| matches!(item, Item::Run(_)))
}
