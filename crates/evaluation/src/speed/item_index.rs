//! From an item's id to its row, for many items: a table of rows, open addressing, half empty.

use arrow::array::{Array, StringArray};
use xxhash_rust::xxh3::xxh3_64;

const EMPTY: u32 = u32::MAX;

/// The rows of distinct ids.
#[derive(Debug)]
pub(super) struct ItemIndex {
    ids: StringArray,
    slots: Vec<u32>,
}

impl ItemIndex {
    /// None where an id comes twice, or there are 2^32 of them.
    pub(super) fn of(ids: StringArray) -> Option<Self> {
        let count = u32::try_from(ids.len()).ok().filter(|count| *count < EMPTY)?;
        let mut index = Self {
            slots: vec![EMPTY; (2 * ids.len()).next_power_of_two()],
            ids,
        };
        for row in 0..count {
            let id = index.ids.value(row as usize);
            match index.find(id) {
                Ok(_) => return None,
                Err(slot) => index.slots[slot] = row,
            }
        }
        Some(index)
    }

    pub(super) fn ids(&self) -> &StringArray {
        &self.ids
    }

    pub(super) fn row(&self, id: &str) -> Option<u32> {
        self.find(id).ok()
    }

    /// The row of the id, or else the slot where it belongs.
    fn find(&self, id: &str) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = usize::try_from(xxh3_64(id.as_bytes())).unwrap_or_default() & mask;
        loop {
            match self.slots[slot] {
                EMPTY => return Err(slot),
                row if self.ids.value(row as usize) == id => return Ok(row),
                _ => slot = (slot + 1) & mask,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_its_row_and_no_other_has_one() {
        let ids: Vec<String> = (0..1_000).map(|item| format!("item-{item}")).collect();
        let index = ItemIndex::of(StringArray::from(ids.clone())).unwrap();
        for (row, id) in (0_u32..).zip(&ids) {
            assert_eq!(index.row(id), Some(row));
        }
        assert_eq!(index.row("item-1000"), None);
        assert_eq!(index.row(""), None);
        assert!(ItemIndex::of(StringArray::from(vec!["a", "b", "a"])).is_none());
        assert_eq!(
            ItemIndex::of(StringArray::from(Vec::<&str>::new()))
                .unwrap()
                .row("a"),
            None
        );
    }
}
