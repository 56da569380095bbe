//! From text to tokens: LaTeX, plain notation and Unicode signs, mixed as people mix them.

use super::commands::{Command, command};
use super::error::ReadError;
use super::number::Literal;
use super::script;
use super::signs::sign;
use super::syntax::{Bracket, Constant, Relation};
use super::token::{Placed, Separator, Token};
use super::words;

/// The name of the symbol that dots between items are.
pub(crate) const ELLIPSIS: &str = "dots";

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
        bits: 0,
    };
    while lexer.at < text.len() {
        lexer.step()?;
    }
    Ok(lexer.tokens)
}

pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) commas: Commas,
    tokens: Vec<Placed>,
    spaced: bool,
    /// Brackets that are open: a comma inside them separates items.
    pub(super) open: usize,
    /// Environments that are open: `\\` inside them ends a row.
    environments: usize,
    /// Bits of the numbers so far.
    pub(super) bits: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Whether the last token is a number.
    pub(super) fn behind_number(&self) -> bool {
        self.tokens.last().is_some_and(|last| matches!(last.token, Token::Number(_)))
    }

    /// Takes the next `length` bytes as a token.
    pub(super) fn push(&mut self, token: Token, length: usize) {
        match token {
            Token::Open(_) => self.open += 1,
            Token::Close(_) => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        let (start, end) = (self.at as u32, (self.at + length) as u32);
        self.tokens.push(Placed { token, start, end, spaced: self.spaced, upright: false });
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
            '0'..='9' => self.number()?,
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number()?,
            // `1, 2, ..., n`.
            '.' if self.rest().starts_with("...") && self.after_separator() => {
                self.push(Token::Unknown(ELLIPSIS.to_owned()), 3);
            }
            '…' if self.after_separator() => {
                self.push(Token::Unknown(ELLIPSIS.to_owned()), width);
            }
            // The end of a sentence, or of a number such as `7.`
            '.' => self.skip(1),
            '\\' => self.backslash()?,
            'a'..='z' | 'A'..='Z' => self.letters(),
            '$' | '~' | '£' | '€' | '¥' | '¢' | '₹' | '₩' | '₽' | '₫' => {
                self.skip(width)
            }
            _ if letter.is_whitespace() => self.skip(width),
            '∛' => self.root_sign(3, width),
            '∜' => self.root_sign(4, width),
            _ if script::raised(letter).is_some() => self.script(Token::Caret, script::raised)?,
            _ if script::lowered(letter).is_some() => {
                self.script(Token::Underscore, script::lowered)?;
            }
            '<' | '>' | '=' | '!' | ':' | '*' | '-' => self.operator(letter),
            // Seconds of arc behind a number.
            '"' if self.tokens.iter().any(|placed| placed.token == Token::Degree) => {
                self.push(Token::Name("'"), 0);
                self.push(Token::Name("'"), 1);
            }
            _ if is_wide(letter) => {
                let word: String = self.rest().chars().take_while(|c| is_wide(*c)).collect();
                let length = word.len();
                self.push(Token::Word(word), length);
            }
            _ => {
                let token = sign(letter).ok_or_else(|| {
                    ReadError::syntax(format!("'{}' has no meaning here", letter.escape_default()))
                })?;
                self.push(token, width);
            }
        }
        Ok(())
    }

    /// Whether an item or a term is to come.
    fn after_separator(&self) -> bool {
        let last = self.tokens.last().map(|placed| &placed.token);
        matches!(last, Some(Token::Separator(_) | Token::Plus | Token::Minus | Token::Times))
    }

    /// `∛` is `\sqrt[3]`.
    fn root_sign(&mut self, degree: i64, width: usize) {
        self.push(Token::Root, 0);
        self.push(Token::Open(Bracket::Square), 0);
        self.push(Token::Number(Literal::integer(degree)), 0);
        self.push(Token::Close(Bracket::Square), width);
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

    fn letters(&mut self) {
        let end = self.rest().find(|c: char| !c.is_ascii_alphabetic());
        let word = &self.rest()[..end.unwrap_or(self.rest().len())];
        if self.is_times(word) {
            self.push(Token::Times, 1);
        } else if let [letter] = word.as_bytes() {
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
            // The brace of a system of equations stays open.
            Command::Nothing if name == "left" && self.opens_a_system() => self.skip(length + 2),
            Command::Nothing => self.skip(length),
            Command::Text => return self.prose(name, length),
            Command::Roman => self.roman(length),
            Command::Frame => self.skip(length + self.option(length)),
            Command::Hidden => {
                let length = length + self.option(length);
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

    /// Whether `\left\{` has a `\right.` for its end.
    fn opens_a_system(&self) -> bool {
        let Some(inner) = self.rest().strip_prefix("\\left\\{") else { return false };
        let end = inner.find("\\right").map_or("", |at| &inner[at + "\\right".len()..]);
        // The dot may have gone as the end of a sentence.
        end.is_empty() && inner.contains("\\right") || end.starts_with('.')
    }

    /// `\quadx` and `\pir` happen where people write by hand; other names stand for themselves.
    fn unknown(&mut self, name: &str, length: usize) {
        if matches!(name, "dots" | "ldots" | "cdots" | "dotsc" | "dotsb" | "hdots") {
            return self.push(Token::Unknown(ELLIPSIS.to_owned()), length);
        }
        let known = ["quad", "pi", "infty", "cdot", "times", "circ"];
        match known.into_iter().find(|known| name.starts_with(known)) {
            Some(known) => match command(known) {
                Command::Token(token) => self.push(token, 1 + known.len()),
                _ => self.skip(1 + known.len()),
            },
            None => self.push(Token::Unknown(name.to_owned()), length),
        }
    }

    /// The argument in braces that begins `offset` bytes from here, and where it ends.
    pub(super) fn argument(&self, offset: usize) -> Option<(&'a str, usize)> {
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
            // `\mathbb R`.
            let spaces = self.rest()[length..].len() - self.rest()[length..].trim_start().len();
            if name == "mathbb" && self.rest()[length + spaces..].starts_with('R') {
                self.push(Token::Reals, length + spaces + 1);
                return Ok(());
            }
            self.skip(length);
            return Ok(());
        };
        self.words(name, content, total);
        Ok(())
    }

    /// `{\rm cm}` and `\rm{cm}`.
    fn roman(&mut self, length: usize) {
        if let Some((content, total)) = self.argument(length) {
            return self.words("mathrm", content, total);
        }
        let rest = &self.rest()[length..];
        let mut inner = rest.trim_start();
        for space in ["\\,", "\\;", "\\ ", "~"] {
            inner = inner.strip_prefix(space).unwrap_or(inner).trim_start();
        }
        let spaces = rest.len() - inner.len();
        let letters = inner.bytes().take_while(u8::is_ascii_alphabetic).count();
        match letters {
            0 => self.skip(length),
            _ => {
                let content = &rest[spaces..spaces + letters];
                self.words("mathrm", content, length + spaces + letters);
            }
        }
    }

    /// The length of a star and an argument in square brackets.
    fn option(&self, offset: usize) -> usize {
        let tail = &self.rest()[offset..];
        let star = usize::from(tail.starts_with('*'));
        let close = tail[star..].starts_with('[').then(|| tail.find(']')).flatten();
        close.map_or(star, |close| close + 1)
    }

    /// What the argument of `\text` or `\mathrm` says, which ends `total` bytes from here.
    fn words(&mut self, name: &str, content: &str, total: usize) {
        let content = content.trim_matches(|c: char| c == '~' || c.is_whitespace());
        let content = ["\\,", "\\;", "\\ "]
            .iter()
            .fold(content, |content, space| content.strip_prefix(space).unwrap_or(content));
        let trimmed = content.trim();
        let bare = trimmed.trim_matches(|c: char| c == ',' || c == ';' || c.is_whitespace());
        match (name, bare) {
            ("mathbb", "R") => self.push(Token::Reals, total),
            (_, "and" | "or" | "&") => self.push(Token::Separator(Separator::Strong), total),
            (_, "") if trimmed.is_empty() => self.skip(total),
            (_, "") => self.push(Token::Separator(Separator::Comma), total),
            ("mathrm" | "operatorname" | "operatorname*" | "mathbb", _) if bare.len() == 1 => {
                self.push(single(bare.chars().next().unwrap_or(' ')), total);
                if let Some(last) = self.tokens.last_mut() {
                    last.upright = true;
                }
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
    }
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

/// Whether a letter is of a script that sets no space between words.
pub(super) fn is_wide(letter: char) -> bool {
    letter.is_alphabetic()
        && matches!(letter as u32, 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff)
}

fn ends_a_value(token: &Token) -> bool {
    matches!(token, Token::Number(_) | Token::Close(_) | Token::BraceClose | Token::Letter(_))
}
