//! The step for processors without wide registers.

use super::{Base, COLUMNS, Lanes, Rows};

/// See [`super::multiply`].
pub(super) fn step<const R: usize>(
    rows: Rows<'_>,
    panel: &[Lanes],
    into: &mut [f32],
    into_stride: usize,
    base: Base,
) {
    let mut sums = [[0.0_f32; COLUMNS]; R];
    for (index, lanes) in panel.iter().enumerate() {
        for (row, sums) in sums.iter_mut().enumerate() {
            let factor = rows.values[row * rows.stride + index];
            for (sum, value) in sums.iter_mut().zip(&lanes.0) {
                *sum += factor * value;
            }
        }
    }
    for (sums, target) in sums.iter().zip(into.chunks_mut(into_stride)) {
        for (target, sum) in target.iter_mut().zip(sums) {
            *target = sum
                + match base {
                    Base::Zero => 0.0,
                    Base::Present => *target,
                };
        }
    }
}
