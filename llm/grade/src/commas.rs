//! What commas between digits can mean.

use crate::read::Commas;
use crate::role::Role;

/// The ways in which commas between digits can be meant.
pub(super) fn comma_readings(text: &str, role: Role) -> &'static [Commas] {
    let bytes = text.as_bytes();
    let tight = |w: &[u8]| w[0].is_ascii_digit() && w[1] == b',' && w[2].is_ascii_digit();
    let decimal = || {
        let bare = !text.contains(['(', '[', '{', '\\']);
        // Prices end with zeros, as `3,50`; `2500,7500` is two numbers.
        let behind = text.split_once(',').map_or("", |(_, behind)| behind);
        let padded = behind.len() > 2 && behind.ends_with('0');
        let listed = padded || is_grouped(text) || role == Role::Gold && is_pair(text);
        bare && !listed
    };
    match bytes.windows(3).filter(|window| tight(window)).count() {
        0 => &[Commas::Thousands],
        1 if decimal() => &[Commas::Thousands, Commas::Separate, Commas::Decimal],
        _ => &[Commas::Thousands, Commas::Separate],
    }
}

/// Whether a comma and one digit end a text. Data sets write `0,1` for two numbers, never for 1/10; a
/// gold answer that is a decimal with a comma has more digits behind it, or a unit.
fn is_pair(text: &str) -> bool {
    text.rsplit_once(',').is_some_and(|(_, behind)| behind.len() == 1)
}

/// Whether three digits follow the only comma, and at most three that do not begin with 0 precede
/// it: `1,234` is not 1.234.
fn is_grouped(text: &str) -> bool {
    let Some((before, behind)) = text.split_once(',') else { return false };
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let whole = before.trim_start_matches(|c: char| !c.is_ascii_digit());
    let run = behind.bytes().take_while(u8::is_ascii_digit).count();
    run == 3 && (1..=3).contains(&digits(whole)) && !whole.starts_with('0')
}
