//! From text to tokens: LaTeX, plain notation and Unicode signs, mixed as people mix them.

use super::ReadError;
use super::commands::{Command, command};
use super::number::Literal;
use super::script;
use super::syntax::{Bracket, Constant, Relation};
use super::token::{Placed, Separator, Token};
use super::words;

/// Most digits of a period that dots stand for.
const LONGEST_PERIOD: usize = 16;

/// How a comma between digits without space is read. Outside brackets `1,234` is one number by
/// default; the other readings are tried where it may be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commas {
    /// `1,234` is 1234; `12,34` are two numbers.
    Thousands,
    /// Always between two numbers.
    Separate,
    /// `12,34` is 12.34.
    Decimal,
}

/// Splits a text into tokens.
///
/// # Errors
/// Characters that have no place in mathematics, and commands without their argument.
pub(super) fn lex(text: &str, commas: Commas) -> Result<Vec<Placed>, ReadError> {
    let mut lexer = Lexer {
        text,
        at: 0,
        commas,
        tokens: Vec::with_capacity(text.len() / 2 + 1),
        spaced: false,
        open: 0,
        environments: 0,
    };
    while lexer.at < text.len() {
        lexer.step()?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    commas: Commas,
    tokens: Vec<Placed>,
    spaced: bool,
    /// Brackets that are open: a comma inside them separates items.
    open: usize,
    /// Environments that are open: `\\` inside them ends a row.
    environments: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes so many bytes as a token.
    fn push(&mut self, token: Token, length: usize) {
        match token {
            Token::Open(_) => self.open += 1,
            Token::Close(_) => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        let (start, end) = (self.at as u32, (self.at + length) as u32);
        self.tokens.push(Placed { token, start, end, spaced: self.spaced });
        self.spaced = false;
        self.at += length;
    }

    fn skip(&mut self, length: usize) {
        self.spaced = true;
        self.at += length;
    }

    fn step(&mut self) -> Result<(), ReadError> {
        let Some(letter) = self.rest().chars().next() else { return Ok(()) };
        let width = letter.len_utf8();
        match letter {
            '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            // The end of a sentence, or of a number such as `7.`
            '.' => {
                self.skip(1);
                Ok(())
            }
            '\\' => self.backslash(),
            'a'..='z' | 'A'..='Z' => self.letters(),
            '$' | '~' | '£' | '€' | '¥' | '\u{200b}' => {
                self.skip(width);
                Ok(())
            }
            _ if letter.is_whitespace() => {
                self.skip(width);
                Ok(())
            }
            '∛' | '∜' => {
                let degree = Literal::integer(if letter == '∛' { 3 } else { 4 });
                self.push(Token::Root, 0);
                self.push(Token::Open(Bracket::Square), 0);
                self.push(Token::Number(degree), 0);
                self.push(Token::Close(Bracket::Square), width);
                Ok(())
            }
            _ if script::raised(letter).is_some() => self.script(Token::Caret, script::raised),
            _ if script::lowered(letter).is_some() => {
                self.script(Token::Underscore, script::lowered)
            }
            '<' | '>' | '=' | '!' | ':' | '*' | '-' => {
                self.operator(letter);
                Ok(())
            }
            _ => {
                let token = sign(letter).ok_or_else(|| {
                    ReadError::syntax(format!("'{}' has no meaning here", letter.escape_default()))
                })?;
                self.push(token, width);
                Ok(())
            }
        }
    }

    /// Raised or lowered letters: `10⁻³` is `10^{-3}`.
    fn script(&mut self, mark: Token, plain: fn(char) -> Option<char>) -> Result<(), ReadError> {
        let letters: String = self.rest().chars().map_while(plain).collect();
        let width: usize =
            self.rest().chars().take(letters.chars().count()).map(char::len_utf8).sum();
        self.push(mark, 0);
        self.push(Token::BraceOpen, 0);
        // Text and places of these tokens are those of the letters as they are written.
        for placed in lex(&letters, Commas::Separate)? {
            self.push(placed.token, 0);
        }
        self.at += width;
        self.push(Token::BraceClose, 0);
        Ok(())
    }

    /// Signs of one or two characters.
    fn operator(&mut self, letter: char) {
        use Relation as R;
        let two = |tail: &str| self.rest()[1..].starts_with(tail);
        let (token, length) = match letter {
            '<' if two("=") => (Token::Relation(R::LessEqual), 2),
            '>' if two("=") => (Token::Relation(R::GreaterEqual), 2),
            '!' if two("=") => (Token::Relation(R::NotEqual), 2),
            '=' if two("=") => (Token::Relation(R::Equal), 2),
            '=' if two(">") => (Token::Relation(R::Implies), 2),
            '-' if two(">") => (Token::Relation(R::Implies), 2),
            '*' if two("*") => (Token::Caret, 2),
            '<' => (Token::Relation(R::Less), 1),
            '>' => (Token::Relation(R::Greater), 1),
            '=' => (Token::Relation(R::Equal), 1),
            '!' => (Token::Bang, 1),
            ':' => (Token::Colon, 1),
            '*' => (Token::Times, 1),
            _ => (Token::Minus, 1),
        };
        self.push(token, length);
    }

    fn letters(&mut self) -> Result<(), ReadError> {
        let end = self.rest().find(|c: char| !c.is_ascii_alphabetic());
        let word = &self.rest()[..end.unwrap_or(self.rest().len())];
        if let [letter] = word.as_bytes() {
            let token = if self.is_union(word) { Token::Union } else { single(*letter as char) };
            self.push(token, 1);
        } else if words::is_currency(word) && self.before_digits(word) {
            self.skip(word.len());
        } else if let Some(token) = words::meaning(word) {
            self.push(token, word.len());
        } else if let Some(tail) = word.strip_prefix("or").or(word.strip_prefix("and"))
            && tail.len() == 1
            && self.tokens.last().is_some_and(|last| ends_a_value(&last.token))
        {
            // `W(x)=1orW(x)=-1`.
            self.push(Token::Separator(Separator::Strong), word.len() - 1);
        } else {
            self.push(Token::Word(word.to_owned()), word.len());
        }
        Ok(())
    }

    /// `(-1, 0) U (1, 2)`.
    fn is_union(&self, letter: &str) -> bool {
        let after_set =
            self.tokens.last().is_some_and(|last| matches!(last.token, Token::Close(_)));
        letter == "U"
            && after_set
            && self.rest()[1..].trim_start().starts_with(['(', '[', '{', '\\'])
    }

    /// Whether digits follow a word, as in `USD 5` and `Rs. 5`.
    fn before_digits(&self, word: &str) -> bool {
        let tail = self.rest()[word.len()..].trim_start_matches(['.', ' ', '~']);
        tail.starts_with(|c: char| c.is_ascii_digit())
    }

    fn backslash(&mut self) -> Result<(), ReadError> {
        let after = &self.rest()[1..];
        let Some(first) = after.chars().next() else {
            self.skip(1);
            return Ok(());
        };
        // A text that was escaped twice; in a matrix `\\` ends a row.
        if first == '\\' && self.environments == 0 && known(&after[1..]) {
            self.at += 1;
            return self.backslash();
        }
        let name = match after.find(|c: char| !c.is_ascii_alphabetic()) {
            Some(0) => &after[..first.len_utf8()],
            Some(end) => &after[..end],
            None => after,
        };
        let length = 1 + name.len();
        match command(name) {
            Command::Token(token) => self.push(token, length),
            Command::Nothing => self.skip(length),
            Command::Text => return self.prose(name, length),
            Command::Hidden => {
                let (_, total) = self.argument(length).unwrap_or(("", length));
                self.skip(total);
            }
            Command::Begin => {
                let (name, total) = self.needed_argument(length)?;
                self.environments += 1;
                self.push(Token::Begin(name.to_owned()), total);
            }
            Command::End => {
                let (_, total) = self.needed_argument(length)?;
                self.environments = self.environments.saturating_sub(1);
                self.push(Token::End, total);
            }
            Command::Unknown => self.unknown(name, length),
        }
        Ok(())
    }

    /// `\quadx` and `\pir` happen where people write by hand; other names stand for themselves.
    fn unknown(&mut self, name: &str, length: usize) {
        let known = ["quad", "pi", "infty", "cdot", "times", "circ"];
        match known.into_iter().find(|known| name.starts_with(known)) {
            Some(known) => match command(known) {
                Command::Token(token) => self.push(token, 1 + known.len()),
                _ => self.skip(1 + known.len()),
            },
            None => self.push(Token::Unknown(name.to_owned()), length),
        }
    }

    /// The argument in braces that begins so many bytes from here, and where it ends.
    fn argument(&self, offset: usize) -> Option<(&'a str, usize)> {
        let tail = &self.rest()[offset..];
        let spaces = tail.len() - tail.trim_start().len();
        let inner = tail.trim_start().strip_prefix('{')?;
        let mut depth = 1usize;
        for (i, byte) in inner.bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((&inner[..i], offset + spaces + i + 2));
            }
        }
        None
    }

    fn needed_argument(&self, offset: usize) -> Result<(&'a str, usize), ReadError> {
        self.argument(offset).ok_or_else(|| ReadError::syntax("a command lacks its argument"))
    }

    /// `\text{…}` and its kin.
    fn prose(&mut self, name: &str, length: usize) -> Result<(), ReadError> {
        let Some((content, total)) = self.argument(length) else {
            self.skip(length);
            return Ok(());
        };
        let trimmed = content.trim();
        let bare = trimmed.trim_matches(|c: char| c == ',' || c == ';' || c.is_whitespace());
        match (name, bare) {
            ("mathbb", "R") => self.push(Token::Reals, total),
            (_, "and" | "or" | "&") => self.push(Token::Separator(Separator::Strong), total),
            (_, "") if trimmed.is_empty() => self.skip(total),
            (_, "") => self.push(Token::Separator(Separator::Comma), total),
            ("mathrm" | "operatorname" | "operatorname*" | "mathbb", _) if bare.len() == 1 => {
                self.push(single(bare.chars().next().unwrap_or(' ')), total);
            }
            ("mathrm" | "operatorname" | "operatorname*", _)
                if let Some(token) = words::meaning(bare) =>
            {
                self.push(token, total);
            }
            (_, "percent" | "pct") => self.push(Token::Percent, total),
            (_, "degrees" | "degree") => self.push(Token::Degree, total),
            // A number in prose is a number.
            _ if trimmed.bytes().all(|b| b.is_ascii_digit()) => {
                let literal = Literal::decimal(trimmed);
                let token = literal.map_or(Token::Text(trimmed.to_owned()), Token::Number);
                self.push(token, total);
            }
            _ => self.push(Token::Text(trimmed.to_owned()), total),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), ReadError> {
        let rest = self.rest();
        if let Some(digits) = based_digits(rest) {
            // The base behind the underscore says what they are worth.
            let literal = Literal { digits: digits.into(), ..Literal::integer(0) };
            self.push(Token::Number(literal), digits.len());
            return Ok(());
        }
        let mut digits = run_of_digits(rest).to_owned();
        let mut length = digits.len();
        let groups = digits.len() <= 3 && !digits.is_empty();
        let plain = groups && !digits.starts_with('0');
        while groups && let Some((skipped, group)) = self.next_group(&rest[length..], plain) {
            digits.push_str(group);
            length += skipped + group.len();
        }
        let tail = &rest[length..];
        let mark = self.point(tail);
        let point = mark > 0;
        let fraction = if point { run_of_digits(&tail[mark..]) } else { "" };
        let mut literal = None;
        if point && (!fraction.is_empty() || !digits.is_empty() && tail.starts_with('.')) {
            // `7.` at the end of a sentence is the integer.
            if !fraction.is_empty() {
                digits = format!("{digits}.{fraction}");
            }
            length += mark + fraction.len();
            if let Some((period, bytes)) = self.period(length) {
                let point = if fraction.is_empty() { "." } else { "" };
                literal = Literal::repeating(&format!("{digits}{point}"), period);
                length += bytes;
            } else if let Some(bytes) = ellipsis(&rest[length..])
                && let Some((start, period)) = repeated(fraction)
            {
                let start = &digits[..digits.len() - fraction.len() + start];
                literal = Literal::repeating(start, period);
                length += bytes;
            }
        }
        if literal.is_none()
            && let Some((exponent, bytes)) = exponent(self.text, self.at, &rest[length..])
        {
            literal = Literal::scientific(&digits, exponent);
            length += bytes;
        }
        if literal.is_none() && !point {
            length += ordinal(&rest[length..]);
        }
        let literal = literal.or_else(|| Literal::decimal(&digits));
        let literal = literal.ok_or_else(|| ReadError::syntax("not a number"))?;
        self.push(Token::Number(literal), length);
        Ok(())
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

    /// Three more digits of the same number, behind a separator of so many bytes. A plain comma or
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

/// The power of ten behind a mantissa. In LaTeX and beside other letters `e` is Euler's number.
fn exponent(text: &str, at: usize, tail: &str) -> Option<(i32, usize)> {
    let capital = tail.starts_with('E');
    if !capital && !tail.starts_with('e') {
        return None;
    }
    let lower_is_safe = || {
        text[..at].trim_matches(['+', '-', '$', ' ']).is_empty()
            && tail[1..].bytes().all(|b| b.is_ascii_digit() || b"+-$ ".contains(&b))
    };
    if !capital && !lower_is_safe() {
        return None;
    }
    let sign = usize::from(tail[1..].starts_with(['+', '-']));
    let digits = run_of_digits(&tail[1 + sign..]);
    // More than 4 digits exceed every budget.
    let fits = !digits.is_empty() && digits.len() <= 4;
    fits.then(|| (tail[1..=sign + digits.len()].parse().unwrap_or(0), 1 + sign + digits.len()))
}

fn run_of_digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}

/// Whether a text begins with the name of a command.
fn known(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    end > 1 && !matches!(command(&text[..end]), Command::Unknown)
}

/// One letter: a constant or a variable.
fn single(letter: char) -> Token {
    match letter {
        'e' => Token::Constant(Constant::E),
        'i' => Token::Constant(Constant::I),
        other => Token::Letter(other),
    }
}

fn ends_a_value(token: &Token) -> bool {
    matches!(token, Token::Number(_) | Token::Close(_) | Token::BraceClose | Token::Letter(_))
}

/// Signs of one character.
fn sign(letter: char) -> Option<Token> {
    use Relation as R;
    Some(match letter {
        '+' => Token::Plus,
        '−' | '–' | '—' => Token::Minus,
        '±' => Token::PlusMinus,
        '∓' => Token::MinusPlus,
        '×' | '·' | '⋅' | '∙' => Token::Times,
        '/' | '÷' | '∕' => Token::Slash,
        '^' => Token::Caret,
        '_' => Token::Underscore,
        '%' => Token::Percent,
        '°' | 'º' => Token::Degree,
        '|' => Token::Bar,
        '&' => Token::Ampersand,
        ',' => Token::Separator(Separator::Comma),
        ';' => Token::Separator(Separator::Strong),
        '(' => Token::Open(Bracket::Round),
        ')' => Token::Close(Bracket::Round),
        '[' => Token::Open(Bracket::Square),
        ']' => Token::Close(Bracket::Square),
        '⟨' => Token::Open(Bracket::Angle),
        '⟩' => Token::Close(Bracket::Angle),
        '{' => Token::BraceOpen,
        '}' => Token::BraceClose,
        '\'' | '’' | '′' => Token::Name("'"),
        'π' => Token::Constant(Constant::Pi),
        '∞' => Token::Constant(Constant::Infinity),
        '√' => Token::Root,
        '≤' | '⩽' => Token::Relation(R::LessEqual),
        '≥' | '⩾' => Token::Relation(R::GreaterEqual),
        '≠' => Token::Relation(R::NotEqual),
        '≈' => Token::Relation(R::Approximately),
        '∈' => Token::Relation(R::In),
        '→' | '⇒' => Token::Relation(R::Implies),
        '∪' => Token::Union,
        '∩' => Token::Intersection,
        '∖' => Token::Difference,
        '∅' => Token::Empty,
        'ℝ' => Token::Reals,
        'α' => Token::Name("alpha"),
        'β' => Token::Name("beta"),
        'γ' => Token::Name("gamma"),
        'δ' => Token::Name("delta"),
        'θ' => Token::Name("theta"),
        'λ' => Token::Name("lambda"),
        'μ' => Token::Name("mu"),
        'φ' => Token::Name("phi"),
        'ω' => Token::Name("omega"),
        'ρ' => Token::Name("rho"),
        'σ' => Token::Name("sigma"),
        'τ' => Token::Name("tau"),
        'ε' => Token::Name("epsilon"),
        _ if let Some((numerator, denominator)) = script::fraction(letter) => {
            half(numerator, denominator)?
        }
        _ if letter.is_alphabetic() => Token::Word(letter.to_string()),
        _ => return None,
    })
}

/// A fraction that Unicode has a sign for.
fn half(numerator: u8, denominator: u8) -> Option<Token> {
    let value = dashu_ratio::RBig::from_parts(numerator.into(), denominator.into());
    Some(Token::Number(Literal { value, ..Literal::integer(0) }))
}
