//! Answers in words.

/// The text without mark-up, spaces and punctuation; words in lower case, single letters as they are.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    // `a parabola` is a parabola.
    let start = rest.find('{').filter(|_| rest.starts_with("\\text")).map_or(0, |at| at + 1);
    let words = rest[start..].trim_start();
    let article =
        ["a ", "an ", "the ", "A ", "An ", "The "].into_iter().find(|a| words.starts_with(a));
    if let Some(article) = article
        && words[article.len()..].bytes().take_while(u8::is_ascii_alphabetic).count() >= 3
    {
        rest = &words[article.len()..];
    }
    while let Some(first) = rest.chars().next() {
        if first == '\\' {
            let name = rest[1..].find(|c: char| !c.is_ascii_alphabetic());
            let end = name.map_or(rest.len(), |length| length + 1);
            let styles = ["text", "mathrm", "mbox", "mathbf", "textbf", "textit", "left", "right"];
            let silent = styles.contains(&&rest[1..end])
                || ["textnormal", "textrm", "overline", "operatorname", "boxed", "quad", "cdot"]
                    .contains(&&rest[1..end]);
            if !silent {
                plain.push_str(&rest[1..end]);
            }
            // A sign behind the backslash is skipped with it.
            let sign =
                if end == 1 { rest[1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
            rest = &rest[end + sign..];
            continue;
        }
        let point = first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if point || first.is_alphanumeric() || "+-/*^=<>,:".contains(first) {
            plain.push(first);
        }
        rest = &rest[first.len_utf8()..];
    }
    let plain = plain.trim_matches([',', ':']);
    if plain.chars().count() > 1 { plain.to_lowercase() } else { plain.to_owned() }
}

/// Words that are symbols of mathematics.
const NAMES: [&str; 12] =
    ["pi", "e", "i", "inf", "infinity", "oo", "alpha", "beta", "gamma", "theta", "lambda", "phi"];

/// Whether an answer consists of words or of a label such as `ACF`, and of no formula.
pub(super) fn is_words(text: &str) -> bool {
    let inner = ["\\text", "\\mbox", "\\textbf", "\\textnormal", "\\mathrm"]
        .into_iter()
        .find_map(|command| text.strip_prefix(command))
        .and_then(|rest| rest.trim_start().strip_prefix('{'))
        .and_then(|rest| rest.strip_suffix('}'))
        .filter(|inner| !inner.contains(['{', '}', '\\']));
    if let Some(inner) = inner {
        return inner.chars().any(char::is_alphabetic) && !is_single_letter(inner.trim());
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let letters = |word: &&str| word.chars().all(|c| c.is_alphabetic() || "'-’".contains(c));
    match &words[..] {
        [] => false,
        [word] if letters(word) && !NAMES.contains(word) => {
            let count = word.chars().count();
            let label = word.chars().all(|c| c.is_ascii_uppercase());
            count >= 4 || count >= 2 && (label || !word.is_ascii())
        }
        [_, _, ..] if words.len() <= 3 && words.iter().all(letters) => {
            words.iter().all(|word| word.chars().count() >= 2)
                && words.iter().any(|word| word.chars().count() >= 4)
                && !words.iter().any(|word| matches!(*word, "and" | "or" | "sin" | "cos" | "log"))
        }
        _ => false,
    }
}

fn is_single_letter(text: &str) -> bool {
    text.chars().count() == 1
}

/// The letter of a choice: `C`, `(C)`, `\text{(C)}`, `C. Paris`, `(C) Paris`.
pub(super) fn choice(text: &str) -> Option<char> {
    let mut inner = text.trim();
    for command in ["\\textbf{", "\\text{", "\\mathrm{", "\\mathbf{", "\\mbox{"] {
        inner = inner.strip_prefix(command).unwrap_or(inner).trim_start();
    }
    for word in ["Option ", "option ", "Choice ", "choice ", "Answer ", "answer "] {
        inner = inner.strip_prefix(word).unwrap_or(inner).trim_start();
    }
    inner = inner.strip_prefix('(').unwrap_or(inner).trim_start();
    let mut letters = inner.chars();
    let letter = letters.next().filter(char::is_ascii_uppercase)?;
    let rest = letters.as_str();
    let closed = rest.trim_matches(['}', ')', ' ', '.', ':']).is_empty();
    let labelled = rest.starts_with(')') || rest.starts_with(". ") || rest.starts_with(": ");
    (closed || labelled).then_some(letter)
}
