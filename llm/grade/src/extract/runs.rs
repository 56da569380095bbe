//! The pieces of a line of prose: words, and maximal runs of mathematics between them.
//!
//! A run takes in everything that belongs to it (operators, brackets, commands with their arguments,
//! scripts, functions, units behind a number), so that no number is picked out of a formula.

use super::formula;
use crate::read::{is_unit, multiplier};
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

/// What one piece of a line is by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A number, a command, a formula or a function: mathematics wherever it stands.
    Atom,
    /// A letter: mathematics beside an operator.
    Letter,
    Operator,
    Open,
    Close,
    Comma,
    Colon,
    Stop,
    Word,
}

#[derive(Debug, Clone)]
struct Piece<'a> {
    kind: Kind,
    text: &'a str,
    /// Whether space stands before it.
    spaced: bool,
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
        Kind::Comma => Item::Comma,
        Kind::Colon => Item::Colon,
        Kind::Stop => Item::Stop,
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
        let inside = depth > 0 && piece.kind == Kind::Comma;
        if inside || is_mathematics(pieces, at) {
            match piece.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
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
        Kind::Comma if connects(at + 1) => at + 2,
        Kind::Comma => at + 1,
        _ if connects(at) => at + 1,
        _ => return None,
    };
    let follows = next < pieces.len()
        && is_mathematics(pieces, next)
        && pieces[next].kind != Kind::Close
        && !matches!(pieces[next].text, "=" | "*" | "/");
    follows.then_some(next)
}

/// Whether a piece is part of mathematics.
fn is_mathematics(pieces: &[Piece<'_>], at: usize) -> bool {
    let near = |at: Option<usize>| at.and_then(|at| pieces.get(at));
    let (before, behind) = (near(at.checked_sub(1)), near(Some(at + 1)));
    match pieces[at].kind {
        Kind::Atom | Kind::Open | Kind::Close => true,
        // A dash between words is none.
        Kind::Operator => {
            let value = |piece: Option<&Piece<'_>>| {
                piece.is_some_and(|piece| {
                    !matches!(piece.kind, Kind::Word | Kind::Stop | Kind::Colon)
                })
            };
            value(before) || value(behind)
        }
        Kind::Letter => {
            let operator = |piece: Option<&Piece<'_>>| {
                piece.is_some_and(|piece| matches!(piece.kind, Kind::Operator | Kind::Open))
            };
            let bracketed = before.is_some_and(|piece| piece.kind == Kind::Open)
                && behind.is_some_and(|piece| matches!(piece.kind, Kind::Close | Kind::Comma));
            let listed = before.is_some_and(|piece| piece.kind == Kind::Comma)
                && behind.is_some_and(|piece| piece.kind == Kind::Close);
            let tight = !pieces[at].spaced
                && before
                    .is_some_and(|p| matches!(p.kind, Kind::Atom | Kind::Close | Kind::Letter));
            let opens = behind.is_some_and(|p| p.kind == Kind::Open && p.spaced);
            operator(before) || operator(behind) && !opens || bracketed || listed || tight
        }
        Kind::Comma | Kind::Colon | Kind::Stop | Kind::Word => false,
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
            .filter(|piece| piece.kind == Kind::Word)
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
            Kind::Open => open.push((at, false)),
            Kind::Close => match open.pop() {
                Some((start, true)) => {
                    dropped[start..=at].fill(true);
                }
                Some(_) => {}
                None => dropped[at] = true,
            },
            Kind::Word | Kind::Stop => {
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

/// Splits a line into pieces.
fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut at = 0;
    let mut spaced = false;
    while let Some(first) = line[at..].chars().next() {
        let tail = &line[at..];
        let (kind, text, length) = match first {
            _ if first.is_whitespace() => (None, "", first.len_utf8()),
            '$' => dollar(tail),
            '\\' => backslash(tail),
            '0'..='9' => number(tail),
            '.' if tail[1..].starts_with(|c: char| c.is_ascii_digit()) => number(tail),
            _ if first.is_alphabetic() && !"πℝℤℕℚ∅".contains(first) => {
                word(tail, pieces.last())
            }
            _ => sign(tail, first, spaced, pieces.last()),
        };
        if let Some(kind) = kind {
            pieces.push(Piece { kind, text, spaced });
        }
        spaced = kind.is_none();
        at += length;
    }
    pieces
}

/// What stands at the beginning of a text: its kind, its text without formula signs, its length.
type Taken<'a> = (Option<Kind>, &'a str, usize);

/// A formula between dollars, or the sign of the currency.
fn dollar(tail: &str) -> Taken<'_> {
    match formula::inline(tail) {
        Some((inner, length)) => (Some(Kind::Atom), inner, length),
        None => (None, "", 1),
    }
}

/// A command with its arguments, or a formula between `\(` and `\)`.
fn backslash(tail: &str) -> Taken<'_> {
    if let Some((inner, length)) = formula::inline(tail) {
        return (Some(Kind::Atom), inner, length);
    }
    let name = tail[1..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len() - 1);
    match (name, tail[1..].chars().next()) {
        (0, Some('{')) => (Some(Kind::Open), &tail[..2], 2),
        (0, Some('}')) => (Some(Kind::Close), &tail[..2], 2),
        (0, Some('%')) => (Some(Kind::Operator), &tail[..2], 2),
        (0, Some(sign)) => (None, "", 1 + sign.len_utf8()),
        (0, None) => (None, "", 1),
        _ if matches!(&tail[1..=name], "boxed" | "fbox") => (Some(Kind::Word), "\\boxed", 1 + name),
        _ => {
            let length = arguments(tail, 1 + name);
            let known = tail[1..=name].len() > 1;
            (Some(if known { Kind::Atom } else { Kind::Word }), &tail[..length], length)
        }
    }
}

/// Where the groups in brackets end that follow a command.
fn arguments(tail: &str, mut end: usize) -> usize {
    loop {
        let (open, close) = match tail[end..].chars().next() {
            Some('{') => (b'{', b'}'),
            Some('[') => (b'[', b']'),
            Some('_' | '^') if tail[end + 1..].starts_with('{') => {
                end += 1;
                (b'{', b'}')
            }
            _ => return end,
        };
        let mut depth = 0usize;
        let mut stop = None;
        for (i, byte) in tail[end..].bytes().enumerate() {
            if byte == open {
                depth += 1;
            } else if byte == close {
                depth -= 1;
                if depth == 0 {
                    stop = Some(end + i + 1);
                    break;
                }
            }
        }
        match stop {
            Some(stop) => end = stop,
            None => return end,
        }
    }
}

/// A number with its separators and the letters that stand directly behind it.
fn number(tail: &str) -> Taken<'_> {
    let bytes = tail.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) || matches!(bytes.get(end), Some(b'.' | b',' | b':')) && digit(end + 1) {
        end += 1;
    }
    // `9{,}500`.
    while tail[end..].starts_with("{,}") && digit(end + 3) {
        end += 3;
        while digit(end) {
            end += 1;
        }
    }
    // `0.333...`
    if tail[end..].starts_with("...") {
        end += 3;
    }
    let letters = tail[end..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len() - end);
    end += letters;
    // The exponent of a float: `2.5e-3`, `2.5e+10`.
    let is_float = letters == 1 && matches!(bytes[end - 1], b'e' | b'E');
    let sign = usize::from(matches!(bytes.get(end), Some(b'+' | b'-')));
    if is_float && (digit(end) || digit(end + sign)) {
        end += sign;
        while digit(end) {
            end += 1;
        }
    }
    // `5-year-old` is a word.
    let compound = tail[end..]
        .strip_prefix('-')
        .is_some_and(|behind| behind.bytes().take_while(u8::is_ascii_alphabetic).count() > 1);
    if compound {
        let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
        return (Some(Kind::Word), &tail[..end], end);
    }
    (Some(Kind::Atom), &tail[..end], end)
}

/// Names of functions and constants in plain letters.
const NAMES: [&str; 22] = [
    "sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "lg", "exp", "sqrt", "cbrt", "abs",
    "gcd", "lcm", "max", "min", "arcsin", "arccos", "arctan", "binom", "floor",
];

/// A word, a letter, the name of a function or a unit.
fn word<'a>(tail: &'a str, before: Option<&Piece<'_>>) -> Taken<'a> {
    // Scripts without spaces have one word a letter.
    let wide = |c: char| c >= '\u{2e80}';
    let first = tail.chars().next().unwrap_or(' ');
    if wide(first) {
        return (Some(Kind::Word), &tail[..first.len_utf8()], first.len_utf8());
    }
    let inner = |(_, c): &(usize, char)| !(c.is_alphanumeric() || "'’".contains(*c)) || wide(*c);
    let mut end = tail.char_indices().find(inner).map_or(tail.len(), |(at, _)| at);
    let letters = |text: &str| text.chars().take_while(|c| c.is_alphabetic()).count();
    while end > 1 && tail[end..].starts_with('-') && letters(&tail[end + 1..]) > 1 {
        let behind = &tail[end + 1..];
        end += 1 + behind.find(|c: char| !c.is_alphanumeric()).unwrap_or(behind.len());
    }
    let (word, behind) = (&tail[..end], &tail[end..]);
    let next = behind.chars().next().unwrap_or(' ');
    let argument = "(_^{".contains(next)
        || next == ' ' && behind.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '(');
    let is_name =
        NAMES.contains(&word) && argument || matches!(word, "pi" | "infinity" | "infty" | "oo");
    let single = word.chars().count() == 1;
    let product = word.len() <= 3
        && word.is_ascii()
        && !matches!(word, "and" | "or")
        && "=+*^_".contains(next);
    let measured = before.is_some_and(|piece| piece.text.ends_with(|c: char| c.is_ascii_digit()));
    let closes = behind.trim_start_matches('.').trim().is_empty() || next == '^';
    let counts = is_unit(word) || multiplier(word).is_some();
    let is_unit = measured && counts && (word != "in" || closes);
    let kind = match () {
        () if is_name || is_unit => Kind::Atom,
        () if single || product => Kind::Letter,
        () => Kind::Word,
    };
    (Some(kind), word, end)
}

/// Signs that are neither letters nor digits.
fn sign<'a>(tail: &'a str, first: char, spaced: bool, before: Option<&Piece<'_>>) -> Taken<'a> {
    let length = first.len_utf8();
    let text = &tail[..length];
    let ends =
        tail[length..].chars().next().is_none_or(|c| c.is_whitespace() || "\"”')".contains(c));
    let kind = match first {
        '(' | '[' | '{' | '⟨' => Kind::Open,
        ')' | ']' | '}' | '⟩' => Kind::Close,
        ',' | ';' | '，' | '、' => Kind::Comma,
        ':' | '：' => Kind::Colon,
        '.' if !ends => return (None, "", length),
        '.' | '?' | '。' | '？' | '！' => Kind::Stop,
        '!' if spaced || before.is_none_or(|b| matches!(b.kind, Kind::Word | Kind::Stop)) => {
            Kind::Stop
        }
        '–' if spaced => Kind::Word,
        '—' => Kind::Word,
        'π' | '∞' | 'ℝ' | 'ℤ' | 'ℕ' | 'ℚ' | '∅' => Kind::Atom,
        '%' | '!' | '+' | '-' | '−' | '–' | '*' | '/' | '^' | '_' | '=' | '<' | '>' | '≤' | '≥'
        | '≠' | '≈' | '√' | '∛' | '°' | '×' | '·' | '÷' | '∪' | '∩' | '∈' | '±' | '|' | '′'
        | '∠' | '∖' => Kind::Operator,
        // Raised and lowered digits, fractions.
        _ if first.is_numeric() => Kind::Operator,
        _ => return (None, "", length),
    };
    (Some(kind), text, length)
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
