//! Signs of one character.

use super::number::Literal;
use super::syntax::{Bracket, Constant, Relation};
use super::token::{Separator, Token};
use dashu_ratio::RBig;

/// The token that a sign of one character is.
pub(super) fn sign(letter: char) -> Option<Token> {
    Some(match letter {
        '+' => Token::Plus,
        '−' | '–' | '—' => Token::Minus,
        '±' => Token::PlusMinus,
        '∓' => Token::MinusPlus,
        '×' | '·' | '⋅' | '∙' => Token::Times,
        '/' | '÷' | '∕' => Token::Slash,
        '^' => Token::Caret,
        '_' => Token::Underscore,
        '%' => Token::Percent,
        '°' | 'º' => Token::Degree,
        '|' => Token::Bar,
        '&' => Token::Ampersand,
        ',' => Token::Separator(Separator::Comma),
        ';' => Token::Separator(Separator::Strong),
        '{' => Token::BraceOpen,
        '}' => Token::BraceClose,
        '\'' | '’' | '′' => Token::Name("'"),
        'π' => Token::Constant(Constant::Pi),
        '∞' => Token::Constant(Constant::Infinity),
        '√' => Token::Root,
        '∪' => Token::Union,
        '∩' => Token::Intersection,
        '∖' => Token::Difference,
        '∅' => Token::Empty,
        'ℝ' => Token::Reals,
        'ℤ' => Token::Letter('Z'),
        'ℕ' => Token::Letter('N'),
        'ℚ' => Token::Letter('Q'),
        'ℂ' => Token::Letter('C'),
        'Å' => Token::Unknown("AA".to_owned()),
        _ if let Some(bracket) = bracket(letter) => bracket,
        _ if let Some(relation) = relation(letter) => Token::Relation(relation),
        _ if let Some(name) = greek(letter) => Token::Name(name),
        _ if let Some((numerator, denominator)) = fraction(letter) => half(numerator, denominator)?,
        _ if letter.is_alphabetic() => Token::Word(letter.to_string()),
        _ => return None,
    })
}

fn bracket(letter: char) -> Option<Token> {
    Some(match letter {
        '(' => Token::Open(Bracket::Round),
        ')' => Token::Close(Bracket::Round),
        '[' => Token::Open(Bracket::Square),
        ']' => Token::Close(Bracket::Square),
        '⟨' => Token::Open(Bracket::Angle),
        '⟩' => Token::Close(Bracket::Angle),
        _ => return None,
    })
}

fn relation(letter: char) -> Option<Relation> {
    Some(match letter {
        '≤' | '⩽' => Relation::LessEqual,
        '≥' | '⩾' => Relation::GreaterEqual,
        '≠' => Relation::NotEqual,
        '≈' => Relation::Approximately,
        '∈' => Relation::In,
        '→' | '⇒' => Relation::Implies,
        _ => return None,
    })
}

/// The name of a Greek letter, or of another letter with a name.
pub(super) fn greek(letter: char) -> Option<&'static str> {
    Some(match letter {
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'ε' | 'ϵ' => "epsilon",
        'ζ' => "zeta",
        'η' => "eta",
        'θ' | 'ϑ' => "theta",
        'ι' => "iota",
        'κ' => "kappa",
        'λ' => "lambda",
        'μ' => "mu",
        'ν' => "nu",
        'ξ' => "xi",
        'ρ' | 'ϱ' => "rho",
        'σ' | 'ς' => "sigma",
        'τ' => "tau",
        'υ' => "upsilon",
        'φ' | 'ϕ' => "phi",
        'χ' => "chi",
        'ψ' => "psi",
        'ω' => "omega",
        'Γ' => "Gamma",
        'Δ' => "Delta",
        'Θ' => "Theta",
        'Λ' => "Lambda",
        'Ξ' => "Xi",
        'Π' => "Pi",
        'Σ' => "Sigma",
        'Φ' => "Phi",
        'Ψ' => "Psi",
        'Ω' => "Omega",
        'ℓ' => "ell",
        'ℏ' => "hbar",
        _ => return None,
    })
}

/// A fraction that Unicode has a sign for.
fn half(numerator: u8, denominator: u8) -> Option<Token> {
    let value = RBig::from_parts(numerator.into(), denominator.into());
    Some(Token::Number(Literal { value, ..Literal::integer(0) }))
}

/// Numerator and denominator of `½` and the like.
fn fraction(letter: char) -> Option<(u8, u8)> {
    Some(match letter {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅐' => (1, 7),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        _ => return None,
    })
}
