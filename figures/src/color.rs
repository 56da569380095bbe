//! Colours that stay apart on a white page, in print and for colour-blind readers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A colour: red, green and blue, each 0..=255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Color(pub u8, pub u8, pub u8);

/// Okabe and Ito's palette ("Color Universal Design", 2008), darkest contrasts first; its yellow is left out because
/// it vanishes on white, and its orange stands late because it is pale.
const CATEGORICAL: [Color; 7] = [
    Color(0, 114, 178),
    Color(213, 94, 0),
    Color(0, 158, 115),
    Color(204, 121, 167),
    Color(86, 180, 233),
    Color(60, 60, 60),
    Color(230, 159, 0),
];

/// Nine even steps through the first 82 % of matplotlib 3.11's `plasma`: the rest is too pale for a line on white.
const ORDERED: [Color; 9] = [
    Color(13, 8, 135),
    Color(67, 3, 158),
    Color(108, 0, 168),
    Color(146, 15, 163),
    Color(179, 44, 142),
    Color(206, 75, 117),
    Color(228, 105, 94),
    Color(244, 137, 72),
    Color(253, 174, 50),
];

/// Seventeen even steps through matplotlib 3.11's `viridis`.
const VIRIDIS: [Color; 17] = [
    Color(68, 1, 84),
    Color(72, 24, 106),
    Color(71, 45, 123),
    Color(66, 64, 134),
    Color(59, 82, 139),
    Color(51, 99, 141),
    Color(44, 114, 142),
    Color(38, 130, 142),
    Color(33, 145, 140),
    Color(31, 160, 136),
    Color(40, 174, 128),
    Color(63, 188, 115),
    Color(94, 201, 98),
    Color(132, 212, 75),
    Color(173, 220, 48),
    Color(216, 226, 25),
    Color(253, 231, 37),
];

impl Color {
    /// The number of different colours that [`Color::palette`] knows.
    pub const PALETTE_LEN: usize = CATEGORICAL.len();

    /// The colour of the `index`-th of several unordered things; starts again after [`Color::PALETTE_LEN`].
    pub fn palette(index: usize) -> Self {
        CATEGORICAL[index % CATEGORICAL.len()]
    }

    /// The colour of the `index`-th of `count` ordered things: dark for the first, light for the last.
    pub fn ordered(index: usize, count: usize) -> Self {
        let last = count.saturating_sub(1).max(1);
        interpolate(&ORDERED, index as f64 / last as f64)
    }

    /// How light the colour looks, 0 (black) to 1 (white): the luma of ITU-R BT.601.
    pub(crate) fn luma(self) -> f64 {
        (0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2)) / 255.0
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The colour of a value in a heat map: perceptually uniform from dark violet (0) to yellow (1).
///
/// A `fraction` outside of 0..=1 takes the nearer end.
pub fn viridis(fraction: f64) -> Color {
    interpolate(&VIRIDIS, fraction)
}

fn interpolate(stops: &[Color], fraction: f64) -> Color {
    let position = fraction.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let left = (position as usize).min(stops.len() - 2);
    let weight = position - left as f64;
    let (from, to) = (stops[left], stops[left + 1]);
    let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - weight) + f64::from(b) * weight).round() as u8;
    Color(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast ratio with white of WCAG 2.1; its threshold for graphical objects is 3, a thick line is readable from 1.7.
    fn contrast_with_white(color: Color) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        1.05 / (0.2126 * linear(color.0)
            + 0.7152 * linear(color.1)
            + 0.0722 * linear(color.2)
            + 0.05)
    }

    #[test]
    fn no_line_colour_vanishes_on_white() {
        let palette = (0..Color::PALETTE_LEN).map(Color::palette);
        for color in palette.chain((0..9).map(|i| Color::ordered(i, 9))) {
            assert!(contrast_with_white(color) > 1.7, "{color} has {}", contrast_with_white(color));
        }
    }

    #[test]
    fn ordered_colours_and_viridis_get_lighter() {
        for i in 1..20 {
            assert!(Color::ordered(i, 20).luma() > Color::ordered(i - 1, 20).luma());
            assert!(viridis(i as f64 / 19.0).luma() > viridis((i - 1) as f64 / 19.0).luma());
        }
    }

    #[test]
    fn the_ends_are_the_first_and_last_stop() {
        assert_eq!(Color::ordered(0, 5), ORDERED[0]);
        assert_eq!(Color::ordered(4, 5), ORDERED[8]);
        assert_eq!(Color::ordered(0, 1), ORDERED[0]);
        assert_eq!(viridis(-1.0), VIRIDIS[0]);
        assert_eq!(viridis(2.0), VIRIDIS[16]);
    }

    #[test]
    fn a_colour_prints_as_hex() {
        assert_eq!(Color(0, 114, 178).to_string(), "#0072b2");
    }
}
