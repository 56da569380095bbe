//! Functions of Python that templates use: JSON and exceptions.

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// The filter `tojson` as transformers defines it: Python's `json.dumps` with
/// `ensure_ascii=False`, and `indent` where given. Jinja's own would escape HTML.
pub(super) fn tojson(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    if let Some(indent) = indent.filter(|&indent| indent > WIDEST_INDENT) {
        let allowed = format!("tojson: indent is {indent}; allowed: at most {WIDEST_INDENT}");
        return Err(refused(allowed));
    }
    if options.get::<Option<bool>>("ensure_ascii")? == Some(true) {
        return Err(refused("tojson: ensure_ascii is true; allowed: false"));
    }
    let separators = separators(&options, indent)?;
    options.assert_all_used()?;
    if value.is_undefined() {
        return Err(refused("tojson: the value is undefined"));
    }
    let mut out = Vec::new();
    let layout = PythonJson { indent, separators, depth: 0, empty: true };
    let written = value.serialize(&mut Serializer::with_formatter(&mut out, layout));
    written.map_err(|error| refused("tojson: the value has no JSON").with_source(error))?;
    let text = String::from_utf8(out).map_err(|_| refused("tojson: the value is not UTF-8"))?;
    Ok(Value::from(text))
}

/// Widest indentation of a level, in spaces.
const WIDEST_INDENT: usize = 64;

/// What stands between values, and behind names. Python's default is `", "` and `": "`, the first
/// without its space where values stand on lines of their own.
fn separators(options: &Kwargs, indent: Option<usize>) -> Result<[String; 2], Error> {
    let given: Option<Vec<String>> = options.get("separators")?;
    match given {
        Some(given) => given
            .try_into()
            .map_err(|_| refused("tojson: separators must be two texts, as (',', ':')")),
        None => {
            let between = if indent.is_some() { "," } else { ", " };
            Ok([between, ": "].map(str::to_owned))
        }
    }
}

/// The function with which a template refuses a conversation.
pub(super) fn raise_exception(message: &str) -> Result<Value, Error> {
    Err(refused(format!("the template refuses the conversation: {message}")))
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// Spaces after `,` and `:`, or one value a line.
struct PythonJson {
    indent: Option<usize>,
    /// Between values, and behind names.
    separators: [String; 2],
    depth: usize,
    /// Whether the innermost list or object is empty so far.
    empty: bool,
}

impl PythonJson {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if !self.empty {
            self.new_line(out)?;
        }
        self.empty = false;
        out.write_all(bracket)
    }

    fn separate<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        if !first {
            out.write_all(self.separators[0].as_bytes())?;
        }
        self.new_line(out)
    }

    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        match self.indent {
            None => Ok(()),
            Some(indent) => write!(out, "\n{:width$}", "", width = indent * self.depth),
        }
    }
}

impl Formatter for PythonJson {
    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        out.write_all(python_float(value).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.separate(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.separate(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(self.separators[1].as_bytes())
    }
}

/// Python's `repr` of a finite float: both languages write the fewest digits that read back the same,
/// but Python turns to exponents under 1e-4 and from 1e16 on.
fn python_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..16 => format!("{value:?}"),
        exponent if exponent < 0 => format!("{digits}e-{:02}", -exponent),
        exponent => format!("{digits}e+{exponent:02}"),
    }
}
