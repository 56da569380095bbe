//! Advantage formulas stand in the core and nowhere else.

use crate::{sources, workspace};

/// The code of a line, without its comment and its spaces.
fn code(line: &str) -> String {
    let code = line.split("//").next().unwrap_or_default();
    code.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Words that stand for one reward, and for what is subtracted from it.
const REWARDS: [&str; 5] = ["reward", "rewards", "r", "score", "scores"];
const BASELINES: [&str; 8] =
    ["mean", "mean_reward", "average", "baseline", "mu", "leave_one_out", "risk", "value"];

/// The last word before the end of `text`, skipping one index or call such as `[i]` and a `*` or `&`.
fn last_word(text: &str) -> &str {
    let text = match text.rfind(['[', '(']) {
        Some(open) if text.ends_with([']', ')']) => &text[..open],
        _ => text,
    };
    text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The first chain of words, as in `self.mean()`; its last link counts.
fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && !"_.&*".contains(c));
    let chain = &text[..end.unwrap_or(text.len())];
    chain.rsplit(['.', '&', '*']).next().unwrap_or_default()
}

/// Why a line of code looks like the formula of an advantage, if it does: a reward less a baseline,
/// a tilted weight less one, or a difference divided by a standard deviation plus ε.
fn formula(line: &str) -> Option<&'static str> {
    let code = code(line);
    let centred = code.match_indices('-').any(|(at, _)| {
        REWARDS.contains(&last_word(&code[..at]))
            && BASELINES.contains(&first_word(&code[at + 1..]))
    });
    let tilted = ["-1.0)/beta", "-1.)/beta", ".exp_m1()/beta", "-1.0)/self.beta"];
    let expm1_over_beta = code.contains("expm1(") && code.contains(")/beta");
    let standardised = ["/(std+", "/(sd+", "/(deviation+", "/(sigma+", "/(spread+"];
    if centred {
        Some("a reward less a baseline")
    } else if expm1_over_beta || tilted.iter().any(|text| code.contains(text)) {
        Some("an exponential tilt divided by beta")
    } else if standardised.iter().any(|text| code.contains(text)) {
        Some("a division by a standard deviation plus epsilon")
    } else {
        None
    }
}

/// `src/` is the one place where rewards become advantages.
#[test]
fn no_other_crate_holds_an_advantage_formula() {
    let mut read = 0;
    for crate_name in ["sims", "figures", "paper-repro", "llm", "python"] {
        for path in sources(&workspace().join(crate_name)) {
            let text = std::fs::read_to_string(&path).unwrap();
            read += 1;
            for (number, line) in text.lines().enumerate() {
                let place = format!("{}:{}", path.display(), number + 1);
                let found = formula(line);
                assert_eq!(found, None, "{place}: {line}\nwrite it as an Estimator in src/");
            }
        }
    }
    assert!(read > 20, "read {read} files: the scan does not see the workspace");
}

/// The scan finds the formulas of the core when they are written elsewhere, in their usual forms.
#[test]
fn the_scan_knows_a_formula_when_it_sees_one() {
    for line in [
        "let advantage = reward - mean;",
        "out[i] = rewards[i] - self.mean();",
        "    a.push(r - baseline); // centred",
        "rewards.iter().map(|r| r - mean).collect()",
        "advantages[i] = (weights[i] / total - 1.0) / beta;",
        "*a = (beta * (r - v)).exp_m1() / beta;",
        "let a = libm::expm1(beta * (r - v)) / beta;",
        "let a = (r - m) / (std + 1e-6);",
    ] {
        assert!(formula(line).is_some(), "{line}");
    }
    for line in [
        "// advantage = reward - mean",
        "let gap = best - runner_up;",
        "let decay = libm::exp(-beta * self.gap);",
        "let width = right - left;",
        "self.squares += before * (value - self.mean);",
    ] {
        assert_eq!(formula(line), None, "{line}");
    }
}
