//! Formulas with their signs: `$…$` and `\(…\)` in a line, `\[…\]`, `$$…$$` and environments on
//! their own.

/// Longest formula in a line, in bytes.
const LONGEST: usize = 400;

/// The formula that a text begins with, and its length with its signs. Prose between two dollars is
/// none: there the dollar is the currency.
pub(super) fn inline(text: &str) -> Option<(&str, usize)> {
    let (open, close) = match text {
        _ if text.starts_with("\\(") => (2, "\\)"),
        _ if text.starts_with("\\[") => (2, "\\]"),
        _ if text.starts_with("$$") => (2, "$$"),
        _ if text.starts_with('$') => (1, "$"),
        _ => return None,
    };
    let mut window = text.len().min(open + LONGEST + 2);
    while !text.is_char_boundary(window) {
        window -= 1;
    }
    let length = closing(&text[open..window], close)?;
    let inner = &text[open..open + length];
    let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    // `$500 * 12 = $6000`: both are prices.
    let priced = open == 1 && digit(inner) && digit(&text[open + length + 1..]);
    let is_prose = inner.trim().is_empty() || priced || open == 1 && has_words(inner);
    (!is_prose).then_some((inner, open + length + close.len()))
}

/// Where a formula closes; `\$` inside it does not close one.
fn closing(text: &str, close: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + text[at..].find(close)?;
        let escaped = close.starts_with('$') && text[..found].ends_with('\\');
        if !escaped {
            return Some(found);
        }
        at = found + 1;
    }
}

/// Whether words stand in a text, outside of the arguments of commands, as in `5 and has `.
fn has_words(text: &str) -> bool {
    let mut depth = 0usize;
    let mut first = true;
    text.split_whitespace().any(|token| {
        let outside = depth == 0;
        depth += token.matches('{').count();
        depth = depth.saturating_sub(token.matches('}').count());
        let least = if std::mem::take(&mut first) { 4 } else { 2 };
        let letters = token.trim_end_matches([',', '.', ';']);
        let function = matches!(letters, "sin" | "cos" | "tan" | "log" | "ln" | "exp");
        outside && letters.len() >= least && letters.chars().all(char::is_alphabetic) && !function
    })
}

/// Environments that display a formula.
const DISPLAYS: [&str; 8] = [
    "align*}",
    "align}",
    "equation*}",
    "equation}",
    "gather*}",
    "gather}",
    "aligned}",
    "eqnarray*}",
];

/// The content of the display formula that a text ends with.
pub(super) fn last_display(text: &str) -> Option<String> {
    let text = text.trim_end().trim_end_matches(['.', ' ', '\n']);
    let inner = if let Some(before) = text.strip_suffix("\\]") {
        &before[before.rfind("\\[")? + 2..]
    } else if let Some(before) = text.strip_suffix("$$") {
        &before[before.rfind("$$")? + 2..]
    } else {
        DISPLAYS.into_iter().find_map(|name| environment(text, name))?
    };
    Some(last_row(inner))
}

/// The content of an environment that a text ends with.
fn environment<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let before = text.strip_suffix(name)?.strip_suffix("\\end{")?;
    let begin = format!("\\begin{{{name}");
    Some(&before[before.rfind(&*begin)? + begin.len()..])
}

/// The last row of aligned formulas; anything else as it is.
fn last_row(inner: &str) -> String {
    let inner = inner.trim();
    let aligned = DISPLAYS.into_iter().find_map(|name| environment(inner, name));
    let Some(rows) = aligned.or_else(|| inner.contains('&').then_some(inner)) else {
        return inner.to_owned();
    };
    if aligned.is_none() && inner.contains("\\begin") {
        return inner.to_owned();
    }
    let row = rows.trim().trim_end_matches("\\\\").rsplit("\\\\").next().unwrap_or("");
    row.replace('&', "").trim().trim_start_matches('=').trim().to_owned()
}

/// The content of the display formula that a text begins with.
pub(super) fn first_display(text: &str) -> Option<&str> {
    let (open, close) = if text.starts_with("\\[") { ("\\[", "\\]") } else { ("$$", "$$") };
    let inner = text.strip_prefix(open)?;
    Some(&inner[..inner.find(close)?])
}
