//! The slice kernels: against f64, and bits that depend on the numbers of one element alone.

use half::{bf16, f16};
use proptest::prelude::*;
use pulp::Arch;
use rs_grpo_engine::checkpoint::Elements;
use rs_grpo_engine::kernels::combine::combine_on;
use rs_grpo_engine::kernels::dot::dot_on;
use rs_grpo_engine::kernels::exp::exp;
use rs_grpo_engine::kernels::softmax::softmax_on;
use rs_grpo_engine::kernels::{
    combine, dot, exp_shifted, largest, mean_score, softmax, sum, sum_exp,
};
use test_support::{Stream, pool, relative_error};

/// Lengths around multiples of 16, the lanes of every sum.
const LENGTHS: [usize; 12] = [0, 1, 3, 8, 15, 16, 17, 31, 33, 48, 64, 129];

/// The instruction sets of this machine: the best one and those below it.
fn arches() -> Vec<Arch> {
    let mut arches = vec![Arch::new(), Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    arches.extend(pulp::x86::V3::try_new().map(Arch::V3));
    arches
}

/// The distance of `found` from the exact `expected`, in units of the last place of `expected`.
fn units(found: f32, expected: f64) -> f64 {
    // 2⁻²³ of the binade; 2⁻¹⁴⁹ among the subnormals.
    let exponent = expected.log2().floor().clamp(-126.0, 127.0);
    // An infinite result stands for 2¹²⁸, the number after the largest.
    let found = if found.is_infinite() { 128_f64.exp2() } else { f64::from(found) };
    (found - expected).abs() / (exponent - 23.0).exp2()
}

/// f64's exponential is exact here: its error is 2⁻²⁹ of a unit of f32.
#[test]
fn exp_is_within_two_units_in_every_binade() {
    let (mut worst, mut at) = (0.0, 0.0);
    // 8,171 is prime: the significands differ from binade to binade. Some 520,000 numbers.
    for bits in (0..=u32::MAX).step_by(8_171) {
        let x = f32::from_bits(bits);
        let expected = f64::from(x).exp();
        if x.is_nan() || expected > 128_f64.exp2() {
            continue;
        }
        let error = units(exp(x), expected);
        if error > worst {
            (worst, at) = (error, x);
        }
    }
    assert!(worst <= 2.0, "exp({at}) is off by {worst} units");
}

/// Every binade has as many numbers; the ones above fall thin where the exponential is neither 1, 0
/// nor infinite.
#[test]
fn exp_is_within_two_units_where_it_is_finite() {
    let steps = 3_000_000;
    let x = |i: i32| -104.0 + 192.72 * (i as f32 / steps as f32);
    let error = |i: i32| units(exp(x(i)), f64::from(x(i)).exp());
    let worst = (0..=steps).max_by(|&i, &j| error(i).total_cmp(&error(j))).unwrap();
    assert!(error(worst) <= 2.0, "exp({}) is off by {} units", x(worst), error(worst));
}

#[test]
fn exp_has_its_limits() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(exp(-0.0), 1.0);
    assert_eq!(exp(f32::from_bits(1)), 1.0);
    assert_eq!(exp(f32::INFINITY), f32::INFINITY);
    assert_eq!(exp(f32::MAX), f32::INFINITY);
    assert_eq!(exp(88.73), f32::INFINITY);
    assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    assert_eq!(exp(f32::MIN), 0.0);
    // ln 2⁻¹⁴⁹ = −103.28: the smallest subnormal number is the result from half of it on.
    assert_eq!(exp(-103.28).to_bits(), 1);
    assert_eq!(exp(-103.98), 0.0);
    assert!(exp(f32::NAN).is_nan() && exp(-f32::NAN).is_nan());
}

/// A product whose rows begin `gap` elements after the one before ends.
struct Product {
    sizes: (usize, usize, usize),
    gap: usize,
    a: Vec<f32>,
    w: Vec<f32>,
}

impl Product {
    fn new(sizes: (usize, usize, usize), gap: usize) -> Self {
        let (m, n, k) = sizes;
        let mut stream = Stream::new(m as u64 * 31 + n as u64 * 7 + k as u64);
        Self { sizes, gap, a: stream.numbers(m * (k + gap)), w: stream.numbers(n * (k + gap)) }
    }

    fn strides(&self) -> [usize; 3] {
        let (_, n, k) = self.sizes;
        [k + self.gap, k + self.gap, n + self.gap]
    }

    fn run(&self, arch: Arch) -> Vec<f32> {
        self.run_stored(arch, Elements::F32(&self.w))
    }

    /// The elements, without what lies between the rows, which must stay as it was.
    fn run_stored(&self, arch: Arch, w: Elements<'_>) -> Vec<f32> {
        let (m, n, _) = self.sizes;
        let mut out = vec![7.5; m * (n + self.gap)];
        dot_on(arch, self.sizes, &self.a, w, &mut out, self.strides());
        let rows = out.chunks(n + self.gap);
        assert!(rows.clone().all(|row| row[n..].iter().all(|&x| x == 7.5)), "between the rows");
        rows.flat_map(|row| row[..n].to_vec()).collect()
    }

    /// Element by element, each as a product of its own.
    fn one_by_one(&self) -> Vec<f32> {
        let (m, n, k) = self.sizes;
        let element = |i: usize, j: usize| {
            let mut out = [0.0];
            let (a, w) = (&self.a[i * (k + self.gap)..][..k], &self.w[j * (k + self.gap)..][..k]);
            dot((1, 1, k), a, Elements::F32(w), &mut out, [k, k, 1]);
            out[0]
        };
        (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| element(i, j)).collect()
    }

    fn exact(&self) -> Vec<f64> {
        let ((_, n, k), row) = (self.sizes, self.sizes.2 + self.gap);
        let product = |a: &[f32], w: &[f32]| -> f64 {
            a[..k].iter().zip(&w[..k]).map(|(&a, &w)| f64::from(a) * f64::from(w)).sum()
        };
        let element = |index: usize| {
            product(&self.a[index / n * row..][..k], &self.w[index % n * row..][..k])
        };
        (0..self.sizes.0 * n).map(element).collect()
    }
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// 200 × 130 has several blocks of 96 rows and 64 columns, and rests of both.
fn products() -> impl Iterator<Item = Product> {
    let small = LENGTHS.iter().flat_map(|&k| (1..8).map(move |m| ((m, 9 - m, k), m % 3)));
    let large = [((200, 130, 33), 2), ((97, 65, 16), 0), ((1, 700, 129), 1), ((700, 1, 129), 1)];
    small.chain(large).map(|(sizes, gap)| Product::new(sizes, gap))
}

#[test]
fn a_dot_product_has_the_same_bits_wherever_it_stands() {
    for product in products() {
        let expected = bits(&product.one_by_one());
        for threads in [1, 4] {
            let found = pool(threads).install(|| product.run(Arch::new()));
            assert_eq!(bits(&found), expected, "{:?} on {threads} threads", product.sizes);
        }
    }
}

#[test]
fn a_dot_product_has_the_same_bits_with_every_instruction_set() {
    for product in products() {
        let expected = bits(&product.run(Arch::new()));
        for arch in arches() {
            let found = bits(&product.run(arch));
            assert_eq!(found, expected, "{:?} with {arch:?}", product.sizes);
        }
    }
}

/// Each of 16 lanes adds at most k/16 terms, and the tree 4 more.
#[test]
fn a_dot_product_is_near_that_of_f64() {
    for product in products() {
        let (_, _, k) = product.sizes;
        let slack = (k as f64 / 16.0 + 5.0) * f64::from(f32::EPSILON) / 2.0 * k as f64;
        for (found, expected) in product.run(Arch::new()).into_iter().zip(product.exact()) {
            // The terms are at most 1.
            assert!((f64::from(found) - expected).abs() <= slack, "{found} for {expected}");
        }
    }
}

#[test]
fn narrow_weights_give_the_bits_of_their_widened_form() {
    for mut product in products() {
        let narrow: Vec<bf16> = product.w.iter().map(|&w| bf16::from_f32(w)).collect();
        let half: Vec<f16> = product.w.iter().map(|&w| f16::from_f32(w)).collect();
        for stored in [Elements::Bf16(&narrow), Elements::F16(&half)] {
            product.w = stored.to_f32();
            let expected = bits(&product.run(Arch::new()));
            for arch in arches() {
                let found = bits(&product.run_stored(arch, stored));
                assert_eq!(found, expected, "{:?} with {arch:?}", product.sizes);
            }
        }
    }
}

/// `out`, `[m, width]`, of weights `[m, n]` and rows `[n, width]`; the rows are taken in pieces that
/// end at `cuts`.
fn combined(
    arch: Arch,
    (m, n, width): (usize, usize, usize),
    p: &[f32],
    v: &[f32],
    cuts: &[usize],
) -> Vec<f32> {
    let (mut out, mut start) = (vec![0.25; m * (width + 1)], 0);
    for end in cuts.iter().copied().chain([n]) {
        let (p, v) = (&p[start..], &v[start * (width + 2)..]);
        combine_on(arch, (m, end - start, width), p, v, &mut out, [n, width + 2, width + 1]);
        start = end;
    }
    let rows = out.chunks(width + 1);
    assert!(rows.clone().all(|row| row[width] == 0.25), "between the rows");
    rows.flat_map(|row| row[..width].to_vec()).collect()
}

#[test]
fn combine_has_the_same_bits_wherever_a_row_stands_and_rows_are_cut() {
    for (m, n, width) in (1..9).flat_map(|m| LENGTHS.map(|width| (m, 5 * m, width))) {
        let mut stream = Stream::new((m * 1000 + width) as u64);
        let (p, v) = (stream.numbers(m * n), stream.numbers(n * (width + 2)));
        let expected = bits(&combined(Arch::new(), (m, n, width), &p, &v, &[]));
        for arch in arches() {
            for cuts in [vec![], vec![1], vec![n / 2, n / 2, n - 1]] {
                let found = bits(&combined(arch, (m, n, width), &p, &v, &cuts));
                assert_eq!(found, expected, "{:?} cut at {cuts:?}, {arch:?}", (m, n, width));
            }
        }
        for row in 0..m {
            let alone = combined(Arch::new(), (1, n, width), &p[row * n..][..n], &v, &[]);
            assert_eq!(bits(&alone), expected[row * width..][..width], "{:?}", (m, n, width));
        }
    }
}

/// n terms of at most 1, one after the other.
#[test]
fn combine_is_near_f64() {
    let (m, n, width) = (7, 50, 70);
    let mut stream = Stream::new(3);
    let (p, v, start) =
        (stream.numbers(m * n), stream.numbers(n * width), stream.numbers(m * width));
    let mut out = start.clone();
    combine((m, n, width), &p, &v, &mut out, [n, width, width]);
    for (index, &found) in out.iter().enumerate() {
        let (i, c) = (index / width, index % width);
        let terms = (0..n).map(|j| f64::from(p[i * n + j]) * f64::from(v[j * width + c]));
        let expected = terms.sum::<f64>() + f64::from(start[index]);
        let slack = (n * n) as f64 * f64::from(f32::EPSILON) / 2.0;
        assert!((f64::from(found) - expected).abs() <= slack, "{found} for {expected}");
    }
}

fn scores(seed: u64, len: usize) -> Vec<f32> {
    Stream::new(seed).numbers(len).iter().map(|x| 30.0 * x).collect()
}

#[test]
fn sums_of_exponentials_are_near_f64() {
    for len in LENGTHS.into_iter().skip(1).chain([40_000]) {
        let (given, scale) = (scores(len as u64, len), 0.37_f32);
        let scaled: Vec<f64> = given.iter().map(|&x| f64::from(x * scale)).collect();
        let max = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scaled.iter().map(|x| (x - max).exp()).sum();
        let mean = scaled.iter().map(|x| (x - max).exp() * x).sum::<f64>() / sum;
        let (mut weights, lse) = (given.clone(), (max + sum.ln()) as f32);
        let (found_sum, found_max) = softmax(&mut weights, scale);
        assert_eq!(f64::from(found_max), max);
        // A difference of 22 is rounded to 1e-6, which its exponential shows as a relative error.
        let close = |found: f32, exact: f64, largest: f64| {
            assert!((f64::from(found) - exact).abs() < 3e-6 * largest, "{len}: {found}, {exact}");
        };
        close(found_sum, sum, sum);
        weights.iter().zip(&scaled).for_each(|(&w, x)| close(w, (x - max).exp(), 1.0));
        close(sum_exp(&given, scale, found_max), sum, sum);
        close(mean_score(&given, scale, lse), mean, 11.1);
        let mut probabilities = given;
        exp_shifted(&mut probabilities, scale, lse);
        probabilities.iter().zip(&scaled).for_each(|(&p, x)| close(p, (x - max).exp() / sum, 1.0));
    }
}

#[test]
fn softmax_has_the_same_bits_with_every_instruction_set() {
    for len in LENGTHS {
        let run = |arch: Arch| {
            let mut weights = scores(9, len);
            let (sum, max) = softmax_on(arch, &mut weights, 0.37);
            (bits(&weights), sum.to_bits(), max.to_bits())
        };
        for arch in arches() {
            assert_eq!(run(arch), run(Arch::new()), "{len} scores with {arch:?}");
        }
    }
}

/// Rows of one matrix are taken as slices of it: their address must not matter.
#[test]
fn sums_of_exponentials_have_the_same_bits_at_every_address() {
    for len in LENGTHS {
        let given = scores(11, len);
        let run = |offset: usize| {
            let mut padded = vec![0.0; offset];
            padded.extend(&given);
            let sums =
                [sum_exp(&padded[offset..], 0.5, 1.0), mean_score(&padded[offset..], 0.5, 1.0)];
            let (sum, max) = softmax(&mut padded[offset..], 0.5);
            (bits(&sums), sum.to_bits(), max.to_bits(), bits(&padded[offset..]))
        };
        for offset in 1..16 {
            assert_eq!(run(offset), run(0), "{len} scores, {offset} elements into a slice");
        }
    }
}

/// Splitting the inner dimension or the rows any way gives the bits of the whole.
#[test]
fn random_products_have_the_bits_of_their_elements() {
    let sizes = (1..30_usize, 1..80_usize, 0..150_usize, 0..4_usize);
    let test = |(m, n, k, gap)| {
        let product = Product::new((m, n, k), gap);
        prop_assert_eq!(bits(&product.run(Arch::new())), bits(&product.one_by_one()));
        Ok(())
    };
    test_support::runner(60).run(&sizes, test).unwrap();
}

/// The gradients' product, in every layout that the operations use.
#[test]
fn gemm_is_near_f64() {
    use rs_grpo_engine::kernels::gemm::{Matrix, gemm};
    for (m, n, k) in [(1, 1, 1), (3, 5, 0), (17, 4, 33), (70, 65, 20)] {
        let mut stream = Stream::new((m + n + k) as u64);
        let (a, b, start) = (stream.numbers(k * m), stream.numbers(k * n), stream.numbers(m * n));
        for (add, parallel) in [(false, false), (true, true)] {
            let mut out = start.clone();
            let transposed = Matrix::new(&a[..], k, m, m).transposed();
            let right = Matrix::new(&b[..], k, n, n);
            gemm(Matrix::new(&mut out[..], m, n, n), transposed, right, add, parallel);
            let exact = |index: usize| {
                let terms =
                    (0..k).map(|l| a[l * m + index / n] as f64 * b[l * n + index % n] as f64);
                terms.sum::<f64>() + if add { f64::from(start[index]) } else { 0.0 }
            };
            let exact: Vec<f32> = (0..m * n).map(|index| exact(index) as f32).collect();
            if exact.iter().all(|&x| x == 0.0) {
                assert_eq!(out, exact, "an empty sum");
            } else {
                assert!(relative_error(&out, &exact) < 1e-6, "{:?}", (m, n, k));
            }
        }
    }
}

/// Every position in a block of 16 and past the last one; f64 sums f32 numbers to 1e-16 of their sum.
#[test]
fn the_largest_and_the_sum_are_found_wherever_they_stand() {
    assert_eq!((largest(&[]), sum(&[])), (f32::NEG_INFINITY, 0.0));
    for at in 0..39 {
        let mut numbers = Stream::new(at as u64).numbers(39);
        let exact: f64 = numbers.iter().map(|&x| f64::from(x)).sum();
        assert!((sum(&numbers) - exact).abs() < 1e-14);
        numbers[at] = 1.5;
        assert_eq!(largest(&numbers), 1.5);
        numbers[at] = f32::INFINITY;
        assert_eq!(largest(&numbers), f32::INFINITY);
        numbers[at] = f32::NAN;
        assert!(largest(&numbers).is_nan() && sum(&numbers).is_nan());
    }
}
