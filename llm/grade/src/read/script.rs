//! Raised and lowered letters that Unicode has a sign for, and names of indices.

use super::signs::greek;

/// The letter that is raised: `³` is 3.
pub(super) fn raised(letter: char) -> Option<char> {
    translated(letter, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ", "0123456789+-()nix")
}

/// The letter that is lowered: `₂` is 2.
pub(super) fn lowered(letter: char) -> Option<char> {
    translated(letter, "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₖₓ", "0123456789+-()nkx")
}

fn translated(letter: char, from: &str, to: &str) -> Option<char> {
    if letter.is_ascii() {
        return None;
    }
    from.chars().zip(to.chars()).find(|(sign, _)| *sign == letter).map(|(_, plain)| plain)
}

/// The letters of an index, without the commands that style them: `\text{max}` is `max`.
pub(super) fn plain_name(raw: &str) -> String {
    const STYLES: [&str; 14] = [
        "text",
        "textrm",
        "textit",
        "textbf",
        "mathrm",
        "mathbf",
        "mathit",
        "mathsf",
        "mathtt",
        "rm",
        "bf",
        "it",
        "operatorname",
        "mbox",
    ];
    let mut plain = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if first == '\\' {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let (name, behind) = rest.split_at(end);
            if !STYLES.contains(&name) {
                plain.push_str(name);
            }
            rest = behind;
        } else {
            let letter = lowered(first).unwrap_or(first);
            match greek(letter) {
                Some(name) => plain.push_str(name),
                None if letter.is_alphanumeric() || matches!(letter, '+' | '-' | '\'') => {
                    plain.push(letter);
                }
                None => {}
            }
        }
    }
    plain
}
