//! Characters that are another way to write plain ones.

use std::borrow::Cow;

/// A text with full-width, styled and compatibility characters as plain ones, and without those that
/// show nothing.
pub(super) fn plain_characters(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            _ if letter.is_ascii() || is_invisible(letter) => {
                if letter.is_ascii() {
                    plain.push(letter);
                }
            }
            // The full-width exclamation mark ends a sentence; the factorial is written with the plain one.
            '！' => plain.push('。'),
            '\u{ff01}'..='\u{ff5e}' => plain.extend(char::from_u32(letter as u32 - 0xfee0)),
            _ if let Some(styled) = styled(letter) => plain.push(styled),
            _ => match sequence(letter) {
                Some(sequence) => plain.push_str(sequence),
                None => plain.push(letter),
            },
        }
    }
    Cow::Owned(plain)
}

/// Spaces of no width, marks of direction, soft hyphens, invisible operators and variation selectors.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}')
}

/// The letter or digit of a mathematical alphabet: bold, italic, script, double-struck ….
fn styled(letter: char) -> Option<char> {
    let code = letter as u32;
    match code {
        // 13 alphabets of 26 capital and 26 small letters.
        0x1d400..=0x1d6a3 => {
            let at = (code - 0x1d400) % 52;
            let first = if at < 26 { u32::from('A') } else { u32::from('a') - 26 };
            char::from_u32(first + at)
        }
        // Arabic, Persian and Devanagari digits.
        0x660..=0x669 => char::from_digit(code - 0x660, 10),
        0x6f0..=0x6f9 => char::from_digit(code - 0x6f0, 10),
        0x966..=0x96f => char::from_digit(code - 0x966, 10),
        0x1d7ce..=0x1d7ff => char::from_digit((code - 0x1d7ce) % 10, 10),
        _ => None,
    }
}

/// What one sign stands for, where that is not the sign itself.
fn sequence(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '‐' | '‑' | '‒' | '–' | '—' | '−' | '﹣' => "-",
        '⁄' | '∕' => "/",
        '∶' | '︰' => ":",
        '、' | '﹐' => ",",
        '∗' => "*",
        '✕' | '✖' | '⨯' => "×",
        '≦' | '≤' | '⩽' => "≤",
        '≧' | '≥' | '⩾' => "≥",
        '≅' | '≃' => "≈",
        '″' => "''",
        '‴' => "'''",
        '℃' => "°C",
        '℉' => "°F",
        'Å' => "Å",
        'µ' => "μ",
        'Ω' => "Ω",
        '㎜' => " mm",
        '㎝' => " cm",
        '㎞' => " km",
        '㎎' => " mg",
        '㎏' => " kg",
        '㎖' => " mL",
        '㎠' => " cm^2",
        '㎡' => " m^2",
        '㎢' => " km^2",
        '㎥' => " m^3",
        'ℎ' => "h",
        _ => return None,
    })
}
