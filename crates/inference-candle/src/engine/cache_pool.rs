//! Memory for the keys and values of the sequences that are under way: taken when one joins, used again when it leaves.

use crate::kernel::COLUMNS;
use crate::llama::{CacheShape, KvCache};

#[derive(Debug)]
pub(super) struct CachePool {
    shape: CacheShape,
    most_bytes: usize,
    caches: Vec<KvCache>,
    /// Indices of `caches` that no sequence uses.
    free: Vec<usize>,
    most_used_bytes: usize,
}

impl CachePool {
    pub(super) fn new(shape: CacheShape, most_bytes: usize) -> Self {
        Self {
            shape,
            most_bytes,
            caches: Vec::new(),
            free: Vec::new(),
            most_used_bytes: 0,
        }
    }

    /// All caches, by index.
    pub(super) fn caches_mut(&mut self) -> &mut [KvCache] {
        &mut self.caches
    }

    /// The most memory that was held at a time.
    pub(super) fn most_used_bytes(&self) -> usize {
        self.most_used_bytes
    }

    /// The index of an empty cache for `positions`; none if others have to be given back first.
    pub(super) fn take(&mut self, positions: usize) -> Option<usize> {
        let fits = |&&index: &&usize| self.caches[index].capacity() >= positions;
        if let Some(&index) = self.free.iter().find(fits) {
            self.free.retain(|&free| free != index);
            return Some(index);
        }
        let needed = positions.next_multiple_of(COLUMNS) * self.shape.bytes_per_position();
        for index in 0..self.free.len() {
            if self.bytes() + needed <= self.most_bytes {
                break;
            }
            self.caches[self.free[index]] = KvCache::new(self.shape, 0);
        }
        let is_first = self.free.len() == self.caches.len();
        if !is_first && self.bytes() + needed > self.most_bytes {
            return None;
        }
        Some(self.take_beyond(positions))
    }

    /// The same for somebody who cannot wait, whatever memory it takes.
    pub(super) fn take_beyond(&mut self, positions: usize) -> usize {
        let cache = KvCache::new(self.shape, positions);
        let index = match self.free.pop() {
            Some(index) => {
                self.caches[index] = cache;
                index
            }
            None => {
                self.caches.push(cache);
                self.caches.len() - 1
            }
        };
        self.most_used_bytes = self.most_used_bytes.max(self.bytes());
        index
    }

    /// Takes a cache back.
    pub(super) fn give_back(&mut self, index: usize) {
        self.caches[index].clear();
        self.free.push(index);
    }

    fn bytes(&self) -> usize {
        let positions: usize = self.caches.iter().map(KvCache::capacity).sum();
        positions * self.shape.bytes_per_position()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: CacheShape = CacheShape {
        layers: 1,
        value_heads: 1,
        head_size: 16,
    };

    #[test]
    fn memory_is_bounded_used_again_and_never_refused_to_the_first() {
        let mut pool = CachePool::new(SHAPE, 64 * SHAPE.bytes_per_position());
        assert_eq!(pool.take(100), Some(0));
        assert_eq!(pool.take(16), None);
        pool.give_back(0);
        assert_eq!((pool.take(32), pool.take(16)), (Some(0), None));
        pool.give_back(0);
        let mut pool = CachePool::new(SHAPE, 64 * SHAPE.bytes_per_position());
        assert_eq!((pool.take(32), pool.take(32)), (Some(0), Some(1)));
        assert_eq!(pool.take(16), None);
        pool.give_back(0);
        assert_eq!((pool.take(16), pool.take(16)), (Some(0), None));
        pool.give_back(1);
        pool.give_back(0);
        assert_eq!((pool.take(48), pool.caches_mut().len()), (Some(0), 2));
        assert_eq!(pool.most_used_bytes(), 64 * SHAPE.bytes_per_position());
    }
}
