//! The bundled font, known to plotters (which measures) and to resvg (which draws).

use std::sync::{Arc, LazyLock};

use plotters::style::{FontStyle, register_font};
use resvg::usvg::fontdb::Database;
use ttf_parser::Face;

/// The bundled font first: a browser that lacks it takes the next of its kind.
pub(crate) const FAMILY: &str = "Inter, IBM Plex Sans, Helvetica, Arial, sans-serif";

/// Inter, as figures are drawn with it; for a page that shows them beside text.
pub const REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.ttf");
/// The same, semi-bold.
pub const SEMI_BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.ttf");

/// The fonts of resvg: the bundled ones, whatever the machine has.
pub(crate) static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(SEMI_BOLD.to_vec());
    Arc::new(fonts)
});

/// The first character of `text` that the bundled font cannot draw.
pub(crate) fn missing(text: &str) -> Option<char> {
    static FACE: LazyLock<Option<Face>> = LazyLock::new(|| Face::parse(REGULAR, 0).ok());
    text.chars().find(|&c| FACE.as_ref().is_none_or(|face| face.glyph_index(c).is_none()))
}

/// Untrusted text as a figure can show it: `?` replaces each character that the bundled font lacks.
pub fn drawable(text: &str) -> String {
    let shown = |c: char| if missing(c.encode_utf8(&mut [0; 4])).is_some() { '?' } else { c };
    text.chars().map(shown).collect()
}

/// Makes the bundled font known to plotters under [`FAMILY`]; only the first call does anything.
pub(crate) fn register() {
    static ONCE: LazyLock<()> = LazyLock::new(|| {
        for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, SEMI_BOLD)] {
            // A font that does not parse shows itself at once: every text measurement then fails with an error.
            let _ = register_font(FAMILY, style, bytes);
        }
    });
    LazyLock::force(&ONCE);
}

#[cfg(test)]
mod tests {
    use resvg::usvg::fontdb::{Family, Query, Weight};

    use super::*;

    /// Every character that figures of this project use.
    const USED: &str =
        "βπ∇≥≤×·−±∞→₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺αμσΔθλερδγηκτφωΣ∑√≈≠…–—“”‘’′°§\u{304}\u{302}";

    #[test]
    fn the_database_holds_a_regular_and_a_heavier_face() {
        let find = |weight| {
            FONTS.query(&Query { families: &[Family::Name("Inter")], weight, ..Query::default() })
        };
        assert_eq!(FONTS.len(), 2);
        assert_ne!(find(Weight::NORMAL).unwrap(), find(Weight::BOLD).unwrap());
    }

    #[test]
    fn no_character_is_missing() {
        for bytes in [REGULAR, SEMI_BOLD] {
            let face = Face::parse(bytes, 0).unwrap();
            let missing: String =
                USED.chars().chain(' '..='~').filter(|&c| face.glyph_index(c).is_none()).collect();
            assert_eq!(missing, "");
        }
    }
}
