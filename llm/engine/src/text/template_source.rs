//! The text of a chat template, before it is compiled: what Jinja with transformers' extensions takes, in
//! the words that the template engine here knows.

/// Longest template, in bytes.
const LONGEST: usize = 1 << 20;
/// Most signs outside of texts in one tag. The engine goes down one level for each; real templates have
/// some hundred.
const MOST_SIGNS: usize = 2_000;

/// Rewrites a template: ends of lines are one byte, as Python reads them; `{% generation %}` blocks, which
/// mark what to train on and print what is in them, become blocks without a mark; `"…" % (a, b)` becomes
/// the filter `format`.
///
/// # Errors
/// A template that is too long, and tags that are too long to be compiled.
pub(super) fn prepare(source: &str) -> Result<String, String> {
    if source.len() > LONGEST {
        return Err(format!("has {} bytes; allowed: at most {LONGEST}", source.len()));
    }
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(source.len());
    let mut rest = source.as_str();
    while let Some(at) = next_tag(rest) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = match &rest[..2] {
            "{#" => rest.find("#}").map(|end| end + 2),
            open => tag_end(rest, if open == "{{" { "}}" } else { "%}" }),
        };
        // The engine says what is wrong with a tag that has no end.
        let Some(end) = end else { break };
        let tag = &rest[..end];
        out.push_str(&rewritten(tag)?);
        rest = &rest[end..];
        if statement(tag) == Some("raw") {
            let end = end_of_raw(rest);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn next_tag(text: &str) -> Option<usize> {
    ["{{", "{%", "{#"].into_iter().filter_map(|open| text.find(open)).min()
}

/// Where a tag ends; a text in it may hold what would end it.
fn tag_end(tag: &str, close: &str) -> Option<usize> {
    let mut at = 2;
    loop {
        let tail = tag.get(at..)?;
        let first = tail.chars().next()?;
        if tail.starts_with(close) {
            return Some(at + close.len());
        }
        at += if first == '"' || first == '\'' { text_length(tail)? } else { first.len_utf8() };
    }
}

/// The length of a text with its quotes.
fn text_length(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The word that a `{% word %}` consists of.
fn statement(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix("{%")?.strip_suffix("%}")?;
    Some(inner.trim_matches(['-', '+']).trim())
}

/// Up to where a raw block is to be copied: behind its end, which is no text for the engine.
fn end_of_raw(text: &str) -> usize {
    let mut from = 0;
    while let Some(at) = text[from..].find("{%").map(|at| from + at) {
        let end = text[at..].find("%}").map_or(text.len(), |end| at + end + 2);
        if statement(&text[at..end]) == Some("endraw") {
            return end;
        }
        from = end;
    }
    text.len()
}

fn rewritten(tag: &str) -> Result<String, String> {
    if tag.starts_with("{#") {
        return Ok(tag.to_owned());
    }
    match statement(tag) {
        Some("generation") => return Ok(tag.replacen("generation", "with", 1)),
        Some("endgeneration") => return Ok(tag.replacen("endgeneration", "endwith", 1)),
        _ => {}
    }
    let (mut out, mut signs, mut rest) = (String::with_capacity(tag.len()), 0, tag);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => text_length(rest).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        signs += usize::from(!first.is_alphanumeric() && !first.is_whitespace());
        out.push_str(&rest[..length]);
        rest = &rest[length..];
        if (first == '"' || first == '\'')
            && let Some((arguments, behind)) = formatted(rest)
        {
            out.push_str(&format!("|format({arguments})"));
            rest = behind;
        }
    }
    if signs > MOST_SIGNS {
        return Err(format!("has a tag with {signs} signs; allowed: at most {MOST_SIGNS}"));
    }
    Ok(out)
}

/// The arguments of `% (a, b)` or `% a` behind a text, and what follows.
fn formatted(rest: &str) -> Option<(&str, &str)> {
    let operand = rest.trim_start().strip_prefix('%').filter(|tail| !tail.starts_with('}'))?;
    let operand = operand.trim_start();
    let end = operand_length(operand).filter(|&end| end > 0)?;
    let (operand, behind) = operand.split_at(end);
    let inner = operand.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    Some((inner.unwrap_or(operand), behind))
}

/// The length of a name, number, text or bracket, with the attributes, items and calls behind it.
fn operand_length(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let tail = &text[at..];
        let first = tail.chars().next();
        at += match first {
            Some('"' | '\'') if at == 0 => text_length(tail)?,
            Some('(' | '[') => bracket_length(tail)?,
            Some(c) if c.is_alphanumeric() || c == '_' => c.len_utf8(),
            Some('.') if tail[1..].starts_with(|c: char| c.is_alphanumeric() || c == '_') => 1,
            _ => return Some(at),
        };
    }
}

/// The length of a bracket with all in it.
fn bracket_length(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (0, 0);
    loop {
        let tail = text.get(at..)?;
        let first = tail.chars().next()?;
        match first {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        at += if first == '"' || first == '\'' { text_length(tail)? } else { first.len_utf8() };
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::prepare;

    #[test]
    fn generation_blocks_lose_their_mark() {
        let source =
            "a{%- generation -%}b{% endgeneration %}{{ '{% generation %}' }}{# {% generation %} #}";
        let expected = "a{%- with -%}b{% endwith %}{{ '{% generation %}' }}{# {% generation %} #}";
        assert_eq!(prepare(source).unwrap(), expected);
        let raw = "{% raw %}{% generation %}{{ \"%s\" % x }}{% endraw %}";
        assert_eq!(prepare(raw).unwrap(), raw);
    }

    #[test]
    fn formats_become_filters() {
        for (source, expected) in [
            ("{{ \"%s, %d\" % (a, b.c[0]) }}", "{{ \"%s, %d\"|format(a, b.c[0]) }}"),
            ("{{ '%s' % x.y(1)['%'] ~ z }}", "{{ '%s'|format(x.y(1)['%']) ~ z }}"),
            ("{{ '%s' % (x) + 'b' }}", "{{ '%s'|format(x) + 'b' }}"),
            ("{{ 5 % 2 }}{% if a == 'b' %}c", "{{ 5 % 2 }}{% if a == 'b' %}c"),
            ("{% set a = 'b'%}%", "{% set a = 'b'%}%"),
        ] {
            assert_eq!(prepare(source).unwrap(), expected);
        }
    }

    #[test]
    fn what_cannot_be_compiled_is_refused() {
        assert!(prepare(&format!("{{{{ {}1 }}}}", "1+".repeat(21_000))).is_err());
        assert!(prepare(&" ".repeat(2 << 20)).is_err());
        for open in ["{{ 'a", "{% if", "{# a", "{{ '%s' % (", "{% raw %}{{"] {
            assert_eq!(prepare(open).unwrap(), open);
        }
    }
}
