//! Keys and values of one token sequence in all layers, in the order in which attention multiplies with them.
//!
//! Keys are panels of sixteen positions, values panels of sixteen dimensions: scores and weighted sums are products of
//! the same kernel as those of the weights. The memory is taken once, for as many positions as the sequence may get.

use crate::kernel::{COLUMNS, Lanes};

/// The sizes that all caches of a model share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheShape {
    pub(crate) layers: usize,
    pub(crate) value_heads: usize,
    pub(crate) head_size: usize,
}

impl CacheShape {
    /// Bytes of one position.
    pub(crate) fn bytes_per_position(self) -> usize {
        self.layers * self.value_heads * (self.head_size + self.value_width()) * size_of::<f32>()
    }

    /// The head size in whole panels.
    pub(crate) fn value_width(self) -> usize {
        self.head_size.next_multiple_of(COLUMNS)
    }

    /// Lines of one head of one layer.
    fn lines_per_head(self, capacity: usize) -> usize {
        capacity / COLUMNS * (self.head_size + self.value_width())
    }
}

/// The keys and values of a sequence: of a shared prefix, or of what follows one.
#[derive(Debug, Clone)]
pub(crate) struct KvCache {
    shape: CacheShape,
    capacity: usize,
    length: usize,
    lines: Vec<Lanes>,
}

impl KvCache {
    /// An empty cache for up to `positions` positions.
    pub(crate) fn new(shape: CacheShape, positions: usize) -> Self {
        let capacity = positions.next_multiple_of(COLUMNS);
        let lines = shape.layers * shape.value_heads * shape.lines_per_head(capacity);
        Self {
            shape,
            capacity,
            length: 0,
            lines: vec![Lanes::ZERO; lines],
        }
    }

    /// Positions that are held.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Positions for which there is room.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets all positions. Attention never multiplies with what lies beyond the length, so nothing is overwritten.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    /// Counts `positions` more, which have been written in every layer.
    pub(super) fn grow(&mut self, positions: usize) {
        self.length += positions;
    }

    /// Writes one layer's keys and values of a position, `[value_heads × head_size]` each.
    pub(super) fn write(&mut self, layer: usize, position: usize, keys: &[f32], values: &[f32]) {
        let (size, capacity) = (self.shape.head_size, self.capacity);
        for (head, (keys, values)) in keys.chunks_exact(size).zip(values.chunks_exact(size)).enumerate() {
            let start = self.start(layer, head);
            let lines = &mut self.lines[start..][..self.shape.lines_per_head(capacity)];
            let (key_lines, value_lines) = lines.split_at_mut(capacity / COLUMNS * size);
            let panel = &mut key_lines[position / COLUMNS * size..][..size];
            for (line, key) in panel.iter_mut().zip(keys) {
                line.0[position % COLUMNS] = *key;
            }
            for (block, values) in values.chunks(COLUMNS).enumerate() {
                value_lines[block * capacity + position].0[..values.len()].copy_from_slice(values);
            }
        }
    }

    /// The panel of the keys of sixteen positions, `[head_size][16]`.
    pub(super) fn keys(&self, layer: usize, head: usize, panel: usize) -> &[Lanes] {
        let start = self.start(layer, head) + panel * self.shape.head_size;
        &self.lines[start..][..self.shape.head_size]
    }

    /// The values of `count` positions from `first` in sixteen dimensions, `[count][16]`.
    pub(super) fn values(
        &self,
        layer: usize,
        head: usize,
        block: usize,
        first: usize,
        count: usize,
    ) -> &[Lanes] {
        let keys = self.capacity / COLUMNS * self.shape.head_size;
        let start = self.start(layer, head) + keys + block * self.capacity + first;
        &self.lines[start..][..count]
    }

    fn start(&self, layer: usize, head: usize) -> usize {
        (layer * self.shape.value_heads + head) * self.shape.lines_per_head(self.capacity)
    }
}
