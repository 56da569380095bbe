//! Numbers in a text: their digits, separators, points, periods and exponents.

use super::error::ReadError;
use super::lexer::{Commas, Lexer};
use super::number::Literal;
use super::token::Token;

/// Most digits of a period that dots stand for.
const LONGEST_PERIOD: usize = 16;

/// Bits of all numbers of one answer together. Exponents make numbers that are longer than the answer.
const MOST_BITS: usize = 1 << 18;
/// The longest exponent in digits: longer ones exceed every budget.
const EXPONENT_DIGITS: usize = 4;

/// Digits without their separators, and the bytes that they take in the text with them.
struct Written {
    digits: String,
    length: usize,
}

impl<'a> Lexer<'a> {
    /// A number, from its first digit or its point on.
    pub(super) fn number(&mut self) -> Result<(), ReadError> {
        let rest = self.rest();
        if let Some(digits) = based_digits(rest) {
            // The base behind the underscore says what they are worth.
            let literal = Literal { digits: digits.into(), ..Literal::integer(0) };
            self.push(Token::Number(literal), digits.len());
            return Ok(());
        }
        let mut written = self.whole_digits();
        let point = self.point(&rest[written.length..]);
        let mut literal = self.fraction(&mut written, point);
        let tail = &rest[written.length..];
        if literal.is_none()
            && let Some((exponent, bytes)) = exponent(self.text, self.at, tail)?
        {
            // Ten takes less than four bits.
            self.bits += 4 * exponent.unsigned_abs() as usize;
            if self.bits > MOST_BITS {
                return Err(ReadError::Budget);
            }
            literal = Literal::scientific(&written.digits, exponent);
            written.length += bytes;
        }
        if literal.is_none() && point == 0 {
            written.length += ordinal(&rest[written.length..]);
        }
        let literal = literal.or_else(|| Literal::decimal(&written.digits));
        let literal = literal.ok_or_else(|| ReadError::syntax("not a number"))?;
        self.push(Token::Number(literal), written.length);
        Ok(())
    }

    /// The digits before a point, in groups of three or in one run.
    fn whole_digits(&self) -> Written {
        let rest = self.rest();
        let mut digits = run_of_digits(rest).to_owned();
        let mut length = digits.len();
        let groups = digits.len() <= 3 && !digits.is_empty();
        let plain = groups && !digits.starts_with('0');
        while groups && let Some((skipped, group)) = self.next_group(&rest[length..], plain) {
            digits.push_str(group);
            length += skipped + group.len();
        }
        Written { digits, length }
    }

    /// Appends the point, which takes `point` bytes, and the digits behind it. Returns the number where a
    /// part of these digits repeats for ever, or dots say that more follow.
    fn fraction(&self, written: &mut Written, point: usize) -> Option<Literal> {
        let rest = self.rest();
        let tail = &rest[written.length..];
        let fraction = if point > 0 { run_of_digits(&tail[point..]) } else { "" };
        let ends_in_point = !written.digits.is_empty() && tail.starts_with('.');
        if point == 0 || fraction.is_empty() && !ends_in_point {
            return None;
        }
        // `7.` at the end of a sentence is the integer.
        if !fraction.is_empty() {
            written.digits = format!("{}.{fraction}", written.digits);
        }
        written.length += point + fraction.len();
        let digits = &written.digits;
        if let Some((period, bytes)) = self.period(written.length) {
            let point = if fraction.is_empty() { "." } else { "" };
            written.length += bytes;
            return Literal::repeating(&format!("{digits}{point}"), period);
        }
        let bytes = ellipsis(&rest[written.length..])?;
        let Some((start, period)) = repeated(fraction) else {
            written.length += bytes;
            let literal = Literal::decimal(digits)?;
            return Some(Literal { cut: true, ..literal });
        };
        let start = &digits[..digits.len() - fraction.len() + start];
        written.length += bytes;
        Literal::repeating(start, period)
    }

    /// The length of a decimal point, or of a comma for one; 0 where there is none. A comma in braces is
    /// part of the number wherever it stands.
    fn point(&self, tail: &str) -> usize {
        let decimal_comma = self.commas == Commas::Decimal && self.open == 0;
        let in_braces = tail.strip_prefix("{,}").map_or("", run_of_digits);
        match tail.as_bytes().first() {
            Some(b'.') => 1,
            Some(b',') if decimal_comma => 1,
            _ if !in_braces.is_empty() => "{,}".len(),
            _ => 0,
        }
    }

    /// Three more digits of the same number, and the length of the separator before them. A plain comma or
    /// space can be one only where `plain` says so.
    fn next_group(&self, tail: &'a str, plain: bool) -> Option<(usize, &'a str)> {
        let group_at = |skipped: usize| {
            let group = run_of_digits(&tail[skipped..]);
            (group.len() == 3).then_some((skipped, group))
        };
        // `0{,}125` is a decimal: there are no thousands behind a 0.
        if !plain && tail.starts_with("{,}") {
            return None;
        }
        // Written so that TeX sets no space behind the comma: part of a number wherever it stands.
        for mark in ["{,}", ",\\!", "{\\,}", "\\,"] {
            if let Some(after) = tail.strip_prefix(mark) {
                return group_at(tail.len() - after.trim_start().len());
            }
        }
        // `14 {, }916`.
        let mark =
            ["{, }", "{,}"].into_iter().find_map(|mark| tail.trim_start().strip_prefix(mark));
        if let Some(after) = mark {
            return group_at(tail.len() - after.trim_start().len());
        }
        // `111, \! 111`.
        if let Some(after) = tail.strip_prefix(", \\!") {
            return group_at(tail.len() - after.trim_start().len());
        }
        if self.open > 0 || !plain {
            return None;
        }
        if tail.starts_with(',') && self.commas == Commas::Thousands {
            return group_at(1);
        }
        if tail.starts_with(' ') {
            let (skipped, group) = group_at(1)?;
            let behind = tail[skipped + group.len()..].trim_start();
            // `3 141/100` is a mixed number.
            return (!behind.starts_with('/')).then_some((skipped, group));
        }
        None
    }

    /// `1.5 x 10^3`: between a number and a power of ten `x` is a sign.
    pub(super) fn is_times(&self, letter: &str) -> bool {
        let power_of_ten = || {
            let tail = self.rest()[1..].trim_start().strip_prefix("10").unwrap_or_default();
            let tail = tail.trim_start();
            let raised = |letter| super::script::raised(letter).is_some();
            tail.starts_with('^') || tail.starts_with("**") || tail.starts_with(raised)
        };
        matches!(letter, "x" | "X") && self.behind_number() && power_of_ten()
    }

    /// `\overline{6}` behind a decimal: the digits and the length of the command.
    fn period(&self, offset: usize) -> Option<(&'a str, usize)> {
        let tail = &self.rest()[offset..];
        let name = ["\\overline", "\\bar", "\\dot"].into_iter().find(|c| tail.starts_with(c))?;
        let (digits, end) = self.argument(offset + name.len())?;
        let digits_only = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        (digits_only && digits.len() <= 64).then_some((digits, end - offset))
    }
}

/// The length of the dots that follow a decimal such as `0.333…`.
fn ellipsis(tail: &str) -> Option<usize> {
    let spaces = tail.len() - tail.trim_start().len();
    let dots = ["...", "…", "\\ldots", "\\dots", "\\cdots"];
    dots.into_iter().find(|dots| tail[spaces..].starts_with(dots)).map(|dots| spaces + dots.len())
}

/// Where the digits begin that a decimal such as `0.1666…` repeats, and these: the shortest that
/// stand there at least twice, up to the end.
fn repeated(fraction: &str) -> Option<(usize, &str)> {
    let digits = fraction.as_bytes();
    let longest = (digits.len() / 2).min(LONGEST_PERIOD);
    let period = (1..=longest).find(|&length| {
        let (before, last) = digits.split_at(digits.len() - length);
        before.ends_with(last)
    })?;
    let mut start = digits.len() - 2 * period;
    while start > 0 && digits[start - 1] == digits[start - 1 + period] {
        start -= 1;
    }
    Some((start, &fraction[start..start + period]))
}

/// The length of what makes an ordinal of a number: `3rd`, `3^{\text{rd}}`.
fn ordinal(tail: &str) -> usize {
    let start = tail.trim_start_matches(['^', '{']);
    let styles = ["\\text{", "\\mathrm{", "\\textsuperscript{"];
    let style = styles.into_iter().find(|style| start.starts_with(style)).unwrap_or_default();
    let suffix = start[style.len()..].get(..2).unwrap_or_default();
    let end = start[style.len()..].get(2..).unwrap_or_default();
    let opened = tail[..tail.len() - start.len() + style.len()].matches('{').count();
    let closed = end.bytes().take(opened).filter(|b| *b == b'}').count();
    let word_ends = !end[closed..].starts_with(|c: char| c.is_alphanumeric());
    let is_suffix = matches!(suffix, "st" | "nd" | "rd" | "th");
    if is_suffix && closed == opened && word_ends { tail.len() - end.len() + closed } else { 0 }
}

/// Digits of which some are letters, as in `2A_{16}`.
fn based_digits(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !c.is_ascii_uppercase())?;
    let (digits, tail) = text.split_at(end);
    let letters = digits.bytes().any(|b| b.is_ascii_uppercase());
    (letters && tail.starts_with('_')).then_some(digits)
}

/// The power of ten behind a mantissa, and its bytes; `start` is where the mantissa begins.
///
/// `E` always stands for it. `e` does where Euler's number makes no sense or no program would print it:
/// in a text that is this number alone, as `5e-3`; with a sign and a 0 before the exponent, as `2e-05`;
/// behind a decimal, with a sign and two digits, as `2.5e+16`; and with these between numbers alone, as
/// in `[1e-10, 1e+16]`. In LaTeX and beside letters `2e-3` is a difference.
fn exponent(text: &str, start: usize, tail: &str) -> Result<Option<(i32, usize)>, ReadError> {
    let upright = ["\\mathrm{e}", "\\mathrm{E}", "\\text{e}", "\\text{E}"];
    if let Some(letter) = upright.into_iter().find(|letter| tail.starts_with(letter)) {
        return power_of_ten(&tail[letter.len()..], letter.len());
    }
    let capital = tail.starts_with('E');
    if !capital && !tail.starts_with('e') {
        return Ok(None);
    }
    let sign = usize::from(tail[1..].starts_with(['+', '-']));
    let digits = run_of_digits(&tail[1 + sign..]);
    if digits.is_empty() {
        return Ok(None);
    }
    let alone = || {
        text[..start].trim_matches(['+', '-', '$', ' ']).is_empty()
            && tail[1..].bytes().all(|b| b.is_ascii_digit() || b"+-$ ".contains(&b))
    };
    let printed = || {
        let mantissa = &text[start..text.len() - tail.len()];
        let among_numbers =
            || text.bytes().all(|b| b.is_ascii_digit() || b"+-.e,;()[]{} $".contains(&b));
        sign == 1
            && digits.len() >= 2
            && (digits.starts_with('0') || mantissa.contains('.') || among_numbers())
    };
    if !capital && !alone() && !printed() {
        return Ok(None);
    }
    power_of_ten(&tail[1..], 1)
}

/// The exponent that a text begins with, if it does, and its bytes with those of the letter before it.
fn power_of_ten(text: &str, letter: usize) -> Result<Option<(i32, usize)>, ReadError> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = run_of_digits(&text[sign..]);
    if digits.is_empty() {
        return Ok(None);
    }
    if digits.trim_start_matches('0').len() > EXPONENT_DIGITS {
        return Err(ReadError::Budget);
    }
    let exponent = text[..sign + digits.len()].parse().map_err(|_| ReadError::Budget)?;
    Ok(Some((exponent, letter + sign + digits.len())))
}

fn run_of_digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}
