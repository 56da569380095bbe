//! Cuts a line of prose into pieces: words, numbers, commands, formulas and signs.

use super::formula;
use crate::read::{is_unit, multiplier};

/// What one piece of a line is by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum PieceKind {
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
pub(super) struct Piece<'a> {
    pub(super) kind: PieceKind,
    pub(super) text: &'a str,
    /// Whether space stands before it.
    pub(super) spaced: bool,
}

/// Splits a line into pieces.
pub(super) fn pieces(line: &str) -> Vec<Piece<'_>> {
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
type Taken<'a> = (Option<PieceKind>, &'a str, usize);

/// A formula between dollars, or the sign of the currency.
fn dollar(tail: &str) -> Taken<'_> {
    match formula::inline(tail) {
        Some((inner, length)) => (Some(PieceKind::Atom), inner, length),
        None => (None, "", 1),
    }
}

/// A command with its arguments, or a formula between `\(` and `\)`.
fn backslash(tail: &str) -> Taken<'_> {
    if let Some((inner, length)) = formula::inline(tail) {
        return (Some(PieceKind::Atom), inner, length);
    }
    let name = tail[1..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len() - 1);
    match (name, tail[1..].chars().next()) {
        (0, Some('{')) => (Some(PieceKind::Open), &tail[..2], 2),
        (0, Some('}')) => (Some(PieceKind::Close), &tail[..2], 2),
        (0, Some('%')) => (Some(PieceKind::Operator), &tail[..2], 2),
        (0, Some(sign)) => (None, "", 1 + sign.len_utf8()),
        (0, None) => (None, "", 1),
        _ if matches!(&tail[1..=name], "boxed" | "fbox") => {
            (Some(PieceKind::Word), "\\boxed", 1 + name)
        }
        _ => {
            let length = arguments(tail, 1 + name);
            let known = tail[1..=name].len() > 1;
            (Some(if known { PieceKind::Atom } else { PieceKind::Word }), &tail[..length], length)
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
        return (Some(PieceKind::Word), &tail[..end], end);
    }
    (Some(PieceKind::Atom), &tail[..end], end)
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
        return (Some(PieceKind::Word), &tail[..first.len_utf8()], first.len_utf8());
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
        () if is_name || is_unit => PieceKind::Atom,
        () if single || product => PieceKind::Letter,
        () => PieceKind::Word,
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
        '(' | '[' | '{' | '⟨' => PieceKind::Open,
        ')' | ']' | '}' | '⟩' => PieceKind::Close,
        ',' | ';' | '，' | '、' => PieceKind::Comma,
        ':' | '：' => PieceKind::Colon,
        '.' if !ends => return (None, "", length),
        '.' | '?' | '。' | '？' | '！' => PieceKind::Stop,
        '!' if spaced
            || before.is_none_or(|b| matches!(b.kind, PieceKind::Word | PieceKind::Stop)) =>
        {
            PieceKind::Stop
        }
        '–' if spaced => PieceKind::Word,
        '—' => PieceKind::Word,
        'π' | '∞' | 'ℝ' | 'ℤ' | 'ℕ' | 'ℚ' | '∅' => PieceKind::Atom,
        '%' | '!' | '+' | '-' | '−' | '–' | '*' | '/' | '^' | '_' | '=' | '<' | '>' | '≤' | '≥'
        | '≠' | '≈' | '√' | '∛' | '°' | '×' | '·' | '÷' | '∪' | '∩' | '∈' | '±' | '|' | '′'
        | '∠' | '∖' => PieceKind::Operator,
        // Raised and lowered digits, fractions.
        _ if first.is_numeric() => PieceKind::Operator,
        _ => return (None, "", length),
    };
    (Some(kind), text, length)
}
