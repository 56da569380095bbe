//! Names of functions and relations that are units behind a number.

use super::syntax::{Function, Relation};
use super::token::{Placed, Token};
use super::words;

/// Words that are functions or relations elsewhere and units behind a number: `5 min`, `5 in.`, `5 sec`.
pub(super) fn name_units(text: &str, tokens: &mut [Placed]) {
    for at in 1..tokens.len() {
        let name = match tokens[at].token {
            Token::Relation(Relation::In) => "in",
            Token::Function(Function::Min) => "min",
            Token::Function(Function::Sec) => "sec",
            _ => continue,
        };
        let source = &text[tokens[at].start as usize..tokens[at].end as usize];
        // `\in` and `\sec` are no units, `\mathrm{in}` is one.
        if source.strip_prefix('\\').is_some_and(|command| !command.contains('{')) {
            continue;
        }
        let before = match tokens[at - 1].token {
            Token::Number(_) | Token::Close(_) | Token::BraceClose => true,
            Token::Slash | Token::Times => at > 1 && is_unit_token(&tokens[at - 2].token),
            ref other => is_unit_token(other),
        };
        let behind = match tokens.get(at + 1).map(|placed| &placed.token) {
            None => true,
            Some(token) => matches!(
                token,
                Token::Separator(_)
                    | Token::Close(_)
                    | Token::BraceClose
                    | Token::Slash
                    | Token::Caret
                    | Token::Relation(Relation::Equal | Relation::Approximately)
            ),
        };
        if before && behind {
            tokens[at].token = Token::Text(name.to_owned());
        }
    }
}

fn is_unit_token(token: &Token) -> bool {
    match token {
        Token::Text(_) => true,
        Token::Word(word) => words::is_unit(word),
        _ => false,
    }
}
