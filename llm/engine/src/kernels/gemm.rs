//! Matrix products where the order of a sum does not matter: gradients.

use gemm::Parallelism;

/// A matrix inside a slice, with a stride for each of its two axes.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<T> {
    data: T,
    shape: [usize; 2],
    strides: [usize; 2],
}

impl<T> Matrix<T> {
    /// The same matrix with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        let ([rows, columns], [down, right]) = (self.shape, self.strides);
        Self { data: self.data, shape: [columns, rows], strides: [right, down] }
    }
}

impl<T: AsRef<[f32]>> Matrix<T> {
    /// `[rows, columns]`, with rows `stride` elements apart.
    ///
    /// # Panics
    /// Where the slice is too short.
    pub fn new(data: T, rows: usize, columns: usize, stride: usize) -> Self {
        let needed = if rows * columns == 0 { 0 } else { (rows - 1) * stride + columns };
        assert!(data.as_ref().len() >= needed, "matrix [{rows}, {columns}] in a shorter slice");
        Self { data, shape: [rows, columns], strides: [stride, 1] }
    }
}

/// `out = a · b`, or `out += a · b` where `add` is set, on one thread or all.
///
/// # Panics
/// Where the shapes do not fit.
pub fn gemm(
    out: Matrix<&mut [f32]>,
    a: Matrix<&[f32]>,
    b: Matrix<&[f32]>,
    add: bool,
    parallel: bool,
) {
    let ([m, n], k) = (out.shape, a.shape[1]);
    assert!(a.shape == [m, k] && b.shape == [k, n], "{:?} × {:?}", a.shape, b.shape);
    if m * n == 0 {
        return;
    }
    let parallelism = if parallel { Parallelism::Rayon(0) } else { Parallelism::None };
    let signed = |strides: [usize; 2]| strides.map(|stride| stride as isize);
    let ([o0, o1], [a0, a1], [b0, b1]) =
        (signed(out.strides), signed(a.strides), signed(b.strides));
    #[expect(unsafe_code, reason = "the library takes pointers and strides")]
    // SAFETY: the constructor checked that each matrix lies inside its slice; `out` is borrowed
    // mutably, so nothing aliases it.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.data.as_mut_ptr(),
            o1,
            o0,
            add,
            a.data.as_ptr(),
            a1,
            a0,
            b.data.as_ptr(),
            b1,
            b0,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}
