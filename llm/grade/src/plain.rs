//! Answers in words.

/// The text without mark-up, spaces and punctuation; words in lower case, single letters and labels such
/// as `AB` as they are.
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
    let mut begins_a_word = true;
    while let Some(first) = rest.chars().next() {
        if begins_a_word && let Some(length) = filler(rest, &plain) {
            rest = &rest[length..];
            continue;
        }
        begins_a_word = first.is_whitespace() || first == '{';
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
    let as_written = plain.chars().count() == 1 || is_label(plain);
    if as_written { plain.to_owned() } else { plain.to_lowercase() }
}

/// The length of a word that does not change what a phrase says: `all powers of 2` are powers of 2, but
/// `not all` is something else.
fn filler(text: &str, before: &str) -> Option<usize> {
    let word = ["all ", "the "].into_iter().find(|word| {
        text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    })?;
    let follows = text[word.len()..].bytes().take_while(u8::is_ascii_alphabetic).count() >= 3;
    (follows && !before.ends_with("not") && !before.ends_with("Not")).then_some(word.len())
}

/// Short words of answers that would pass for products of variables.
const SHORT_WORDS: [&str; 30] = [
    "n/a", "dne", "yes", "no", "odd", "all", "red", "tie", "day", "mon", "tue", "wed", "thu",
    "fri", "sat", "sun", "jan", "feb", "apr", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "both", "even", "true", "none",
];

/// Names and words of two letters.
const TWO_LETTERS: [&str; 8] = ["Up", "Al", "Bo", "Cy", "Ed", "Jo", "Mo", "Ty"];

/// Functions whose name alone is an answer.
const FUNCTIONS: [&str; 12] =
    ["sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "max", "min", "gcd"];

fn is_short_word(word: &str) -> bool {
    SHORT_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether capitals are the answer, as in `AB`, `ACF` or `PQRS`, and no word in capitals.
fn is_label(word: &str) -> bool {
    let capitals = word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase());
    let in_order = || word.as_bytes().is_sorted();
    let vowel = || word.contains(['A', 'E', 'I', 'O', 'U', 'Y']);
    capitals && !is_short_word(word) && (word.len() <= 3 || in_order() || !vowel())
}

/// Whether an answer is a name of three letters such as `Sun` or `Amy`, which also is a product.
pub(super) fn is_short_name(text: &str) -> bool {
    if TWO_LETTERS.contains(&text) {
        return true;
    }
    let [first, rest @ ..] = text.as_bytes() else { return false };
    first.is_ascii_uppercase()
        && rest.len() == 2
        && rest.iter().all(u8::is_ascii_lowercase)
        && rest.iter().any(|letter| b"aeiouy".contains(letter))
}

/// Whether an answer is a sentence or a phrase without formulas, which equals the same words alone:
/// `n is prime`, `all powers of 2`.
pub(super) fn is_phrase(text: &str) -> bool {
    let mut inner = text.to_owned();
    for command in [r"\text{", r"\mbox{", r"\textbf{", r"\textit{", r"\mathrm{"] {
        inner = inner.replace(command, "{");
    }
    if inner.contains(['\\', '$', '^', '_', '&', '#', '|']) || !is_balanced(&inner) {
        return false;
    }
    let inner = inner.replace(['{', '}'], " ");
    let words =
        inner.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphabetic()));
    let words = words.filter(|word| {
        word.chars().count() >= 2 && word.chars().all(|c| c.is_alphabetic() || "'-’".contains(c))
    });
    let lengths: Vec<usize> = words.map(|word| word.chars().count()).collect();
    let several = lengths.len() >= 2 || inner.split_whitespace().count() >= 2;
    several && lengths.iter().any(|length| *length >= 3)
}

/// Whether there are only letters and the punctuation of prose: `Amy and Bob`, `Yes, No`.
pub(super) fn is_letters(text: &str) -> bool {
    text.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || ",.'’-()".contains(c))
        && text.split(|c: char| !c.is_alphabetic()).any(|word| {
            word.len() >= 3
                && word.chars().any(char::is_lowercase)
                && !matches!(word, "and" | "sin" | "cos" | "tan" | "log")
        })
}

/// Whether an answer is a formula with words outside of it: `odd $n$`.
pub(super) fn is_worded_formula(text: &str) -> bool {
    let outside = || text.split('$').step_by(2);
    let word = |word: &str| word.chars().count() > 2 && word.chars().all(char::is_alphabetic);
    let connects = |word: &str| matches!(word, "and" | "or" | "sin" | "cos" | "tan" | "log" | "ln");
    text.contains('$')
        && outside().flat_map(str::split_whitespace).any(|part| word(part) && !connects(part))
}

/// Whether every bracket is closed.
fn is_balanced(text: &str) -> bool {
    let mut open = Vec::new();
    for letter in text.chars() {
        match letter {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(letter) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// Whether two answers are written alike but for spaces, formula signs and the size of brackets. Answers with braces that are not closed, and empty ones, are like no other.
pub(super) fn is_same_notation(a: &str, b: &str) -> bool {
    let written = notation(a);
    !written.is_empty() && braces_close(&written) && written == notation(b)
}

fn braces_close(text: &str) -> bool {
    let mut depth = 0usize;
    for byte in text.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return false,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

/// A text without what does not show.
fn notation(text: &str) -> String {
    let mut text = text.trim().trim_end_matches('.').to_owned();
    for silent in [r"\displaystyle", r"\left", r"\right", r"\!", r"\,", r"\;", "$"] {
        // `\leftarrow` is another command.
        let parts: Vec<&str> = text.split(silent).collect();
        let mut kept = String::with_capacity(text.len());
        for (i, part) in parts.iter().enumerate() {
            if i > 0 && silent.len() > 2 && part.starts_with(|c: char| c.is_ascii_alphabetic()) {
                kept.push_str(silent);
            }
            kept.push_str(part);
        }
        text = kept;
    }
    let mut written = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut in_command = false;
    while let Some(letter) = letters.next() {
        if !letter.is_whitespace() {
            written.push(letter);
            in_command = letter == '\\' || in_command && letter.is_ascii_alphabetic();
            continue;
        }
        // A space ends the name of a command.
        let next = letters.peek();
        let digits = written.ends_with(|c: char| c.is_ascii_digit())
            && next.is_some_and(char::is_ascii_digit);
        if digits || in_command && next.is_some_and(char::is_ascii_alphabetic) {
            written.push(' ');
        }
    }
    without_single_braces(&written.replace("\\ldots", "\\cdots").replace("\\dots+", "\\cdots+"))
}

/// A text with `^9` for `^{9}`, and the same below.
fn without_single_braces(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        kept.push(first);
        rest = &rest[first.len_utf8()..];
        if !matches!(first, '^' | '_') {
            continue;
        }
        let Some(inner) = rest.strip_prefix('{') else { continue };
        let Some(sign) = inner.chars().next().filter(char::is_ascii_alphanumeric) else { continue };
        if let Some(behind) = inner[1..].strip_prefix('}') {
            kept.push(sign);
            // `x^{1}2` is not `x^12`.
            kept.push_str(if behind.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" });
            rest = behind;
        }
    }
    kept
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
    // `Δx` and `ℏω` are formulas.
    let symbols = |c: char| matches!(c, '\u{370}'..='\u{3ff}' | 'ℏ' | 'ℓ');
    let letters = |word: &&str| {
        word.chars().all(|c| c.is_alphabetic() || "'-’".contains(c))
            && !(word.chars().count() < 4 && word.contains(symbols))
    };
    match &words[..] {
        [] => false,
        [word] if is_short_word(word) || FUNCTIONS.contains(word) => true,
        [word] if letters(word) && !NAMES.contains(&word.trim_start_matches('-')) => {
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
    let label = rest.starts_with(')') || rest.starts_with(". ") || rest.starts_with(": ");
    (closed || label && !goes_on(rest)).then_some(letter)
}

/// Whether more than a description follows the label of a choice: `(C) + 1` and `(C) or (D)` are no
/// choice, while `(A) -5` labels a negative number.
fn goes_on(rest: &str) -> bool {
    const JOINTS: [&str; 8] =
        ["or ", "and ", "\\text{ or", "\\text{ and", "\\text{or", "\\text{and", "\\cup", "\\cap"];
    let behind = rest.trim_start_matches(['}', ')', ' ', '.', ':']);
    let tight = !rest[..rest.len() - behind.len()].ends_with(' ');
    let computes =
        behind.strip_prefix(['+', '-']).is_some_and(|tail| tight || tail.starts_with(' '));
    computes
        || behind.starts_with(['=', ',', ';', '*', '/', '&', '^', '_'])
        || JOINTS.into_iter().any(|joint| behind.starts_with(joint))
}
