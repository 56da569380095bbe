//! Times of day: `20:34`, `8:34 p.m.`, `3 PM`, `12:00 noon`.

/// Longest text that can be a time of day, in bytes.
const LONGEST: usize = 60;

/// Mark-up that stands around the parts of a time.
const MARKUP: [&str; 14] = [
    "\\textbf", "\\textrm", "\\text", "\\mathrm", "\\mbox", "\\rm", "\\!", "\\,", "\\;", "\\:",
    "{", "}", "$", "~",
];

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Seconds since midnight.
    seconds: u32,
    /// Whether it can be nothing else: `8:34 p.m.` and `3:04`, while `4:30` can be a ratio.
    certain: bool,
}

impl Clock {
    /// Reads a time of 12 or of 24 hours; without `a.m.` or `p.m.` it is one of 24 hours.
    pub(super) fn read(text: &str) -> Option<Self> {
        // Most answers begin otherwise, or have neither a colon nor an `m` nor a clock in them.
        let start = text.trim_start_matches("\\text{").trim_start_matches(['$', ' ']);
        let digits_first = start.starts_with(|c: char| c.is_ascii_digit())
            && text.contains([':', 'm', 'M', 'n', 'N', 'k']);
        if text.len() > LONGEST || !digits_first && !start.starts_with(['n', 'N', 'm', 'M']) {
            return None;
        }
        let plain = unmarked(text);
        let rest = plain.as_str();
        if let Some(seconds) = named(rest) {
            return Some(Self { seconds, certain: true });
        }
        let (hour, rest) = digits(rest, 1)?;
        // `4.30 p.m.`
        let dotted = rest.strip_prefix('.').filter(|rest| rest.ends_with(['m', '.']));
        let colon = dotted.map(|rest| format!(":{rest}"));
        let (minutes, rest) = part(colon.as_deref().unwrap_or(rest))?;
        let (seconds, rest) = part(rest)?;
        let day = suffix(rest.trim())?;
        let zero = |part: Option<(bool, u32)>| part.is_some_and(|(led, _)| led);
        let value = |part: Option<(bool, u32)>| part.map_or(0, |(_, value)| value);
        let hour_of_day = match day {
            Day::Plain if minutes.is_some() && hour.1 < 24 => hour.1,
            Day::Plain if hour.1 == 24 && value(minutes) == 0 => 0,
            Day::OClock if (1..=12).contains(&hour.1) => hour.1,
            Day::Morning if (1..=12).contains(&hour.1) => hour.1 % 12,
            Day::Afternoon if (1..=12).contains(&hour.1) => hour.1 % 12 + 12,
            Day::Noon if hour.1 == 12 => 12,
            Day::Midnight if hour.1 == 12 || hour.1 == 0 => 0,
            _ => return None,
        };
        Some(Self {
            seconds: 3600 * hour_of_day + 60 * value(minutes) + value(seconds),
            certain: !matches!(day, Day::Plain) || hour.0 || zero(minutes) || seconds.is_some(),
        })
    }

    /// Whether both are the same time.
    pub(super) fn is(self, other: Self) -> bool {
        self.seconds == other.seconds
    }

    pub(super) fn is_certain(self) -> bool {
        self.certain
    }
}

/// What stands behind the digits.
enum Day {
    Plain,
    /// `7 o'clock`.
    OClock,
    Morning,
    Afternoon,
    Noon,
    Midnight,
}

fn suffix(text: &str) -> Option<Day> {
    let letters: String = text.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    Some(match &*letters {
        "" if text.is_empty() => Day::Plain,
        "o'clock" | "oclock" | "o’clock" => Day::OClock,
        "am" | "inthemorning" => Day::Morning,
        "pm" | "intheafternoon" | "intheevening" => Day::Afternoon,
        "noon" => Day::Noon,
        "midnight" => Day::Midnight,
        _ => return None,
    })
}

/// A time that is one word.
fn named(text: &str) -> Option<u32> {
    match text {
        "noon" => Some(12 * 3600),
        "midnight" => Some(0),
        _ => None,
    }
}

/// The text in lower case, without mark-up.
fn unmarked(text: &str) -> String {
    let mut plain = text.to_ascii_lowercase().replace("\\colon", ":").replace("\\ ", " ");
    for mark in MARKUP {
        plain = plain.replace(mark, if mark == "~" { " " } else { "" });
    }
    plain.trim().to_owned()
}

/// One or two digits, at least `least` of them: whether they begin with 0, their value, and what follows.
fn digits(text: &str, least: usize) -> Option<((bool, u32), &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=2).contains(&count) {
        return None;
    }
    let (run, rest) = text.split_at(count);
    Some(((count == 2 && run.starts_with('0'), run.parse().ok()?), rest))
}

/// Minutes or seconds behind a colon, if there are any.
type Part<'a> = (Option<(bool, u32)>, &'a str);

fn part(text: &str) -> Option<Part<'_>> {
    let Some(after) = text.trim_start().strip_prefix(':') else { return Some((None, text)) };
    let (found, rest) = digits(after.trim_start(), 2)?;
    (found.1 < 60).then_some((Some(found), rest))
}
