//! Text from files, escaped and shortened for messages.

/// Escapes and shortens a name from a file for a message.
pub fn printable(name: &str) -> String {
    const LONGEST_NAME: usize = 200;
    let line =
        |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    abridge(name, LONGEST_NAME).chars().map(line).collect()
}

/// Shortens a text to `longest` characters and an ellipsis.
pub fn abridge(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
