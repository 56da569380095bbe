//! Raised and lowered letters, and fractions, that Unicode has a sign for.

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
            match super::signs::greek(letter) {
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

/// Numerator and denominator of `½` and the like.
pub(super) fn fraction(letter: char) -> Option<(u8, u8)> {
    Some(match letter {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅐' => (1, 7),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        _ => return None,
    })
}
