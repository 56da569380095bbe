//! Clips lines and polygons to the plot area.

use super::canvas::{Position, Rect};

/// The parts of a line inside `area`.
///
/// # Formula
/// Liang and Barsky, "A new concept and method for line clipping" (1984), segment by segment.
pub(super) fn line(points: &[Position], area: Rect) -> Vec<Vec<Position>> {
    let mut parts: Vec<Vec<Position>> = Vec::new();
    for pair in points.windows(2) {
        let Some((from, to)) = segment(pair[0], pair[1], area) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// The part of one segment inside `area`.
fn segment(a: Position, b: Position, area: Rect) -> Option<(Position, Position)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let edges = [
        (-dx, a.0 - area.left),
        (dx, area.right - a.0),
        (-dy, a.1 - area.top),
        (dy, area.bottom - a.1),
    ];
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (outward, room) in edges {
        if outward == 0.0 && room < 0.0 {
            return None;
        } else if outward < 0.0 {
            enter = enter.max(room / outward);
        } else if outward > 0.0 {
            leave = leave.min(room / outward);
        }
    }
    let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
    // The ends themselves are kept exactly, so that neighbouring segments still meet.
    let (from, to) =
        (if enter == 0.0 { a } else { at(enter) }, if leave == 1.0 { b } else { at(leave) });
    (enter <= leave).then_some((from, to))
}

/// The part of a polygon inside `area`.
///
/// # Formula
/// Sutherland and Hodgman, "Reentrant polygon clipping" (1974), edge by edge.
pub(super) fn polygon(corners: &[Position], area: Rect) -> Vec<Position> {
    let left = cut(corners, |p| p.0 - area.left);
    let right = cut(&left, |p| area.right - p.0);
    let top = cut(&right, |p| p.1 - area.top);
    cut(&top, |p| area.bottom - p.1)
}

/// The part of a polygon where `depth` is not negative.
fn cut(corners: &[Position], depth: impl Fn(Position) -> f64) -> Vec<Position> {
    let mut kept = Vec::new();
    for (i, &corner) in corners.iter().enumerate() {
        let before = corners[(i + corners.len() - 1) % corners.len()];
        let (was, is) = (depth(before), depth(corner));
        if (was < 0.0) != (is < 0.0) {
            let t = was / (was - is);
            kept.push((before.0 + t * (corner.0 - before.0), before.1 + t * (corner.1 - before.1)));
        }
        if is >= 0.0 {
            kept.push(corner);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNIT: Rect = Rect { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };

    #[test]
    fn a_line_inside_stays_whole() {
        let points = [(0.1, 0.2), (0.5, 0.9), (1.0, 0.0)];
        assert_eq!(line(&points, UNIT), [points.to_vec()]);
    }

    #[test]
    fn a_line_that_leaves_and_returns_has_two_parts() {
        let points = [(0.0, 0.5), (0.5, 0.5), (0.5, 2.0), (0.75, 2.0), (0.75, 0.5)];
        let parts = line(&points, UNIT);
        assert_eq!(
            parts,
            [vec![(0.0, 0.5), (0.5, 0.5), (0.5, 1.0)], vec![(0.75, 1.0), (0.75, 0.5)]]
        );
    }

    #[test]
    fn a_line_outside_vanishes() {
        assert!(line(&[(-1.0, 2.0), (2.0, 3.0)], UNIT).is_empty());
        assert!(line(&[(-1.0, 0.5), (0.5, 2.5)], UNIT).is_empty());
    }

    #[test]
    fn a_larger_polygon_becomes_the_area() {
        let big = [(-1.0, -1.0), (2.0, -1.0), (2.0, 2.0), (-1.0, 2.0)];
        let mut corners = polygon(&big, UNIT);
        corners.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        assert_eq!(corners, [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]);
    }

    proptest! {
        #[test]
        fn nothing_is_left_outside(points in proptest::collection::vec((-2.0_f64..3.0, -2.0_f64..3.0), 3..12)) {
            let inside = |p: &Position| [p.0, p.1].iter().all(|v| (-1e-9..=1.0 + 1e-9).contains(v));
            prop_assert!(line(&points, UNIT).iter().flatten().all(inside));
            prop_assert!(polygon(&points, UNIT).iter().all(inside));
        }
    }
}
