//! The pieces of a line of prose: words, and maximal runs of mathematics between them.
//!
//! A run takes in everything that belongs to it (operators, brackets, commands with their arguments,
//! scripts, functions, units behind a number), so that no number is picked out of a formula.

use super::pieces::{Piece, PieceKind, pieces};
use crate::spelled;

/// Most bytes of a line that are looked at, from its end.
const LONGEST_LINE: usize = 4_000;

/// A word, a run of mathematics, or punctuation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// In lower case.
    Word(String),
    /// Mathematics, without formula signs.
    Run(String),
    Comma,
    Colon,
    /// The end of a sentence.
    Stop,
}

/// The words and the runs of a line.
pub(super) fn items(line: &str) -> Vec<Item> {
    let mut start = line.len().saturating_sub(LONGEST_LINE);
    while !line.is_char_boundary(start) {
        start += 1;
    }
    let mut pieces = pieces(&line[start..]);
    drop_remarks(&mut pieces);
    // Beside formulas, words such as "zero" in "the zero matrix" are no numbers.
    let worded = !line.contains(['$', '\\']);
    let mut items = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let (item, next) = run(&pieces, at)
            .or_else(|| number_in_words(&pieces, at).filter(|_| worded))
            .unwrap_or_else(|| (single(&pieces[at]), at + 1));
        // "75 roses × 8 = 600 thorns": the words between do not hide what the calculation gives.
        let equated = pieces[at].text == "=" && matches!(item, Item::Run(_));
        items.extend(equated.then(|| Item::Word("=".into())));
        items.push(item);
        at = next;
    }
    items
}

/// A piece that belongs to no run.
fn single(piece: &Piece<'_>) -> Item {
    match piece.kind {
        PieceKind::Comma => Item::Comma,
        PieceKind::Colon => Item::Colon,
        PieceKind::Stop => Item::Stop,
        _ => Item::Word(piece.text.to_lowercase()),
    }
}

/// The run that begins here, and where the line goes on behind it.
fn run(pieces: &[Piece<'_>], start: usize) -> Option<(Item, usize)> {
    if !is_mathematics(pieces, start) {
        return None;
    }
    let mut at = start;
    let mut depth = 0usize;
    let mut text = String::new();
    while at < pieces.len() {
        let piece = &pieces[at];
        let inside = depth > 0 && piece.kind == PieceKind::Comma;
        if inside || is_mathematics(pieces, at) {
            match piece.kind {
                PieceKind::Open => depth += 1,
                PieceKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if piece.spaced && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(piece.text);
            at += 1;
        } else if let Some(next) = joint(pieces, at) {
            text.push_str(" , ");
            at = next;
        } else {
            break;
        }
    }
    let text = trimmed(&text);
    // Operators alone are punctuation.
    text.chars()
        .any(|c| c.is_alphanumeric() || "∞∅".contains(c))
        .then(|| (Item::Run(text.to_owned()), at))
}

/// Where the next item of a list begins, if a comma, an "and" or an "or" joins two runs here.
fn joint(pieces: &[Piece<'_>], at: usize) -> Option<usize> {
    let connects =
        |at: usize| pieces.get(at).is_some_and(|piece| matches!(piece.text, "and" | "or" | "&"));
    let next = match pieces[at].kind {
        PieceKind::Comma if connects(at + 1) => at + 2,
        PieceKind::Comma => at + 1,
        _ if connects(at) => at + 1,
        _ => return None,
    };
    let follows = next < pieces.len()
        && is_mathematics(pieces, next)
        && pieces[next].kind != PieceKind::Close
        && !matches!(pieces[next].text, "=" | "*" | "/");
    follows.then_some(next)
}

/// Whether a piece is part of mathematics.
fn is_mathematics(pieces: &[Piece<'_>], at: usize) -> bool {
    let near = |at: Option<usize>| at.and_then(|at| pieces.get(at));
    let (before, behind) = (near(at.checked_sub(1)), near(Some(at + 1)));
    match pieces[at].kind {
        PieceKind::Atom | PieceKind::Open | PieceKind::Close => true,
        // A dash between words is none.
        PieceKind::Operator => {
            let value = |piece: Option<&Piece<'_>>| {
                piece.is_some_and(|piece| {
                    !matches!(piece.kind, PieceKind::Word | PieceKind::Stop | PieceKind::Colon)
                })
            };
            value(before) || value(behind)
        }
        PieceKind::Letter => {
            let operator = |piece: Option<&Piece<'_>>| {
                piece.is_some_and(|piece| {
                    matches!(piece.kind, PieceKind::Operator | PieceKind::Open)
                })
            };
            let bracketed = before.is_some_and(|piece| piece.kind == PieceKind::Open)
                && behind
                    .is_some_and(|piece| matches!(piece.kind, PieceKind::Close | PieceKind::Comma));
            let listed = before.is_some_and(|piece| piece.kind == PieceKind::Comma)
                && behind.is_some_and(|piece| piece.kind == PieceKind::Close);
            let tight = !pieces[at].spaced
                && before.is_some_and(|p| {
                    matches!(p.kind, PieceKind::Atom | PieceKind::Close | PieceKind::Letter)
                });
            let opens = behind.is_some_and(|p| p.kind == PieceKind::Open && p.spaced);
            operator(before) || operator(behind) && !opens || bracketed || listed || tight
        }
        PieceKind::Comma | PieceKind::Colon | PieceKind::Stop | PieceKind::Word => false,
    }
}

/// A run without operators that lead nowhere.
fn trimmed(text: &str) -> &str {
    let leading = |c: char| c.is_whitespace() || "=*/^_,·×÷≈%!>".contains(c);
    let trailing = |c: char| c.is_whitespace() || "=+-−–*/^_,·×÷<>≤≥≈√±".contains(c);
    text.trim_start_matches(leading).trim_end_matches(trailing)
}

/// A number in words: the longest that begins here.
fn number_in_words(pieces: &[Piece<'_>], start: usize) -> Option<(Item, usize)> {
    let word = |at: usize| {
        pieces
            .get(at)
            .filter(|piece| piece.kind == PieceKind::Word)
            .map(|piece| piece.text.to_lowercase())
    };
    let first = word(start)?;
    spelled::meaning(first.split('-').next()?).filter(|_| first != "half")?;
    // "This one", "one of the boxes": no number.
    let before = start.checked_sub(1).and_then(word);
    let pronoun = before.is_some_and(|before| {
        matches!(&*before, "this" | "that" | "the" | "each" | "every" | "no" | "which" | "any")
    }) || word(start + 1).is_some_and(|next| next == "of" || next == "another");
    if first == "one" && pronoun {
        return None;
    }
    let (mut words, mut best) = (String::new(), None);
    for at in start..pieces.len().min(start + 8) {
        let Some(next) = word(at) else { break };
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&next);
        if spelled::meaning(&words).is_some() {
            best = Some((words.clone(), at + 1));
        }
    }
    best.map(|(words, end)| (Item::Run(words), end))
}

/// Takes out brackets with words in them, and brackets that do not match.
fn drop_remarks(pieces: &mut Vec<Piece<'_>>) {
    let mut dropped = vec![false; pieces.len()];
    // Where a bracket opens, and whether words stand in it.
    let mut open: Vec<(usize, bool)> = Vec::new();
    for at in 0..pieces.len() {
        match pieces[at].kind {
            PieceKind::Open => open.push((at, false)),
            PieceKind::Close => match open.pop() {
                Some((start, true)) => {
                    dropped[start..=at].fill(true);
                }
                Some(_) => {}
                None => dropped[at] = true,
            },
            PieceKind::Word | PieceKind::Stop => {
                if let Some(last) = open.last_mut() {
                    last.1 = true;
                }
            }
            _ => {}
        }
    }
    for (start, _) in open {
        dropped[start] = true;
    }
    let mut at = 0;
    pieces.retain(|_| {
        at += 1;
        !dropped[at - 1]
    });
}

/// The only run of mathematics of a text.
pub(super) fn only(text: &str) -> Option<String> {
    let mut runs = items(text).into_iter().filter_map(|item| match item {
        Item::Run(run) => Some(run),
        _ => None,
    });
    let first = runs.next()?;
    runs.next().is_none().then_some(first)
}
