//! Words that begin a remark, and brackets with a remark in them.

use super::{domain, units};

/// Commands whose argument is prose.
pub(super) const PROSE: [&str; 8] =
    ["text", "textrm", "textnormal", "textit", "textup", "mbox", "hbox", "mathrm"];

/// Words that begin a remark.
const OPENERS: [&str; 42] = [
    "for",
    "where",
    "wherever",
    "with",
    "when",
    "whenever",
    "if",
    "since",
    "as",
    "because",
    "at",
    "about",
    "approximately",
    "approx",
    "roughly",
    "around",
    "provided",
    "assuming",
    "given",
    "achieved",
    "attained",
    "reached",
    "occurring",
    "occurs",
    "obtained",
    "using",
    "via",
    "due",
    "which",
    "rounded",
    "correct",
    "exactly",
    "namely",
    "note",
    "closed",
    "in",
    "any",
    "∀",
    "i",
    "simplified",
    "equality",
    "iff",
];

/// Whether what stands in brackets is an aside and no part of a formula.
pub(super) fn is_aside(inside: &str) -> bool {
    let inside = inside.trim_start_matches(['$', ' ', '~']);
    let prose = PROSE.into_iter().find_map(|name| {
        let rest = inside.strip_prefix('\\')?.strip_prefix(name)?.trim_start();
        rest.strip_prefix('{')
    });
    let begins = prose.unwrap_or(inside).trim_start();
    let approximates = begins.starts_with(['≈', '~'])
        || ["\\approx", "\\sim", "\\simeq"].contains(&command(begins));
    let first = word(begins);
    // `(or 5)` and `(and 7)` say more; a unit in brackets is no remark.
    let says_more = matches!(first, "or" | "and" | "nor" | "to" | "times" | "not");
    let is_word = first.chars().count() > 2 && units::parse(begins_plain(begins)).is_none();
    let prose_word = prose.is_some() && is_word || opens(begins) && first.len() > 1;
    let several = inside.split_whitespace().filter(|part| word(part).len() > 2).count() > 1;
    let sentence = is_word && several && !inside.contains('\\');
    let modulus = matches!(first, "mod" | "modulo") || command(begins) == "\\bmod";
    approximates
        || modulus
        || !says_more && (prose_word || sentence)
        || domain::declared(inside).is_some() && domain::is_membership(inside)
        || command(begins) == "\\because"
}

/// Whether a text is a number without any letter but those of commands.
pub(super) fn is_number(text: &str) -> bool {
    let mut in_command = false;
    let mut digits = false;
    for next in text.chars() {
        digits |= next.is_ascii_digit();
        match next {
            '\\' => in_command = true,
            _ if next.is_alphabetic() && !in_command => return false,
            _ => in_command &= next.is_alphabetic(),
        }
    }
    digits
}

/// Whether a text names a unit or what is counted: words, and no product of variables such as `ab` and `xyz`.
pub(super) fn is_counted(inside: &str) -> bool {
    let words = || inside.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let prose = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '.' | '/');
    let in_a_row = |word: &str| word.as_bytes().windows(2).all(|w| w[0].wrapping_add(1) == w[1]);
    let is_word = |word: &str| word.chars().count() > 2 && !in_a_row(word);
    let says_more = words().next().is_some_and(|word| matches!(word, "or" | "and" | "nor" | "not"));
    let begins = inside.starts_with(|c: char| c.is_alphabetic());
    let function = words().any(|word| matches!(word, "sin" | "cos" | "tan" | "log" | "exp"));
    units::is_known(inside)
        || begins && inside.chars().all(prose) && words().any(is_word) && !says_more && !function
}

/// The words of a text up to the end of its braces.
fn begins_plain(text: &str) -> &str {
    text.split(['}', '{', '\\']).next().unwrap_or(text).trim()
}

/// Whether a text begins with a word that opens a remark.
pub(super) fn opens(text: &str) -> bool {
    let first = word(text);
    let rest = &text[first.len()..];
    let letters = first.chars().count();
    match first.to_ascii_lowercase().as_str() {
        // `i.e.` and `in simplest form`, but no unit and no membership.
        "i" => rest.starts_with(".e"),
        "in" => {
            ["simpl", "lowest", "terms", "radical", "exact", "closed", "the form", "any", "all"]
                .iter()
                .any(|next| rest.trim_start().starts_with(next))
        }
        "any" | "exactly" | "closed" | "correct" => true,
        // `5 for 3` is a price.
        "for" | "with" | "as" | "at" | "around" | "about" if rest.trim_start().is_empty() => true,
        "for" | "with" => !rest.trim_start().starts_with(|c: char| c.is_ascii_digit()),
        "at" => rest.contains('=') || rest.contains('}') || rest.contains("point"),
        lower => letters > 1 && OPENERS.contains(&lower),
    }
}

/// The letters that a text begins with.
pub(super) fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphabetic());
    &text[..end.unwrap_or(text.len())]
}

/// The command that a text begins with, with its backslash; empty where it begins otherwise.
fn command(text: &str) -> &str {
    if text.starts_with('\\') { &text[..1 + command_name(text).len()] } else { "" }
}

/// The name behind a backslash: letters, or one sign.
pub(super) fn command_name(text: &str) -> &str {
    let after = &text[1..];
    match after.find(|c: char| !c.is_ascii_alphabetic()) {
        Some(0) => &after[..after.chars().next().map_or(0, char::len_utf8)],
        Some(end) => &after[..end],
        None => after,
    }
}
