//! Colours of a white page, on a dark one.

use crate::Color;
use std::collections::BTreeSet;

/// Least lightness of a coloured line on a dark page, and how much of the range of lightness is left over it.
const FLOOR: f64 = 0.62;
const SPAN: f64 = 0.30;
/// Greys lie under this chroma.
const GREY: f64 = 0.02;
/// Lightness of what is white, and of what is black, on a dark page.
const PAPER: f64 = 0.21;
const INK: f64 = 0.97;
/// Under 1, so that what is nearly black on white is nearly white on dark.
const BEND: f64 = 0.7;

impl Color {
    /// The equivalent of this colour on a dark page.
    ///
    /// Greys are turned round, so that ink is light and paper dark. Colours keep their hue and are lifted: the darker
    /// of two stays the darker. Lightness, chroma and hue are those of Oklab (Björn Ottosson, 2020).
    pub fn on_dark(self) -> Self {
        let [lightness, a, b] = to_oklab(self);
        if a.hypot(b) < GREY {
            let ink = (1.0 - lightness).max(0.0).powf(BEND);
            return from_oklab([PAPER + (INK - PAPER) * ink, 0.0, 0.0]);
        }
        let lifted = FLOOR + SPAN * lightness;
        // A light colour has room for less chroma than a dark one.
        let fits = |scale: &f64| in_gamut([lifted, a * scale, b * scale]);
        let scale = (0..=20).map(|step| 1.0 - f64::from(step) / 20.0).find(fits).unwrap_or(0.0);
        from_oklab([lifted, a * scale, b * scale])
    }
}

/// The different colours of a picture, as it writes them.
pub fn colors_of(svg: &str) -> BTreeSet<String> {
    let starts = svg.match_indices("=\"#").map(|(at, _)| at + 2);
    let hex = |at: usize| svg.get(at..at + 7).filter(|text| Color::from_hex(text).is_some());
    starts.filter_map(hex).map(str::to_owned).collect()
}

impl Color {
    /// The colour of a text such as `#0072b2`.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits =
            text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self(part(0)?, part(2)?, part(4)?))
    }
}

fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn encoded(value: f64) -> u8 {
    let value = value.clamp(0.0, 1.0);
    let curved =
        if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (curved * 255.0).round() as u8
}

fn to_oklab(Color(red, green, blue): Color) -> [f64; 3] {
    let [r, g, b] = [red, green, blue].map(linear);
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

/// Red, green and blue, linear; outside of 0..=1 where a screen cannot show the colour.
fn to_linear([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

fn in_gamut(oklab: [f64; 3]) -> bool {
    to_linear(oklab).iter().all(|value| (-1e-4..=1.0 + 1e-4).contains(value))
}

fn from_oklab(oklab: [f64; 3]) -> Color {
    let [red, green, blue] = to_linear(oklab).map(encoded);
    Color(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast ratio of WCAG 2.1.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |Color(r, g, b): Color| {
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05
        };
        let (one, other) = (luminance(one), luminance(other));
        one.max(other) / one.min(other)
    }

    /// WCAG 2.1 asks graphical objects for a contrast of 3.
    #[test]
    fn every_line_colour_is_readable_on_the_dark_page() {
        let page = Color(255, 255, 255).on_dark();
        let palette = (0..Color::PALETTE_LEN).map(Color::palette);
        for color in palette.chain((0..9).map(|i| Color::ordered(i, 9))) {
            let ratio = contrast(color.on_dark(), page);
            assert!(ratio > 4.5, "{color} becomes {}: {ratio}", color.on_dark());
        }
    }

    #[test]
    fn order_is_kept_in_colours_and_turned_round_in_greys() {
        for i in 1..9 {
            let at = |i| Color::ordered(i, 9).on_dark().luma();
            assert!(at(i) > at(i - 1), "{i}");
        }
        assert!(Color(20, 20, 20).on_dark().luma() > Color(110, 110, 110).on_dark().luma());
        assert!(Color(255, 255, 255).on_dark().luma() < 0.15);
    }

    /// `coloraide.Color("#ff0000").convert("oklab").coords()` and so on, of coloraide 8.13.1.
    #[test]
    fn oklab_is_that_of_another_program_and_can_be_undone() {
        for (color, expected) in [
            (Color(255, 255, 255), [1.0, 0.0, 0.0]),
            (Color(255, 0, 0), [0.627955, 0.224863, 0.125846]),
            (Color(0, 255, 0), [0.866440, -0.233888, 0.179498]),
            (Color(0, 0, 255), [0.452014, -0.032457, -0.311528]),
            (Color(0, 114, 178), [0.531929, -0.057459, -0.118068]),
        ] {
            for (found, expected) in to_oklab(color).into_iter().zip(expected) {
                assert!((found - expected).abs() < 2e-6, "{color}: {found} {expected}");
            }
        }
        for color in (0..9).map(|i| Color::ordered(i, 9)) {
            assert_eq!(from_oklab(to_oklab(color)), color);
        }
    }

    #[test]
    fn colours_of_a_picture_are_found_once() {
        let svg =
            "<a fill=\"#FFFFFF\" stroke=\"#0d0887\"/><a fill=\"#FFFFFF\"/><a href=\"#name12\"/>";
        let found: Vec<String> = colors_of(svg).into_iter().collect();
        assert_eq!(found, ["#0d0887", "#FFFFFF"]);
        assert_eq!(Color::from_hex("#0072b2"), Some(Color(0, 114, 178)));
        assert_eq!(Color::from_hex("#0072bé"), None);
    }
}
