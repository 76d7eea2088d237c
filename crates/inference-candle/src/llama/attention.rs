//! Attention of packed tokens over a shared prefix, a shared prompt and their own sequence.
//!
//! Softmax and weighted sum run together over blocks of positions (Milakov and Gimelshein 2018, Dao et al. 2022), each
//! counted from the start of what is attended to, so a token's result does not depend on which tokens are beside it.

use std::ops::Range;

use rayon::prelude::*;

use super::kv_cache::{CacheShape, KvCache};
use crate::kernel::{Base, COLUMNS, ROWS, Rows, multiply};
use crate::steps::{exponentials, largest, scale};

/// Positions that are scored at a time.
const BLOCK: usize = 128;
/// Rows that share the reading of keys and values: queries of neighbouring tokens that use the same key head.
const MOST_ROWS: usize = 96;

/// Consecutive packed tokens of one sequence.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// Which cache its keys and values go to.
    pub(crate) cache: usize,
    /// A cache that all its tokens attend to as a whole: of a prompt, for the continuations of it.
    pub(crate) parent: Option<usize>,
    /// Its packed tokens.
    pub(crate) tokens: Range<usize>,
    /// The position of its first token in the text, all that it attends to counted.
    pub(crate) first_position: usize,
}

/// What attention needs beside the queries.
pub(super) struct Attention<'a> {
    pub(super) shape: CacheShape,
    pub(super) heads: usize,
    pub(super) layer: usize,
    pub(super) prefix: Option<&'a KvCache>,
    pub(super) caches: &'a [KvCache],
    pub(super) pieces: &'a [Piece],
}

/// Queries of one key head that are computed together, with their softmax as far as it has got.
struct Tile {
    /// `[rows][head_size]`, scaled.
    queries: Vec<f32>,
    /// `[rows][BLOCK]`
    scores: Vec<f32>,
    /// `[rows][value_width]`
    sums: Vec<f32>,
    largest: Vec<f32>,
    totals: Vec<f32>,
}

impl Attention<'_> {
    /// `queries` is the packed matrix whose rows, `row_width` values long, begin with the queries; the result is
    /// `[tokens, heads × head_size]`. Keys and values of all tokens have been written to the caches, whose lengths do
    /// not count them yet.
    pub(super) fn attend(&self, queries: &[f32], row_width: usize, into: &mut [f32]) {
        let width = self.heads * self.shape.head_size;
        let tokens = into.len() / width;
        let group = self.heads / self.shape.value_heads;
        let pieces_of_work = 4 * rayon::current_num_threads();
        let most = (MOST_ROWS / group).max(1);
        let per_tile = tokens.div_ceil(pieces_of_work).clamp(1, most);
        into.par_chunks_mut(per_tile * width).enumerate().for_each_init(
            || Tile::new(per_tile * group, self.shape),
            |tile, (index, into)| {
                let first = index * per_tile;
                let range = first..first + into.len() / width;
                for head in 0..self.shape.value_heads {
                    self.attend_tile(tile, head, range.clone(), queries, row_width);
                    tile.write(head, group, self.shape, into);
                }
            },
        );
    }

    fn attend_tile(
        &self,
        tile: &mut Tile,
        head: usize,
        tokens: Range<usize>,
        queries: &[f32],
        row_width: usize,
    ) {
        let group = self.heads / self.shape.value_heads;
        tile.read(head, group, self.shape, tokens.clone(), queries, row_width);
        if let Some(prefix) = self.prefix {
            let rows = 0..tokens.len() * group;
            self.over(tile, prefix, head, rows, prefix.length(), |_| usize::MAX);
        }
        let first_piece = self
            .pieces
            .partition_point(|piece| piece.tokens.end <= tokens.start);
        for piece in &self.pieces[first_piece..] {
            let start = piece.tokens.start.max(tokens.start);
            let end = piece.tokens.end.min(tokens.end);
            if start >= end {
                break;
            }
            let rows = (start - tokens.start) * group..(end - tokens.start) * group;
            if let Some(parent) = piece.parent {
                let written = self.written(parent);
                self.over(tile, &self.caches[parent], head, rows.clone(), written, |_| {
                    usize::MAX
                });
            }
            let own = &self.caches[piece.cache];
            let last_seen = own.length() + start - piece.tokens.start;
            let seen = last_seen + end - start;
            self.over(tile, own, head, rows, seen, |row| last_seen + row / group + 1);
        }
    }

    /// Positions of a cache, those that this step has written included.
    fn written(&self, cache: usize) -> usize {
        let of_step: usize = self
            .pieces
            .iter()
            .filter(|piece| piece.cache == cache)
            .map(|piece| piece.tokens.len())
            .sum();
        self.caches[cache].length() + of_step
    }

    /// Lets `rows` of the tile attend to the first `length` positions of a cache; `limit` says how many of them a row,
    /// counted from the first of `rows`, may see.
    fn over(
        &self,
        tile: &mut Tile,
        cache: &KvCache,
        head: usize,
        rows: Range<usize>,
        length: usize,
        limit: impl Fn(usize) -> usize,
    ) {
        let (size, value_width) = (self.shape.head_size, self.shape.value_width());
        for start in (0..length).step_by(BLOCK) {
            let count = BLOCK.min(length - start);
            let columns = count.next_multiple_of(COLUMNS);
            for panel in 0..columns / COLUMNS {
                let keys = cache.keys(self.layer, head, start / COLUMNS + panel);
                for first in rows.clone().step_by(ROWS) {
                    let queries = Rows {
                        values: &tile.queries[first * size..],
                        stride: size,
                    };
                    let into = &mut tile.scores[first * BLOCK + panel * COLUMNS..];
                    multiply(ROWS.min(rows.end - first), queries, keys, into, BLOCK, Base::Zero);
                }
            }
            for row in rows.clone() {
                let visible = limit(row - rows.start).saturating_sub(start).min(count);
                tile.soften(row, visible, columns, value_width);
            }
            for block in 0..value_width / COLUMNS {
                let values = cache.values(self.layer, head, block, start, count);
                for first in rows.clone().step_by(ROWS) {
                    let weights = Rows {
                        values: &tile.scores[first * BLOCK..],
                        stride: BLOCK,
                    };
                    let into = &mut tile.sums[first * value_width + block * COLUMNS..];
                    multiply(
                        ROWS.min(rows.end - first),
                        weights,
                        values,
                        into,
                        value_width,
                        Base::Present,
                    );
                }
            }
        }
    }
}

impl Tile {
    fn new(rows: usize, shape: CacheShape) -> Self {
        Self {
            queries: vec![0.0; rows * shape.head_size],
            scores: vec![0.0; rows * BLOCK],
            sums: vec![0.0; rows * shape.value_width()],
            largest: vec![0.0; rows],
            totals: vec![0.0; rows],
        }
    }

    fn read(
        &mut self,
        head: usize,
        group: usize,
        shape: CacheShape,
        tokens: Range<usize>,
        queries: &[f32],
        row_width: usize,
    ) {
        let width = group * shape.head_size;
        let factor = 1.0 / (shape.head_size as f32).sqrt();
        for (into, token) in self.queries.chunks_exact_mut(width).zip(tokens) {
            into.copy_from_slice(&queries[token * row_width + head * width..][..width]);
            scale(into, factor);
        }
        self.sums.fill(0.0);
        self.largest.fill(f32::NEG_INFINITY);
        self.totals.fill(0.0);
    }

    /// Turns a row's scores, of which the first `visible` count, into weights, and what was summed before to their scale.
    fn soften(&mut self, row: usize, visible: usize, columns: usize, value_width: usize) {
        let scores = &mut self.scores[row * BLOCK..][..columns];
        scores[visible..].fill(f32::NEG_INFINITY);
        let before = self.largest[row];
        let now = before.max(largest(scores));
        if now > before {
            let shrink = (before - now).exp();
            self.totals[row] *= shrink;
            scale(&mut self.sums[row * value_width..][..value_width], shrink);
            self.largest[row] = now;
        }
        self.totals[row] += exponentials(scores, now);
    }

    fn write(&self, head: usize, group: usize, shape: CacheShape, into: &mut [f32]) {
        let (size, value_width) = (shape.head_size, shape.value_width());
        let heads = into.len() / size;
        let heads_per_token = shape.value_heads * group;
        for row in 0..heads / heads_per_token * group {
            let (token, of_group) = (row / group, row % group);
            let target =
                &mut into[token * heads_per_token * size + (head * group + of_group) * size..][..size];
            target.copy_from_slice(&self.sums[row * value_width..][..size]);
            scale(target, 1.0 / self.totals[row]);
        }
    }
}
