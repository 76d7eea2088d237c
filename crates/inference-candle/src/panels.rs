//! A weight matrix in the order in which products read it, and the product with many rows.
//!
//! Everything that promises "the same alone or in a batch" rests on this: an output is the same chain of sums
//! whatever the number of rows, and however the work is divided between threads.

use rayon::prelude::*;

use crate::kernel::{Base, COLUMNS, Lanes, ROWS, Rows, multiply};

/// The depth of one step: panel and rows together stay in a core's first cache.
const MOST_DEPTH: usize = 320;
/// Rows of one piece of work stay in a core's second cache, in values.
const ROW_BLOCK_VALUES: usize = 1 << 16;
/// And never more rows than this.
const MOST_BLOCK: usize = 128;
/// Up to so many rows, the columns are divided between threads instead, so that weights are read once.
const FEW_ROWS: usize = 128;

/// A matrix `[outputs, inputs]` as panels of sixteen outputs, `[panels][inputs][16]`; the last one is filled with noughts.
#[derive(Debug)]
pub(crate) struct Panels {
    inputs: usize,
    outputs: usize,
    panels: Vec<Lanes>,
}

impl Panels {
    /// `parts` stand below each other: row-major matrices of `inputs` columns.
    pub(crate) fn pack(inputs: usize, parts: &[&[f32]]) -> Self {
        let outputs = parts.iter().map(|part| part.len() / inputs).sum::<usize>();
        let mut panels = vec![Lanes::ZERO; outputs.div_ceil(COLUMNS) * inputs];
        let rows: Vec<&[f32]> = parts.iter().flat_map(|part| part.chunks_exact(inputs)).collect();
        panels
            .par_chunks_mut(inputs.max(1))
            .zip(rows.par_chunks(COLUMNS))
            .for_each(|(panel, rows)| {
                for (index, lanes) in panel.iter_mut().enumerate() {
                    for (lane, row) in lanes.0.iter_mut().zip(rows) {
                        *lane = row[index];
                    }
                }
            });
        Self {
            inputs,
            outputs,
            panels,
        }
    }

    /// The weights of one output, `[inputs]`.
    pub(crate) fn read_output(&self, output: usize, into: &mut [f32]) {
        let panel = &self.panels[output / COLUMNS * self.inputs..][..self.inputs];
        for (value, lanes) in into.iter_mut().zip(panel) {
            *value = lanes.0[output % COLUMNS];
        }
    }

    /// `into = base + rows × weightᵀ`: `rows` is `[count, inputs]`, `into` `[count, outputs]`. `apart` is memory that
    /// may be used in between; it grows once and is used again.
    pub(crate) fn product(&self, rows: &[f32], into: &mut [f32], base: Base, apart: &mut Vec<f32>) {
        let count = rows.len() / self.inputs;
        if count <= FEW_ROWS {
            self.by_columns(count, rows, into, base, apart);
        } else {
            self.by_rows(count, rows, into, base);
        }
    }

    /// Divides the rows between threads.
    fn by_rows(&self, count: usize, rows: &[f32], into: &mut [f32], base: Base) {
        let threads = rayon::current_num_threads();
        let most = (ROW_BLOCK_VALUES / self.inputs).clamp(ROWS, MOST_BLOCK);
        // As many blocks as there are threads, or a multiple of it: no thread is left with a block more.
        let blocks = count.div_ceil(most * threads) * threads;
        let block = count.div_ceil(blocks);
        into.par_chunks_mut(block * self.outputs)
            .zip(rows.par_chunks(block * self.inputs))
            .for_each(|(into, rows)| {
                let mut sums = [0.0_f32; MOST_BLOCK * COLUMNS];
                for panel in 0..self.outputs.div_ceil(COLUMNS) {
                    self.panel_product(panel, rows, &mut sums);
                    for (into, sums) in into.chunks_exact_mut(self.outputs).zip(sums.as_chunks().0) {
                        put(into, panel, sums, base);
                    }
                }
            });
    }

    /// Divides the columns between threads.
    fn by_columns(&self, count: usize, rows: &[f32], into: &mut [f32], base: Base, apart: &mut Vec<f32>) {
        let panels = self.outputs.div_ceil(COLUMNS);
        let needed = panels * count * COLUMNS;
        if apart.len() < needed {
            apart.resize(needed, 0.0);
        }
        let apart = &mut apart[..needed];
        apart
            .par_chunks_mut(count * COLUMNS)
            .enumerate()
            .with_min_len(panels.div_ceil(8 * rayon::current_num_threads()))
            .for_each(|(panel, sums)| self.panel_product(panel, rows, sums));
        into.par_chunks_mut(self.outputs)
            .enumerate()
            .with_min_len(FEW_ROWS / 8)
            .for_each(|(row, into)| {
                for (panel, sums) in apart.chunks_exact(count * COLUMNS).enumerate() {
                    if let Some(sums) = sums.as_chunks().0.get(row) {
                        put(into, panel, sums, base);
                    }
                }
            });
    }

    /// The products of all `rows` with one panel, `[count, 16]`.
    fn panel_product(&self, panel: usize, rows: &[f32], sums: &mut [f32]) {
        let panel = &self.panels[panel * self.inputs..][..self.inputs];
        let depth = self
            .inputs
            .div_ceil(self.inputs.div_ceil(MOST_DEPTH))
            .next_multiple_of(8);
        let count = rows.len() / self.inputs;
        for (index, part) in panel.chunks(depth).enumerate() {
            let base = if index == 0 { Base::Zero } else { Base::Present };
            for first in (0..count).step_by(ROWS) {
                let rows = Rows {
                    values: &rows[first * self.inputs + index * depth..],
                    stride: self.inputs,
                };
                let into = &mut sums[first * COLUMNS..];
                multiply(ROWS.min(count - first), rows, part, into, COLUMNS, base);
            }
        }
    }
}

#[expect(
    clippy::inline_always,
    reason = "a few instructions in the innermost loop but one"
)]
#[inline(always)]
fn put(row: &mut [f32], panel: usize, sums: &[f32; COLUMNS], base: Base) {
    let into = &mut row[panel * COLUMNS..];
    if let Some(into) = into.first_chunk_mut::<COLUMNS>() {
        match base {
            Base::Zero => *into = *sums,
            Base::Present => into.iter_mut().zip(sums).for_each(|(value, sum)| *value += sum),
        }
        return;
    }
    for (value, sum) in into.iter_mut().zip(sums) {
        *value = match base {
            Base::Zero => *sum,
            Base::Present => *value + sum,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(index: usize) -> f32 {
        ((index * 7919 + 13) % 1013) as f32 / 1013.0 - 0.4
    }

    fn matrix(rows: usize, columns: usize, seed: usize) -> Vec<f32> {
        (0..rows * columns).map(|index| value(index * 3 + seed)).collect()
    }

    #[test]
    fn the_product_agrees_with_plain_sums() {
        for (inputs, outputs) in [(16, 16), (33, 50), (576, 130), (1536, 20)] {
            let (upper, lower) = (matrix(7, inputs, 1), matrix(outputs - 7, inputs, 2));
            let panels = Panels::pack(inputs, &[&upper, &lower]);
            assert_eq!((panels.inputs, panels.outputs), (inputs, outputs));
            let weight = [upper, lower].concat();
            for count in [1, 5, 6, 200] {
                let rows = matrix(count, inputs, 5);
                let mut into = matrix(count, outputs, 9);
                let before = into.clone();
                panels.product(&rows, &mut into, Base::Present, &mut Vec::new());
                for (index, found) in into.iter().enumerate() {
                    let (row, output) = (index / outputs, index % outputs);
                    let sum: f64 = (0..inputs)
                        .map(|i| f64::from(rows[row * inputs + i]) * f64::from(weight[output * inputs + i]))
                        .sum();
                    let expected = f64::from(before[index]) + sum;
                    assert!(
                        (f64::from(*found) - expected).abs() < 1e-3,
                        "{inputs} {outputs} {count}"
                    );
                }
            }
            let mut read = vec![0.0; inputs];
            panels.read_output(outputs - 1, &mut read);
            assert_eq!(read, weight[(outputs - 1) * inputs..]);
        }
    }

    /// The shapes of a real model, and counts on both sides of every threshold.
    #[test]
    fn a_row_is_the_same_alone_and_among_any_number_of_rows() {
        for (inputs, outputs) in [(576, 960), (576, 3072), (1536, 576), (64, 100)] {
            let panels = Panels::pack(inputs, &[&matrix(outputs, inputs, 3)]);
            let rows = matrix(601, inputs, 4);
            let start = matrix(601, outputs, 8);
            let mut apart = Vec::new();
            for base in [Base::Zero, Base::Present] {
                let mut all = start.clone();
                panels.product(&rows, &mut all, base, &mut apart);
                for (first, count) in [
                    (0, 1),
                    (600, 1),
                    (17, 2),
                    (5, 3),
                    (100, 7),
                    (64, 16),
                    (1, 97),
                    (3, 128),
                    (3, 129),
                    (0, 257),
                    (9, 590),
                ] {
                    let mut part = start[first * outputs..(first + count) * outputs].to_vec();
                    panels.product(
                        &rows[first * inputs..(first + count) * inputs],
                        &mut part,
                        base,
                        &mut apart,
                    );
                    assert!(
                        part == all[first * outputs..(first + count) * outputs],
                        "{inputs} -> {outputs}: rows {first}..+{count}"
                    );
                }
            }
        }
    }
}
