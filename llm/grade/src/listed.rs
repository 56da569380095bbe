//! Answers that a program has written: JSON and Python lists of texts, and sets with what they solve.

use crate::spelled;

/// Most items of a list.
const MOST_ITEMS: usize = 1_000;

/// The texts of `["3", "-3"]`, `['3', '-3']` or `("3", "-3")`, and whether their order counts, as it does
/// in round brackets.
pub(super) fn texts(answer: &str) -> Option<(Vec<String>, bool)> {
    let inside = |open, close| answer.strip_prefix(open)?.strip_suffix(close);
    let list: Option<&str> = inside('[', ']');
    let inner = list.or_else(|| inside('(', ')'))?.trim();
    let mut rest = inner;
    let mut items = Vec::new();
    loop {
        let (item, behind) = quoted(rest)?;
        items.push(item);
        rest = behind.trim_start();
        if rest.is_empty() {
            return (items.len() <= MOST_ITEMS).then_some((items, list.is_none()));
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// A text in quotation marks, and what stands behind it. A backslash before a quotation mark or another
/// backslash does not count, others belong to LaTeX.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mark = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut item = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next_if(|(_, next)| *next == mark || *next == '\\') {
                Some((_, escaped)) => item.push(escaped),
                None => item.push('\\'),
            },
            letter if letter == mark => return Some((item, &text[at + mark.len_utf8()..])),
            letter => item.push(letter),
        }
    }
    None
}

/// What is said before the colon, and the set behind it, of `x < -7: (-\infty, -7)`.
pub(super) fn restated(answer: &str) -> Option<(&str, &str)> {
    if !answer.contains(':') {
        return None;
    }
    let (mut depth, mut colon) = (0usize, None);
    for (at, byte) in answer.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && colon.is_some() => return None,
            b':' if depth == 0 && !answer[..at].ends_with('\\') => colon = Some(at),
            _ => {}
        }
    }
    let colon = colon?;
    let (said, set) = (answer[..colon].trim(), answer[colon + 1..].trim());
    let bare = set.trim_start_matches("\\left").trim_start_matches('$').trim_start();
    let is_set = bare.starts_with(['(', '['])
        || ["\\mathbb{R}", "\\{", "\\emptyset", "\\varnothing"]
            .iter()
            .any(|set| bare.starts_with(set));
    let orders = ["<", ">", "\\l", "\\g", "\\ne", "≤", "≥", "≠"];
    let bounds = orders.iter().any(|order| said.contains(order));
    let solved = said.contains('=') && bare.starts_with("\\{");
    (is_set && (bounds || solved || spelled::meaning(said).is_some())).then_some((said, set))
}
