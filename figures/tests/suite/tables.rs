//! Tables as people read them.

use rs_grpo_figures::{Column, Table};

fn table() -> Table {
    let mut table =
        Table::new([Column::left("method"), Column::right("pass@1"), Column::left("note, short")])
            .unwrap();
    table.push(["RS-GRPO β̄ = 2", "0.5 ± 0.01", "a|b"]).unwrap();
    table.push(["×", "12.25", ""]).unwrap();
    table
}

/// Columns in line although β̄ has two code points and × has two bytes; no spaces at the ends of lines.
#[test]
fn text() {
    insta::assert_snapshot!(table().to_text(), @r"
    method             pass@1  note, short
    ─────────────  ──────────  ───────────
    RS-GRPO β̄ = 2  0.5 ± 0.01  a|b
    ×                   12.25
    ");
}

/// A pipe in a cell is escaped; the right column says so in the second line.
#[test]
fn markdown() {
    insta::assert_snapshot!(table().to_markdown(), @r"
    | method        |     pass@1 | note, short |
    | ------------- | ---------: | ----------- |
    | RS-GRPO β̄ = 2 | 0.5 ± 0.01 | a\|b        |
    | ×             |      12.25 |             |
    ");
}

/// Quotes only where a comma asks for them.
#[test]
fn csv() {
    insta::assert_snapshot!(table().to_csv(), @r#"
    method,pass@1,"note, short"
    RS-GRPO β̄ = 2,0.5 ± 0.01,a|b
    ×,12.25,
    "#);
}

#[test]
fn errors() {
    let mut table = table();
    insta::assert_snapshot!(Table::new([]).unwrap_err(), @"table has nothing to show: give at least one column");
    insta::assert_snapshot!(Table::new([Column::left("two\nlines")]).unwrap_err(), @r#"table: the heading is "two\nlines"; allowed: text without line breaks"#);
    insta::assert_snapshot!(table.push(["only one"]).unwrap_err(), @"table: row 2 has length 1, but the header has length 3; give both the same length");
    insta::assert_snapshot!(table.push(["a", "b\nc", "d"]).unwrap_err(), @r#"table: a cell of row 2 is "b\nc"; allowed: text without line breaks"#);
}
