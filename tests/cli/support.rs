//! Runs `repro` inside the test process.

use repro::Exit;
use std::ffi::OsString;
use tempfile::TempDir;

/// What a call of `repro` left behind.
pub(crate) struct Answer {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Calls `repro` with arguments separated by spaces; `{dir}` stands for `dir`.
pub(crate) fn repro_in(dir: &TempDir, arguments: &str) -> Answer {
    let replace = |word: &str| OsString::from(word.replace("{dir}", &dir.path().to_string_lossy()));
    let arguments = ["repro"].into_iter().chain(arguments.split_whitespace()).map(replace);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = repro::run(arguments, &mut out, &mut err);
    let text = |bytes: Vec<u8>| {
        let plain = anstream::adapter::strip_bytes(&bytes).into_vec();
        String::from_utf8(plain).expect("UTF-8").replace(&*dir.path().to_string_lossy(), "DIR")
    };
    Answer { exit, out: text(out), err: text(err) }
}

/// The same, in a folder that is thrown away.
pub(crate) fn repro(arguments: &str) -> Answer {
    repro_in(&TempDir::new().expect("a temporary folder"), arguments)
}

/// Standard output of a call that must succeed.
pub(crate) fn success(arguments: &str) -> String {
    let answer = repro(arguments);
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
    answer.out
}

/// Standard error of a call that must be refused, with nothing on standard output.
pub(crate) fn refusal(arguments: &str) -> String {
    let answer = repro(arguments);
    assert_eq!((answer.exit, &*answer.out), (Exit::Usage, ""), "{arguments}: {}", answer.err);
    answer.err
}

/// The points of a figure, thinned: 400 a curve say no more than 40.
pub(crate) fn every_tenth_line(csv: &str) -> String {
    csv.lines().step_by(10).map(|line| format!("{line}\n")).collect()
}
