//! The step in AVX2 and FMA: two registers of sums per row.

#![expect(
    unsafe_code,
    reason = "loads and stores of whole registers go through pointers"
)]

use std::arch::x86_64::{
    __m256, _MM_HINT_T0, _mm_prefetch, _mm256_add_ps, _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::{Base, Lanes, Rows};

/// See [`super::multiply`].
///
/// # Safety
/// `rows` holds `R` rows of the panel's depth, and `into` `R` rows of sixteen columns.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn step<const R: usize>(
    rows: Rows<'_>,
    panel: &[Lanes],
    into: &mut [f32],
    into_stride: usize,
    base: Base,
) {
    // SAFETY: every pointer below stays inside its slice, by the lengths that the caller promises.
    unsafe {
        let first = rows.values.as_ptr();
        let into = into.as_mut_ptr();
        for row in 0..R {
            _mm_prefetch::<_MM_HINT_T0>(into.add(row * into_stride).cast());
        }
        let mut sums: [[__m256; 2]; R] = [[_mm256_setzero_ps(); 2]; R];
        for (index, lanes) in panel.iter().enumerate() {
            let left = _mm256_loadu_ps(lanes.0.as_ptr());
            let right = _mm256_loadu_ps(lanes.0.as_ptr().add(8));
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = _mm256_broadcast_ss(&*first.add(row * rows.stride + index));
                sums[0] = _mm256_fmadd_ps(factor, left, sums[0]);
                sums[1] = _mm256_fmadd_ps(factor, right, sums[1]);
            }
        }
        for (row, [mut left, mut right]) in sums.into_iter().enumerate() {
            let target = into.add(row * into_stride);
            if base == Base::Present {
                left = _mm256_add_ps(_mm256_loadu_ps(target), left);
                right = _mm256_add_ps(_mm256_loadu_ps(target.add(8)), right);
            }
            _mm256_storeu_ps(target, left);
            _mm256_storeu_ps(target.add(8), right);
        }
    }
}
