//! Remarks behind an answer that do not change it: where it holds, how it was found, about how much it is.
//!
//! `12 \text{ (at } x=3)`, `2^k \text{ for } k \ge 1`, `x=k\pi,\ k\in\mathbb{Z}`,
//! `\frac{7}{3} \ (\approx 2.33)`. What is left must be an answer by itself; the reader of an answer
//! sees to that. Two answers whose remarks name different domains are two answers: [`super::domain`].

use super::aside::{PROSE, command_name, is_aside, is_counted, is_number, opens, word};

/// An answer and the remark behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remarked {
    /// What is left without the remark.
    pub(crate) main: String,
    /// The remark, without the brackets around it.
    pub(crate) remark: String,
}

/// Openers that state a condition. Two of them are branches of one answer: a remark has one.
const CONDITIONS: [&str; 7] = ["for", "if", "when", "whenever", "at", "otherwise", "else"];

/// Words that make more of a remark than a remark.
const BRANCHES: [&str; 14] = [
    "incorrect",
    "wrong",
    "possibly",
    "also",
    "otherwise",
    "else",
    "unless",
    "except",
    "remainder",
    "least",
    "most",
    "plus",
    "minus",
    "percent",
];

/// Longest answer that is searched for remarks.
const LONGEST: usize = 1_000;

/// Most remarks that one answer has.
const MOST_REMARKS: usize = 3;

/// An answer without the remarks in it; nothing if it has none.
pub(crate) fn split(text: &str) -> Option<Remarked> {
    if text.len() > LONGEST || !may_have_one(text) {
        return None;
    }
    let mut split = split_once(text)?;
    for _ in 1..MOST_REMARKS {
        let Some(next) = split_once(&split.main) else { break };
        split = Remarked { main: next.main, remark: format!("{}; {}", next.remark, split.remark) };
    }
    Some(split)
}

/// A quick look for what every remark begins with: space, prose, a modulus, or a quantifier.
fn may_have_one(text: &str) -> bool {
    const NAMES: [&str; 13] = [
        "text", "mbox", "hbox", "math", "mod", "mid", "pmod", "pod", "bmod", "forall", "quad",
        "qquad", "enspace",
    ];
    let separated = |c: char| c.is_whitespace() || matches!(c, '~' | ',' | ';' | '$' | '∀');
    text.contains(separated)
        || text.match_indices('\\').any(|(at, _)| {
            let name = &text[at + 1..];
            !name.starts_with(|c: char| c.is_ascii_alphabetic())
                || name.starts_with("space")
                || NAMES.into_iter().any(|known| name.starts_with(known))
        })
}

/// Splits an answer before the first remark in it.
fn split_once(text: &str) -> Option<Remarked> {
    if text.contains("\\text{,") {
        return split_plain(&text.replace("\\text{,}", ",").replace("\\text{, }", ", "));
    }
    split_plain(text)
}

fn split_plain(text: &str) -> Option<Remarked> {
    let mut scan = Scan { text, at: 0, depth: 0, spaced: false };
    while scan.at < text.len() {
        if scan.depth == 0
            && scan.at > 0
            && let Some((start, remark, end)) = scan.remark()
        {
            return remarked(text, start, remark, end);
        }
        scan.step();
    }
    None
}

/// The parts of an answer with a remark from `start` to `end`.
fn remarked(text: &str, start: usize, remark: &str, end: usize) -> Option<Remarked> {
    let before = without_separator(&text[..start]);
    let behind = text[end..].trim_matches(['.', ' ', '$', '~']);
    if before.is_empty() || !is_harmless(before, remark) {
        return None;
    }
    let main = if behind.is_empty() { before.to_owned() } else { format!("{before} {behind}") };
    // `3 (km)`: the unit goes with the number.
    let unit = super::units::is_known(remark) && !remark.contains(['\\', '{']);
    let main = if unit { format!("{main} \\text{{{remark}}}") } else { main };
    // The sign of a formula that is cut in two.
    let odd = main.matches('$').count() % 2 == 1;
    let main = if odd { main.replacen('$', "", 1) } else { main };
    Some(Remarked { main, remark: remark.to_owned() })
}

/// Whether a remark has no branch, no second item and no second condition in it.
fn is_harmless(main: &str, remark: &str) -> bool {
    let words = || remark.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 1);
    let conditions = words().filter(|word| CONDITIONS.contains(word)).count();
    let joined = words().any(|word| word == "and") && main.contains('=') && remark.contains('=');
    // `x > 2 \text{ for } x \ne 3` are other numbers than x > 2.
    let bounds = has_order(main) && {
        let domain = super::domain::Domain::of(remark);
        let says = domain.numbers.is_some() || domain.condition.is_some();
        says && domain
            .letter
            .is_some_and(|letter| main.trim_start_matches(['$', ' ']).starts_with(letter))
    };
    conditions <= 1 && !joined && !bounds && !words().any(|word| BRANCHES.contains(&word))
}

/// A text without the commas and spaces at its end.
fn without_separator(mut text: &str) -> &str {
    const SEPARATORS: [&str; 18] = [
        ",",
        ";",
        ":",
        "~",
        "\\quad",
        "\\qquad",
        "\\,",
        "\\;",
        "\\:",
        "\\ ",
        "\\!",
        "{,}",
        "\\enspace",
        "\\space",
        "\\hspace{1em}",
        "\\left",
        "\\mid",
        "|",
    ];
    loop {
        let trimmed = text.trim_end();
        let shorter = SEPARATORS.iter().find_map(|mark| trimmed.strip_suffix(mark));
        match shorter {
            // `\\,` is a line break and a comma.
            Some(shorter) => text = shorter,
            None if trimmed.len() == text.len() => return text,
            None => text = trimmed,
        }
    }
}

/// A walk through a text that knows how many brackets are open.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whether space stands before this place.
    spaced: bool,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Goes to the next character, command or word.
    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        let mut length = first.len_utf8();
        let mut spaced = false;
        match first {
            '\\' => {
                let name = command_name(rest);
                length = 1 + name.len();
                match name {
                    "{" | "lbrace" | "langle" => self.depth += 1,
                    "}" | "rbrace" | "rangle" => self.depth = self.depth.saturating_sub(1),
                    "begin" => self.depth += 1,
                    "end" => self.depth = self.depth.saturating_sub(1),
                    _ => spaced = is_space(name),
                }
            }
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            '$' | '~' | ',' | ';' => spaced = true,
            _ if first.is_alphabetic() => length = word(rest).len(),
            _ => spaced = first.is_whitespace(),
        }
        self.spaced = spaced;
        self.at += length;
    }

    /// The remark that begins here: where, what it says, and where it ends.
    fn remark(&self) -> Option<(usize, &'a str, usize)> {
        let rest = self.rest();
        match rest.chars().next()? {
            '\\' => {
                let name = command_name(rest);
                if PROSE.contains(&name) {
                    return self.in_text(1 + name.len());
                }
                match name {
                    "pmod" | "pod" | "bmod" | "mod" => self.modulus(1 + name.len()),
                    "forall" => Some((self.at, rest, self.text.len())),
                    // `\left(\approx 2.5\right)`.
                    "left" if self.spaced => self.bracketed(1 + name.len()),
                    _ => self.declaration(),
                }
            }
            '(' | '[' if self.spaced => self.bracketed(0),
            '∀' => Some((self.at, rest, self.text.len())),
            first if first.is_alphabetic() && self.spaced => {
                let opens = opens(rest) && word(rest).len() > 1;
                match opens {
                    true => Some((self.at, rest, self.text.len())),
                    false => self.declaration(),
                }
            }
            _ => None,
        }
    }

    /// A remark that begins in `\text{…}`, whose name takes `offset` bytes.
    fn in_text(&self, offset: usize) -> Option<(usize, &'a str, usize)> {
        let rest = self.rest();
        let inner = rest[offset..].trim_start().strip_prefix('{')?;
        let content = inner.trim_start_matches([' ', ',', ';', '.', '~', '-', '–', '—']);
        let Some(inside) = content.strip_prefix(['(', '[']) else {
            // `\text{ units, approximately } 5.9`.
            let prose = content.split('}').next().unwrap_or_default();
            let behind = prose.split([',', ';', '(']).nth(1).unwrap_or_default().trim_start();
            let opened = opens(content) || opens(behind) && !word(behind).is_empty();
            return opened.then_some((self.at, rest, self.text.len()));
        };
        // `\text{(about }18.9\text{ cards)}` ends where its bracket closes.
        let start = self.text.len() - inside.len();
        let end = start + closing_round(inside)?;
        let remark = &self.text[start..end];
        let mut end = end + 1;
        end += usize::from(self.text[end..].starts_with('}'));
        let remark = remark.trim_start_matches(['}', ' ']).trim_end_matches("\\text{").trim();
        let first = word(content.trim_start_matches(['(', '[']).trim());
        let prose = first.chars().count() > 2 || first == "by";
        let says_more = matches!(word(remark), "or" | "and" | "nor" | "not");
        (is_aside(remark) || prose && !says_more).then_some((self.at, remark, end))
    }

    /// The modulus of a residue class, if it ends the text.
    fn modulus(&self, offset: usize) -> Option<(usize, &'a str, usize)> {
        let rest = self.rest();
        let modulus = rest[offset..].trim_matches([' ', '{', '}', '$', ')', '.']);
        let alone = !modulus.is_empty() && modulus.chars().all(char::is_alphanumeric);
        alone.then_some((self.at, rest, self.text.len()))
    }

    /// A remark in brackets, which begin `offset` bytes from here and end the text.
    fn bracketed(&self, offset: usize) -> Option<(usize, &'a str, usize)> {
        let inside = self.rest()[offset..].trim_start().strip_prefix(['(', '['])?;
        let length = closing_round(inside)?;
        let remark =
            inside[..length].trim().trim_start_matches('}').trim_end_matches("\\right").trim();
        let tail = inside[length + 1..].trim_matches(['.', ' ', '$', '}']);
        let counted = is_number(&self.text[..self.at]) && is_counted(remark);
        (tail.is_empty() && (counted || is_aside(remark))).then_some((
            self.at,
            remark,
            self.text.len(),
        ))
    }

    /// `k\in\mathbb{Z}` and `a \ge 2` behind a comma, where the letter is one of the answer.
    fn declaration(&self) -> Option<(usize, &'a str, usize)> {
        let rest = self.rest();
        let separated = self.text[..self.at]
            .trim_end_matches([' ', '$', '~'])
            .ends_with([',', ';', 'd', '\\', ':']);
        let before = &self.text[..self.at];
        let declared = super::domain::declared(rest)?;
        let used = super::domain::uses(before, declared);
        let head = before.trim_start_matches(['$', ' ']).starts_with(declared);
        let in_domain = super::domain::is_membership(rest);
        let equation = before.contains('=') && !has_order(before);
        // `x > 3, x \in \mathbb{Z}` are other numbers than x > 3.
        let fits = if in_domain { !has_order(before) } else { equation && !head };
        (self.spaced && separated && used && fits).then_some((self.at, rest, self.text.len()))
    }
}

/// Whether an inequality or a membership stands in a text.
fn has_order(text: &str) -> bool {
    const ORDERS: [&str; 12] =
        ["<", ">", "≤", "≥", "≠", "∈", "\\le", "\\ge", "\\lt", "\\gt", "\\ne", "\\in"];
    let command = |order: &str| {
        text.match_indices(order).any(|(at, _)| {
            let behind = &text[at + order.len()..];
            let name = command_name(&text[at..]);
            !order.starts_with('\\')
                || !behind.starts_with(|c: char| c.is_ascii_alphabetic())
                || matches!(name, "leq" | "geq" | "neq" | "leqslant" | "geqslant")
        })
    };
    ORDERS.into_iter().any(command)
}

/// Whether a command sets space.
fn is_space(name: &str) -> bool {
    const SPACES: [&str; 11] =
        [" ", ",", ";", ":", "quad", "qquad", "enspace", "space", "\\", "!", "mid"];
    SPACES.contains(&name)
}

/// Where the bracket closes that a text stands in.
fn closing_round(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth == 0 => return Some(at),
            b')' | b']' => depth -= 1,
            _ => {}
        }
    }
    None
}
