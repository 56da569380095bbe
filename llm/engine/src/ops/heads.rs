//! The heads of an attention.

/// The heads of an attention.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    /// Number of query heads, a multiple of `keys`.
    pub(crate) queries: usize,
    /// Number of key heads, and of value heads.
    pub(crate) keys: usize,
    /// Numbers of a head.
    pub(crate) width: usize,
}

impl Heads {
    /// Of queries `[t, h, width]` and keys and values `[slots, kv, width]`, if they are that.
    pub(super) fn of(q: &[usize], k: &[usize], v: &[usize]) -> Option<Self> {
        match (q, k) {
            (&[_, queries, width], &[_, keys, width_k]) => {
                let some = queries > 0 && keys > 0 && width > 0;
                let fit = some && k == v && width == width_k && queries % keys == 0;
                fit.then_some(Self { queries, keys, width })
            }
            _ => None,
        }
    }

    /// Query heads that share a key head.
    pub(crate) fn group(&self) -> usize {
        self.queries / self.keys
    }

    pub(super) fn scale(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }

    /// Copies the queries of key head `head` for `tokens` from `[t, h, width]` into
    /// `[tokens · group, width]`.
    pub(super) fn pack(
        &self,
        from: &[f32],
        tokens: std::ops::Range<usize>,
        head: usize,
        into: &mut Vec<f32>,
    ) {
        let (row, part) = (self.queries * self.width, self.group() * self.width);
        into.clear();
        for token in tokens {
            into.extend_from_slice(&from[token * row + head * part..][..part]);
        }
    }
}
