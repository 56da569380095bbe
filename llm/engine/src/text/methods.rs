//! Methods of Python's strings that the template engine's own compatibility lacks or has otherwise.

use minijinja::value::{ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

/// Calls a method of Python's on a value of a template.
pub(super) fn call(
    state: &State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    match (value.kind(), value.as_str()) {
        (ValueKind::String, Some(text)) => match string_method(text, method, arguments) {
            Some(result) => result,
            None => unknown_method_callback(state, value, method, arguments),
        },
        _ => unknown_method_callback(state, value, method, arguments),
    }
}

/// The filter `trim`: `strip` of Python.
pub(super) fn trim(text: &str, characters: Option<&str>) -> String {
    strip(text, characters, true, true).to_owned()
}

fn string_method(text: &str, method: &str, arguments: &[Value]) -> Option<Result<Value, Error>> {
    Some(match method {
        "strip" | "lstrip" | "rstrip" => from_args(arguments).map(|(characters,)| {
            strip(text, characters, method != "rstrip", method != "lstrip").into()
        }),
        "split" | "rsplit" => from_args(arguments).and_then(|(separator, most)| {
            split(text, separator, most, method == "rsplit").map(Value::from)
        }),
        "removeprefix" => from_args(arguments)
            .map(|(start,): (&str,)| text.strip_prefix(start).unwrap_or(text).into()),
        "removesuffix" => from_args(arguments)
            .map(|(end,): (&str,)| text.strip_suffix(end).unwrap_or(text).into()),
        "partition" | "rpartition" => {
            from_args(arguments).and_then(|(mark,)| partition(text, mark, method == "rpartition"))
        }
        "index" | "rindex" => from_args(arguments).and_then(|(part,): (&str,)| {
            let at = if method == "index" { text.find(part) } else { text.rfind(part) };
            let at = at.ok_or_else(|| refused("substring not found"))?;
            Ok(text[..at].chars().count().into())
        }),
        "isspace" => {
            from_args(arguments).map(|()| (!text.is_empty() && text.chars().all(is_space)).into())
        }
        "casefold" => from_args(arguments).map(|()| text.to_lowercase().into()),
        "swapcase" => {
            from_args(arguments).map(|()| text.chars().map(swapped).collect::<String>().into())
        }
        "zfill" | "ljust" | "rjust" | "center" => padded(text, method, arguments).map(Value::from),
        _ => return None,
    })
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.to_owned())
}

/// What Python takes for a space: four separators more than Unicode.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn strip<'a>(text: &'a str, characters: Option<&str>, left: bool, right: bool) -> &'a str {
    let goes = |c: char| characters.map_or(is_space(c), |characters| characters.contains(c));
    let text = if left { text.trim_start_matches(goes) } else { text };
    if right { text.trim_end_matches(goes) } else { text }
}

/// `split` and `rsplit`: at most `most` times, without a limit where that is negative.
fn split(
    text: &str,
    separator: Option<&str>,
    most: Option<i64>,
    from_the_right: bool,
) -> Result<Vec<Value>, Error> {
    let pieces = most.and_then(|most| usize::try_from(most).ok()).map_or(usize::MAX, |n| n + 1);
    let Some(separator) = separator else { return Ok(words(text, pieces, from_the_right)) };
    if separator.is_empty() {
        return Err(refused("empty separator"));
    }
    let mut parts: Vec<&str> = match from_the_right {
        true => text.rsplitn(pieces, separator).collect(),
        false => text.splitn(pieces, separator).collect(),
    };
    if from_the_right {
        parts.reverse();
    }
    Ok(parts.into_iter().map(Value::from).collect())
}

/// Words between spaces, the last of them with all that follows.
fn words(text: &str, pieces: usize, from_the_right: bool) -> Vec<Value> {
    let mut words = Vec::new();
    let mut rest = strip(text, None, !from_the_right, from_the_right);
    while !rest.is_empty() {
        let at = match from_the_right {
            _ if words.len() + 1 >= pieces => None,
            true => rest.rfind(is_space),
            false => rest.find(is_space),
        };
        let Some(at) = at else {
            words.push(rest);
            break;
        };
        let behind = at + rest[at..].chars().next().map_or(0, char::len_utf8);
        let (word, left) = if from_the_right {
            (&rest[behind..], &rest[..at])
        } else {
            (&rest[..at], &rest[behind..])
        };
        words.push(word);
        rest = strip(left, None, !from_the_right, from_the_right);
    }
    if from_the_right {
        words.reverse();
    }
    words.into_iter().map(Value::from).collect()
}

fn partition(text: &str, mark: &str, last: bool) -> Result<Value, Error> {
    if mark.is_empty() {
        return Err(refused("empty separator"));
    }
    let parts = if last { text.rsplit_once(mark) } else { text.split_once(mark) };
    let (before, mark, behind) = match (parts, last) {
        (Some((before, behind)), _) => (before, mark, behind),
        (None, false) => (text, "", ""),
        (None, true) => ("", "", text),
    };
    Ok([before, mark, behind].into_iter().map(Value::from).collect())
}

fn swapped(c: char) -> String {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

/// Widest padding, in characters.
const WIDEST: i64 = 10_000;

fn padded(text: &str, method: &str, arguments: &[Value]) -> Result<String, Error> {
    let (width, fill): (i64, Option<&str>) = from_args(arguments)?;
    if width > WIDEST {
        return Err(refused(&format!("{method}: the width is {width}; allowed: at most {WIDEST}")));
    }
    let mut fill = fill.unwrap_or(if method == "zfill" { "0" } else { " " }).chars();
    let (Some(fill), None) = (fill.next(), fill.next()) else {
        return Err(refused("the fill character must be exactly one character long"));
    };
    let length = text.chars().count() as i64;
    let missing = usize::try_from(width - length).unwrap_or(0);
    let run = |count: usize| fill.to_string().repeat(count);
    Ok(match method {
        "ljust" => format!("{text}{}", run(missing)),
        "rjust" => format!("{}{text}", run(missing)),
        "zfill" => {
            let sign = if text.starts_with(['+', '-']) { &text[..1] } else { "" };
            format!("{sign}{}{}", run(missing), &text[sign.len()..])
        }
        // As CPython does it: the odd one goes left where the width is odd, too.
        _ => {
            let left = missing / 2 + (missing & width as usize & 1);
            format!("{}{text}{}", run(left), run(missing - left))
        }
    })
}
