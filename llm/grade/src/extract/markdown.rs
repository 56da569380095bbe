//! A line without the mark-up around its content.

/// A line without bullets, headings, emphasis and the bars of a table, of which the last cell is left.
pub(super) fn plain_line(line: &str) -> String {
    let mut line = line.trim();
    while let Some(inner) = line.strip_prefix(['>', '#']) {
        line = inner.trim_start();
    }
    line = line.strip_prefix("* ").or(line.strip_prefix("• ")).unwrap_or(line);
    // Before a number the hyphen is a sign.
    if let Some(item) = line.strip_prefix("- ")
        && item.starts_with(|c: char| c.is_alphabetic() || "*$\\".contains(c))
    {
        line = item;
    }
    if let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) {
        line = row.rsplit(" | ").next().unwrap_or(row).trim();
    }
    emphasis_removed(line)
}

/// Without the stars of `**42**` and `*42*`, and without backticks. A power such as `2**10` stays.
fn emphasis_removed(line: &str) -> String {
    let letters: Vec<char> = line.chars().filter(|c| *c != '`').collect();
    let mut plain = String::with_capacity(line.len());
    let mut open: Option<usize> = None;
    let mut at = 0;
    while at < letters.len() {
        let stars = letters[at..].iter().take(3).take_while(|c| **c == '*').count();
        if stars == 0 {
            plain.push(letters[at]);
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map_or(' ', |at| letters[at]);
        let behind = letters.get(at + stars).copied().unwrap_or(' ');
        let is_value = |c: char| c.is_alphanumeric() || c == ')' || c == '}';
        let opens = !is_value(before) && !behind.is_whitespace() && behind != '.';
        if open == Some(stars) {
            open = None;
        } else if opens && open.is_none() {
            open = Some(stars);
        } else if stars == 1 || is_value(before) && is_value(behind) {
            plain.extend(std::iter::repeat_n('*', stars));
        }
        at += stars;
    }
    plain
}
