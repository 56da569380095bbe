//! A page as Markdown, as GitHub reads it.

use super::document::{Block, Document, Inline, Paragraph, one_line};
use rs_grpo_figures::{Column, Table};

/// The page; its figures lie in `figures/` beside it.
pub(super) fn write(document: &Document) -> String {
    let mut out = format!("# {}\n\n{}\n", escape(&document.title), paragraph(&document.lead));
    if !document.facts.is_empty() {
        out.push('\n');
    }
    for fact in &document.facts {
        let [value, label, note] = [&fact.value, &fact.label, &fact.note].map(|text| escape(text));
        out.push_str(&format!("- **{value}** {label} ({note})\n"));
    }
    for section in &document.sections {
        out.push_str(&format!("\n## {}\n", escape(&section.title)));
        section.blocks.iter().for_each(|block| out.push_str(&format!("\n{}\n", one(block))));
    }
    out
}

fn one(block: &Block) -> String {
    match block {
        Block::Text(text) => paragraph(text),
        Block::Table { caption, table } | Block::Folded { caption, table } => {
            format!("**{}**\n\n{}", escape(caption), of_table(table).trim_end())
        }
        Block::Figure(picture) => {
            let (alt, name) = (escape(&picture.alt), picture.name);
            format!("![{alt}](figures/{name}.svg)\n\n{}", escape(&picture.caption))
        }
        Block::Commands(lines) => format!("```sh\n{}\n```", lines.join("\n")),
    }
}

fn of_table(table: &Table) -> String {
    let columns = table.columns().iter();
    let columns = columns.map(|c| Column { title: escape(&c.title), ..c.clone() }).collect();
    let rows = table.rows().iter().map(|row| row.iter().map(|cell| escape(cell)).collect());
    // Pipes are escaped by the table itself. It has the columns and single lines that it had before.
    super::document::table(columns, rows).map_or(String::new(), |table| table.to_markdown())
}

fn paragraph(text: &Paragraph) -> String {
    text.iter().map(inline).collect()
}

fn inline(part: &Inline) -> String {
    match part {
        Inline::Plain(text) => escape(text),
        Inline::Code(text) => code(text),
        Inline::Link { text, url } => format!("[{text}]({url})"),
    }
}

/// A code span, whose fence is longer than any within it.
fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let (fence, pad) = ("`".repeat(longest + 1), if longest > 0 { " " } else { "" });
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text in which nothing means anything to Markdown, HTML within it, or GitHub's formulas.
fn escape(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let before = text[..at].chars().next_back();
        let after = text[at + c.len_utf8()..].chars().next();
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let special = match c {
            '\\' | '`' | '*' | '<' | '>' | '&' | '~' | '$' => true,
            // Within a word it is a letter.
            '_' => !(word(before) && word(after)),
            '(' | '[' => before == Some(']'),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{code, escape};

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            escape("<b>*a* `x` [l](u) $1 & _b_"),
            "\\<b\\>\\*a\\* \\`x\\` [l]\\(u) \\$1 \\& \\_b\\_"
        );
        assert_eq!(escape("0.3 [0.2, 0.4] grad_norm"), "0.3 [0.2, 0.4] grad_norm");
        assert_eq!(escape("a\nb"), "a b");
    }

    #[test]
    fn a_code_span_holds_any_text() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a `` b"), "``` a `` b ```");
    }
}
