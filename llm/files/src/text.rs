//! Texts from files, escaped and shortened for a line of a message.

/// A name from a file, escaped and shortened for a line of a message.
pub fn printable(name: &str) -> String {
    const LONGEST_NAME: usize = 200;
    let line =
        |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    abridge(name, LONGEST_NAME).chars().map(line).collect()
}

/// The beginning of a text that is longer than `longest` characters.
pub fn abridge(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
