//! `\boxed{…}` and `\fbox{…}`: the last one, with those that are listed beside it.
//!
//! A text that ends inside a box, at the length limit, has no answer: what it was about to say there is
//! not known, and a box before it was not its last word.

use super::mention::{is_mention, is_unbraced_answer};
use std::borrow::Cow;

/// Most boxes that are read as one list.
const LONGEST_LIST: usize = 64;

/// Words between two boxes that withdraw the first.
const RETRACTIONS: [&str; 19] = [
    "but",
    "thus",
    "so",
    "then",
    "not",
    "actually",
    "wait",
    "therefore",
    "hence",
    "final",
    "finally",
    "instead",
    "wrong",
    "correct",
    "rather",
    "is",
    "was",
    "which",
    "equivalently",
];

/// What stands in boxes.
pub(crate) enum Boxes<'a> {
    /// There is no box, or boxes are only named.
    None,
    /// The last box is never closed.
    Unclosed,
    /// The content of the last box, or of the last boxes as a list.
    Content(Cow<'a, str>),
}

/// A closed box: where it begins, its content, and where it ends.
#[derive(Debug, Clone, Copy)]
struct Found {
    start: usize,
    open: usize,
    close: usize,
    end: usize,
}

/// The answer in boxes, found in one pass.
pub(crate) fn boxes(text: &str) -> Boxes<'_> {
    let (found, cut_off) = scan(text);
    if cut_off {
        return Boxes::Unclosed;
    }
    let Some(last) = found.last().copied() else { return Boxes::None };
    // From the last box backwards, as long as what stands between is a list.
    let mut listed = vec![last];
    for &before in found.iter().rev().skip(1) {
        let next = listed[listed.len() - 1];
        if before.start > next.start {
            // A box inside the next one.
            continue;
        }
        let between = text.get(before.end..next.start);
        if listed.len() >= LONGEST_LIST || !between.is_some_and(is_list) {
            break;
        }
        listed.push(before);
    }
    let content = |found: &Found| text[found.open..found.close].trim();
    if let [only] = &listed[..] {
        return Boxes::Content(Cow::Borrowed(content(only)));
    }
    let mut contents: Vec<&str> = listed.iter().rev().map(content).collect();
    // The same answer, given again.
    contents.dedup();
    if let [only] = contents[..] {
        return Boxes::Content(Cow::Borrowed(only));
    }
    Boxes::Content(Cow::Owned(contents.join(" , ")))
}

/// All closed boxes in the order in which they close, and whether the text ends inside one.
fn scan(text: &str) -> (Vec<Found>, bool) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // Open braces, with the beginning of the box where one opens a box.
    let mut open: Vec<(Option<usize>, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => match box_at(text, at) {
                Some((content, true)) => {
                    open.push((Some(at), content));
                    at = content;
                }
                Some((content, false)) => {
                    let close = content + unbraced(&text[content..]);
                    if is_unbraced_answer(&text[content..close], &text[close..]) {
                        found.push(Found { start: at, open: content, close, end: close });
                    }
                    at = close;
                }
                // Text that was escaped twice.
                None if box_at(text, at + 1).is_some() => at += 1,
                None => at += 2,
            },
            byte => {
                if byte == b'{' {
                    open.push((None, at + 1));
                } else if byte == b'}'
                    && let Some((Some(start), content)) = open.pop()
                    && !is_mention(&text[..start], &text[content..at])
                {
                    found.push(Found { start, open: content, close: at, end: at + 1 });
                }
                at += 1;
            }
        }
    }
    let cut_off = open.iter().any(|(start, _)| start.is_some());
    (found, cut_off)
}

/// The length of the content of `\boxed 42`: up to the next space.
fn unbraced(tail: &str) -> usize {
    tail.find(|c: char| c.is_whitespace() || "$\\".contains(c)).unwrap_or(tail.len())
}

/// Where the content of a box begins that stands here, and whether it is in braces.
fn box_at(text: &str, at: usize) -> Option<(usize, bool)> {
    let tail = text.get(at..)?;
    let name = ["\\boxed", "\\fbox"].into_iter().find(|name| tail.starts_with(name))?;
    let behind = &tail[name.len()..];
    if behind.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let spaces = behind.len() - behind.trim_start().len();
    let start = at + name.len() + spaces;
    Some(match behind[spaces..].starts_with('{') {
        true => (start + 1, true),
        false => (start, false),
    })
}

/// Whether two boxes with this between them are items of one list: signs alone, or a few words with
/// one "and" or "or" among them.
fn is_list(between: &str) -> bool {
    if between.len() > 120 || between.contains("\n\n") {
        return false;
    }
    // The name of what stands in the next box belongs to it, as in `\boxed{1}, y = \boxed{2}`.
    let mut text = between.trim_end();
    if let Some(named) = text.strip_suffix('=') {
        let start = named.rfind(|c: char| {
            c == '$' || c == '(' || c == ',' || c.is_whitespace() && !named.ends_with(' ')
        });
        text = &named[..start.unwrap_or(0)];
    }
    if text.contains(". ") || text.trim_end().ends_with('.') || text.contains('=') {
        return false;
    }
    let text = text.replace("\\text", " ").replace("\\quad", " ").replace("\\qquad", " ");
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let connectives = words.iter().filter(|word| matches!(&***word, "and" | "or")).count();
    let retracted = words.iter().any(|word| RETRACTIONS.contains(&&**word));
    words.is_empty() || connectives == 1 && words.len() <= 6 && !retracted
}
