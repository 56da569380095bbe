//! Comma-separated values as in RFC 4180, with `\n` for line ends because the files live in git.

/// One record, with quotes around the fields that need them.
pub(crate) fn record<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let fields: Vec<String> = fields.into_iter().map(field).collect();
    fields.join(",") + "\n"
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A reader of one record, straight from the grammar of RFC 4180, section 2.
    fn parse(record: &str) -> Vec<String> {
        let mut fields = vec![String::new()];
        let mut quoted = false;
        let mut chars = record.strip_suffix('\n').unwrap().chars().peekable();
        while let Some(c) = chars.next() {
            let last = fields.last_mut().unwrap();
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => last.push(chars.next().unwrap()),
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => last.push(c),
            }
        }
        fields
    }

    #[test]
    fn only_fields_that_need_quotes_get_them() {
        assert_eq!(
            record(["β = 1", "a,b", "say \"x\"", "two\nlines"]),
            "β = 1,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n"
        );
    }

    proptest! {
        #[test]
        fn a_record_can_be_read_back(fields in proptest::collection::vec("[a-zβ,\"\n\r ]{0,6}", 1..5)) {
            let text = record(fields.iter().map(String::as_str));
            prop_assert_eq!(parse(&text), fields);
        }
    }
}
