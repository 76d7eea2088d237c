//! The innermost step of every matrix product: a few rows times one panel of sixteen columns.
//!
//! An output is one chain of multiply-adds over the depth, in its order, whatever the number of rows beside it: a row's
//! result cannot depend on its neighbours. Between processors results differ in the last bits (with and without FMA).

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

/// Columns of a panel.
pub(crate) const COLUMNS: usize = 16;
/// Rows of a step: with sixteen columns, as many sums as the registers of AVX2 hold.
pub(crate) const ROWS: usize = 6;

/// Sixteen values that lie in one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Lanes(pub(crate) [f32; COLUMNS]);

impl Lanes {
    pub(crate) const ZERO: Self = Self([0.0; COLUMNS]);
}

/// Rows that stand `stride` values apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) stride: usize,
}

/// What the results are added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// Nothing: results replace what was there.
    Zero,
    /// What is there.
    Present,
}

/// `into[row][column] = base + Σ rows[row][i] · panel[i][column]` for `count` rows, at most [`ROWS`], over the panel's
/// depth. `into` starts at the first row's first column; its rows stand `into_stride` apart and take sixteen columns.
pub(crate) fn multiply(
    count: usize,
    rows: Rows<'_>,
    panel: &[Lanes],
    into: &mut [f32],
    into_stride: usize,
    base: Base,
) {
    match count {
        1 => step::<1>(rows, panel, into, into_stride, base),
        2 => step::<2>(rows, panel, into, into_stride, base),
        3 => step::<3>(rows, panel, into, into_stride, base),
        4 => step::<4>(rows, panel, into, into_stride, base),
        5 => step::<5>(rows, panel, into, into_stride, base),
        _ => step::<6>(rows, panel, into, into_stride, base),
    }
}

fn step<const R: usize>(rows: Rows<'_>, panel: &[Lanes], into: &mut [f32], into_stride: usize, base: Base) {
    assert!(
        rows.values.len() >= (R - 1) * rows.stride + panel.len()
            && into.len() >= (R - 1) * into_stride + COLUMNS,
        "a step of {R} rows reaches beyond its slices"
    );
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        #[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
        // SAFETY: the processor has the features that the function is compiled for, and the lengths were compared.
        unsafe {
            avx2::step::<R>(rows, panel, into, into_stride, base);
        }
        return;
    }
    portable::step::<R>(rows, panel, into, into_stride, base);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(index: usize) -> f32 {
        ((index * 7919 + 13) % 1013) as f32 / 1013.0 - 0.4
    }

    #[test]
    fn steps_of_any_count_agree_with_sums_in_double_precision_and_leave_the_rest_alone() {
        for depth in [1, 7, 64, 301] {
            let (stride, into_stride) = (depth + 5, COLUMNS + 3);
            let values: Vec<f32> = (0..ROWS * stride).map(value).collect();
            let panel: Vec<Lanes> = (0..depth)
                .map(|row| Lanes(std::array::from_fn(|column| value(row * 31 + column * 17))))
                .collect();
            for count in 1..=ROWS {
                for base in [Base::Zero, Base::Present] {
                    let mut given = vec![0.5_f32; ROWS * into_stride];
                    let mut without = given.clone();
                    let rows = Rows {
                        values: &values,
                        stride,
                    };
                    multiply(count, rows, &panel, &mut given, into_stride, base);
                    for row in 0..ROWS {
                        for column in 0..into_stride {
                            let expected = if row < count && column < COLUMNS {
                                let sum: f64 = (0..depth)
                                    .map(|i| {
                                        f64::from(values[row * stride + i]) * f64::from(panel[i].0[column])
                                    })
                                    .sum();
                                sum + if base == Base::Present { 0.5 } else { 0.0 }
                            } else {
                                0.5
                            };
                            let found = f64::from(given[row * into_stride + column]);
                            assert!(
                                (found - expected).abs() < 1e-4,
                                "{depth} {count} {row} {column}: {found} {expected}"
                            );
                        }
                    }
                    let one = |into: &mut [f32]| match count {
                        1 => portable::step::<1>(rows, &panel, into, into_stride, base),
                        3 => portable::step::<3>(rows, &panel, into, into_stride, base),
                        _ => portable::step::<6>(rows, &panel, into, into_stride, base),
                    };
                    one(&mut without);
                    if [1, 3, 6].contains(&count) {
                        for (left, right) in given.iter().zip(&without) {
                            assert!((left - right).abs() < 1e-4, "{depth} {count}: {left} {right}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_is_the_same_to_the_bit_whatever_is_beside_it() {
        let depth = 288;
        let values: Vec<f32> = (0..ROWS * depth).map(value).collect();
        let panel: Vec<Lanes> = (0..depth)
            .map(|row| Lanes(std::array::from_fn(|column| value(row * 29 + column))))
            .collect();
        let product = |first: usize, count: usize| {
            let mut into = vec![0.0_f32; count * COLUMNS];
            let rows = Rows {
                values: &values[first * depth..],
                stride: depth,
            };
            multiply(count, rows, &panel, &mut into, COLUMNS, Base::Zero);
            into
        };
        let all = product(0, ROWS);
        for count in 1..ROWS {
            for first in 0..=ROWS - count {
                assert!(product(first, count) == all[first * COLUMNS..(first + count) * COLUMNS]);
            }
        }
    }
}
