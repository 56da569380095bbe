//! Tokens in the order and form in which the parser reads them, where people write others too.

use super::syntax::{Bracket, Relation};
use super::token::{Placed, Separator, Token};
use super::words::is_unit;
use std::ops::Range;

/// Rewrites tokens: brackets that open outwards, set signs between conditions, styles around one symbol,
/// scripts in either order, variants of Greek letters, and words that are units.
pub(super) fn arrange(text: &str, tokens: &mut Vec<Placed>) {
    outward_brackets(tokens);
    separate_conditions(tokens);
    without_styles(tokens);
    lower_scripts_first(tokens);
    one_variant(tokens);
    super::named_units::name_units(text, tokens);
}

/// In `x < 0 ∪ x > 4` the sign stands between two conditions, and not between 0 and x.
fn separate_conditions(tokens: &mut [Placed]) {
    use Relation::{Greater, GreaterEqual, Less, LessEqual};
    let operation = |token: &Token| matches!(token, Token::Union | Token::Intersection);
    if !tokens.iter().any(|placed| operation(&placed.token)) {
        return;
    }
    // For each part between signs: where its sign stands, and whether the part has an order in it.
    let mut parts: Vec<(Option<usize>, bool)> = vec![(None, false)];
    for (at, placed) in tokens.iter().enumerate() {
        match &placed.token {
            Token::Union | Token::Intersection => parts.push((Some(at), false)),
            // Brackets and lists have their own conditions.
            Token::Open(_) | Token::BraceOpen | Token::Separator(_) => return,
            Token::Relation(Less | LessEqual | Greater | GreaterEqual) => {
                if let Some(part) = parts.last_mut() {
                    part.1 = true;
                }
            }
            _ => {}
        }
    }
    if parts.iter().all(|(_, ordered)| *ordered) {
        for at in parts.into_iter().filter_map(|(at, _)| at) {
            tokens[at].token = Token::Separator(Separator::Strong);
        }
    }
}

/// Square brackets that open outwards leave the end of an interval out: `]0, 1[` is `(0, 1)`.
fn outward_brackets(tokens: &mut [Placed]) {
    let between = |token: Option<&Placed>| match token.map(|placed| &placed.token) {
        None => true,
        Some(token) => {
            matches!(token, Token::Union | Token::Relation(_) | Token::Separator(_))
        }
    };
    let mut inside = false;
    for at in 0..tokens.len() {
        match tokens[at].token {
            Token::Open(Bracket::Square) if inside && between(tokens.get(at + 1)) => {
                tokens[at].token = Token::Close(Bracket::Round);
                inside = false;
            }
            Token::Close(Bracket::Square)
                if !inside && between(at.checked_sub(1).and_then(|before| tokens.get(before))) =>
            {
                tokens[at].token = Token::Open(Bracket::Round);
                inside = true;
            }
            Token::Open(Bracket::Square) => inside = true,
            Token::Close(Bracket::Square) => inside = false,
            _ => {}
        }
    }
}

/// `\mathbf{e}_r` and `\mathbf e_r` are `e_r`: the style goes where one symbol stands in it.
fn without_styles(tokens: &mut Vec<Placed>) {
    if !tokens.iter().any(|placed| placed.token == Token::Style) {
        return;
    }
    let symbol = |at: usize| {
        let token = tokens.get(at).map(|placed| &placed.token);
        matches!(token, Some(Token::Letter(_) | Token::Name(_) | Token::Constant(_)))
    };
    let is = |at: usize, token: &Token| tokens.get(at).is_some_and(|placed| placed.token == *token);
    let unit = |at: usize| matches!(tokens.get(at).map(|placed| &placed.token), Some(Token::Word(word)) if is_unit(word));
    let mut dropped = vec![false; tokens.len()];
    for at in 0..tokens.len() {
        if tokens[at].token != Token::Style {
            continue;
        }
        if symbol(at + 1) {
            dropped[at] = true;
        } else if is(at + 1, &Token::BraceOpen)
            && (symbol(at + 2) || unit(at + 2))
            && is(at + 3, &Token::BraceClose)
        {
            (dropped[at], dropped[at + 1], dropped[at + 3]) = (true, true, true);
        }
    }
    let mut dropped = dropped.into_iter();
    tokens.retain(|_| !dropped.next().unwrap_or(false));
}

/// `v^2_0` is `v_0^2`: a subscript behind an exponent goes before it.
fn lower_scripts_first(tokens: &mut [Placed]) {
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].token == Token::Caret
            && at > 0
            && let Some(upper) = script(tokens, at)
            && tokens.get(upper.end).is_some_and(|placed| placed.token == Token::Underscore)
            && let Some(lower) = script(tokens, upper.end)
        {
            tokens[upper.start..lower.end].rotate_left(upper.len());
            at = lower.end;
        } else {
            at += 1;
        }
    }
}

/// A mark for a script with its argument: one token, or a group in braces.
fn script(tokens: &[Placed], mark: usize) -> Option<Range<usize>> {
    let mut depth = 0usize;
    // A script in the order of reading is short.
    const LONGEST: usize = 64;
    for (at, placed) in tokens.iter().enumerate().skip(mark + 1).take(LONGEST) {
        match placed.token {
            Token::BraceOpen => depth += 1,
            Token::BraceClose => depth = depth.checked_sub(1)?,
            Token::Frac | Token::Root | Token::Function(_) if depth == 0 => return None,
            Token::Minus if depth == 0 => continue,
            _ => {}
        }
        if depth == 0 {
            return Some(mark..at + 1);
        }
    }
    None
}

/// Letters with two forms are one letter, unless an answer has both: `\varphi` and `\phi`.
fn one_variant(tokens: &mut [Placed]) {
    const VARIANTS: [(&str, &str); 6] = [
        ("varphi", "phi"),
        ("varepsilon", "epsilon"),
        ("vartheta", "theta"),
        ("varrho", "rho"),
        ("varsigma", "sigma"),
        ("varkappa", "kappa"),
    ];
    for (variant, usual) in VARIANTS {
        let has = |name| tokens.iter().any(|placed| placed.token == Token::Name(name));
        if !has(variant) || has(usual) {
            continue;
        }
        for placed in tokens.iter_mut().filter(|placed| placed.token == Token::Name(variant)) {
            placed.token = Token::Name(usual);
        }
    }
}
