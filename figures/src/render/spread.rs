//! Labels side by side without overlap.

/// The centres nearest to `wanted` (ascending) at which labels of these `sizes` stand `gap` apart within `low..=high`.
///
/// Pushing all labels up from the first, or down from the last, are two arrangements without overlap, and so is their
/// mean, which moves both neighbours by the same amount. Labels that are too long together overlap at the end.
pub(super) fn spread(wanted: &[f64], sizes: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let up = push_up(wanted, sizes, gap, f64::NEG_INFINITY);
    let down = push_down(wanted, sizes, gap, f64::INFINITY);
    let mean: Vec<f64> = up.iter().zip(&down).map(|(a, b)| (a + b) / 2.0).collect();
    push_down(&push_up(&mean, sizes, gap, low), sizes, gap, high)
}

fn push_up(centres: &[f64], sizes: &[f64], gap: f64, low: f64) -> Vec<f64> {
    let mut edge = low;
    let place = |(&centre, &size): (&f64, &f64)| {
        let placed = centre.max(edge + size / 2.0);
        edge = placed + size / 2.0 + gap;
        placed
    };
    centres.iter().zip(sizes).map(place).collect()
}

fn push_down(centres: &[f64], sizes: &[f64], gap: f64, high: f64) -> Vec<f64> {
    let mirror = |values: &[f64]| values.iter().rev().map(|v| -v).collect::<Vec<_>>();
    let sizes: Vec<f64> = sizes.iter().rev().copied().collect();
    mirror(&push_up(&mirror(centres), &sizes, gap, -high))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_with_room_stay() {
        assert_eq!(spread(&[10.0, 50.0], &[10.0, 10.0], 5.0, 0.0, 100.0), [10.0, 50.0]);
    }

    #[test]
    fn two_labels_at_one_place_move_apart_evenly() {
        assert_eq!(spread(&[50.0, 50.0], &[10.0, 10.0], 2.0, 0.0, 100.0), [44.0, 56.0]);
    }

    #[test]
    fn the_edge_pushes_back() {
        assert_eq!(spread(&[0.0, 1.0], &[10.0, 10.0], 2.0, 0.0, 100.0), [5.0, 17.0]);
        assert_eq!(spread(&[99.0, 100.0], &[10.0, 10.0], 2.0, 0.0, 100.0), [83.0, 95.0]);
    }

    proptest! {
        #[test]
        fn labels_never_overlap_where_there_is_room(mut wanted in proptest::collection::vec(0.0_f64..100.0, 1..8)) {
            wanted.sort_by(f64::total_cmp);
            let sizes = vec![10.0; wanted.len()];
            let placed = spread(&wanted, &sizes, 2.0, 0.0, 100.0);
            prop_assert!(placed.windows(2).all(|w| w[1] - w[0] >= 12.0 - 1e-9), "{placed:?}");
            prop_assert!(placed.iter().all(|c| (5.0 - 1e-9..=95.0 + 1e-9).contains(c)), "{placed:?}");
        }
    }
}
