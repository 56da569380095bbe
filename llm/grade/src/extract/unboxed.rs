//! Answers without a box: what a completion names as its answer, or says last.

/// What announces an answer, in lower case.
const MARKERS: [&str; 10] = [
    "answer is:",
    "answer is",
    "answers are",
    "answer:",
    "answer =",
    "answer**:",
    "answer:**",
    "answer**",
    "solution is",
    "####",
];

/// Candidates for the answer, the best first.
pub(crate) fn in_prose(text: &str) -> Vec<String> {
    let mut candidates = Vec::new();
    if let Some(behind) = behind_marker(text) {
        candidates.push(first_sentence(behind).to_owned());
        candidates.extend(last_value(first_sentence(behind)));
        return candidates;
    }
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
    if let Some(display) = last_display(text)
        && text.trim_end().ends_with(display.1)
    {
        candidates.push(display.0.to_owned());
    }
    if !line.trim().contains(char::is_whitespace) || is_formula(line) {
        candidates.push(line.trim().to_owned());
    }
    candidates.extend(last_value(line));
    candidates
}

/// Whether a text announces an answer.
pub(crate) fn announces(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    MARKERS.into_iter().any(|marker| lower.contains(marker))
}

/// Candidates for the answer of prose that stands in a box: what is announced there, or its only
/// formula or number. Notation that cannot be read has no number in it that would stand for the whole.
pub(crate) fn in_boxed_prose(content: &str) -> Vec<String> {
    let styled = ["\\text{", "\\textbf{", "\\mathrm{"].into_iter();
    let inner = styled.filter_map(|style| content.strip_prefix(style)?.strip_suffix('}')).next();
    let inner = inner.unwrap_or(content);
    if announces(inner) {
        return in_prose(inner);
    }
    let digits = |c: char| c.is_ascii_digit();
    let one = formulas(inner).is_some() || inner.matches(digits).count() > 0 && runs(inner) == 1;
    if is_formula(inner) || !one { Vec::new() } else { last_value(inner) }
}

/// How many runs of digits a text has.
fn runs(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count()
}

/// What a completion calls its final answer behind the last box: it may have changed its mind.
pub(crate) fn final_answer(text: &str) -> Vec<String> {
    let last_box = text.rfind("\\boxed").max(text.rfind("\\fbox")).unwrap_or(0);
    let behind = &text[last_box..];
    let lower = behind.to_ascii_lowercase();
    match lower.rfind("final answer is") {
        Some(at) => {
            let line = behind[at + "final answer is".len()..].trim_start_matches([':', '*', ' ']);
            let sentence = first_sentence(line.lines().next().unwrap_or(""));
            std::iter::once(sentence.to_owned()).chain(last_value(sentence)).collect()
        }
        None => Vec::new(),
    }
}

/// A capital letter that a completion chooses: behind a marker, or at its very beginning or end.
pub(crate) fn choice_in_prose(text: &str) -> Option<char> {
    let lone = |words: Vec<&str>| {
        words.into_iter().find_map(|word| {
            let mut letters = word.trim_matches(|c: char| !c.is_alphanumeric()).chars();
            let first = letters.next()?;
            (first.is_ascii_uppercase() && letters.next().is_none() && !word.contains('\''))
                .then_some(first)
        })
    };
    if let Some(behind) = behind_marker(text) {
        return lone(first_sentence(behind).split_whitespace().collect());
    }
    let trimmed = text.trim_start_matches(['(', '*', ' ']);
    let mut letters = trimmed.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some('.' | ')' | ':' | ',' | '*')) if first.is_ascii_uppercase() => {
            Some(first)
        }
        (Some(first), None) if first.is_ascii_uppercase() => Some(first),
        _ => lone(text.split_whitespace().rev().take(3).collect()),
    }
}

/// What follows the last marker, to the end of its line or the next one that is not empty.
fn behind_marker(text: &str) -> Option<&str> {
    // ASCII letters keep their place in lower case.
    let lower = text.to_ascii_lowercase();
    let end = |marker: &str| lower.rfind(marker).map(|at| (at, at + marker.len()));
    let (_, end) = MARKERS.into_iter().filter_map(end).max_by_key(|(_, end)| *end)?;
    let behind = text[end..].trim_start_matches(['*', ':', ' ']);
    let behind = behind.trim_start();
    // A formula on lines of its own.
    if behind.starts_with("\\[") || behind.starts_with("$$") {
        return first_display(behind);
    }
    behind.lines().next()
}

/// Up to a full stop with a space behind it. Formulas have no such stop but at their end.
fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let end = text.find(". ").or(text.find(".$ ")).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '*', '"']).trim()
}

/// Whether a line is one formula and no prose: outside `$…$` it has no words.
fn is_formula(line: &str) -> bool {
    let line = line.trim();
    let outside: String = match line.contains('$') {
        true => line.split('$').step_by(2).collect::<Vec<_>>().join(" "),
        false => line.to_owned(),
    };
    let word = |(i, run): (usize, &str)| {
        let known = ["sin", "cos", "tan", "log", "exp", "sqrt", "and", "cot", "sec", "csc"];
        let command = i > 0 && outside[..i].ends_with('\\');
        run.len() >= 3 && !command && !known.contains(&run)
    };
    let mut start = 0;
    let mut words = false;
    for run in outside.split(|c: char| !c.is_alphabetic()) {
        let at = start + outside[start..].find(run).unwrap_or(0);
        words |= word((at, run));
        start = at + run.len();
    }
    !words && line.len() < 400
}

/// The content of the first display formula of a text that begins with one.
fn first_display(text: &str) -> Option<&str> {
    let (open, close) = if text.starts_with("\\[") { ("\\[", "\\]") } else { ("$$", "$$") };
    let inner = text.strip_prefix(open)?;
    Some(&inner[..inner.find(close)?])
}

/// The content of the last display formula, and what closes it.
fn last_display(text: &str) -> Option<(&str, &'static str)> {
    let bracket = text.rfind("\\]").and_then(|end| {
        let start = text[..end].rfind("\\[")?;
        Some((&text[start + 2..end], "\\]"))
    });
    let dollars = || {
        let end = text.rfind("$$")?;
        let start = text[..end].rfind("$$")?;
        Some((&text[start + 2..end], "$$"))
    };
    bracket.or_else(dollars)
}

/// The last formula or number of a line, whichever stands later; formulas joined by "and" are a list.
fn last_value(line: &str) -> Vec<String> {
    let formula = formulas(line);
    let number = last_number(line);
    let mut values = Vec::new();
    match (formula, number) {
        (Some((_, end, formula)), Some((start, number))) if start >= end => {
            values.extend([number, formula]);
        }
        (formula, number) => {
            values.extend(formula.map(|(_, _, formula)| formula));
            values.extend(number.map(|(_, number)| number));
        }
    }
    values
}

/// The last inline formulas of a line.
fn formulas(line: &str) -> Option<(usize, usize, String)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(found) = line[at..].find(['$', '\\']) {
        let start = at + found;
        let tail = &line[start..];
        let (open, close) = match tail {
            _ if tail.starts_with("\\(") => (2, "\\)"),
            _ if tail.starts_with("$$") => (2, "$$"),
            _ if tail.starts_with('$') => (1, "$"),
            // Another command, or an escaped sign.
            _ => {
                at = start + 1 + tail[1..].chars().next().map_or(0, char::len_utf8);
                continue;
            }
        };
        match closing(&tail[open..], close) {
            Some(length) if length > 0 && length < 400 => {
                spans.push((start + open, start + open + length));
                at = start + open + length + close.len();
            }
            _ => at = start + open,
        }
    }
    let &(mut start, end) = spans.last()?;
    let mut parts = vec![&line[start..end]];
    for pair in spans.windows(2).rev() {
        let between = line[pair[0].1..pair[1].0].trim_matches(['$', ' ', '\\', '(', ')', ',']);
        if !matches!(between, "" | "and" | "or") {
            break;
        }
        start = pair[0].0;
        parts.push(&line[pair[0].0..pair[0].1]);
    }
    parts.reverse();
    Some((start, end, parts.join(" , ")))
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

/// The last number of a line with its sign, separators, fraction bar and per cent sign.
fn last_number(line: &str) -> Option<(usize, String)> {
    let bytes = line.as_bytes();
    let mut end = bytes.iter().rposition(u8::is_ascii_digit)? + 1;
    let part = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'/' | b':');
    let mut start = end;
    while start > 0 && part(bytes[start - 1]) {
        start -= 1;
    }
    while matches!(bytes[start], b',' | b'/' | b':') {
        start += 1;
    }
    // `2√3`.
    if let Some(before) = line[..start].strip_suffix('√') {
        let factor = before.trim_end_matches(|c: char| c.is_ascii_digit());
        start = factor.len();
    }
    // A number inside a word, such as K2, is none.
    let before = line[..start].chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    if matches!(before, Some('-' | '−' | '+')) {
        let sign = before.map_or(0, char::len_utf8);
        let free = line[..start - sign].chars().next_back();
        // In `9-3` the sign is an operation.
        if free.is_none_or(|c| !c.is_alphanumeric() && c != ')' && c != '}') {
            start -= sign;
        }
    }
    let tail = &line[end..];
    if tail.starts_with('%') || tail.starts_with("\\%") || tail.starts_with(" %") {
        end += tail.find('%').map_or(0, |at| at + 1);
    }
    Some((start, line[start..end].to_owned()))
}
