//! Where each item stands in a pack.
//!
//! A pack may be larger than the memory of the process that reads it: it is mapped, and the system keeps of it what is used.
//! What is held beside it must not grow with it then, so in a large pack an item is found by halving, which a pack's order
//! allows; in a small one by a table, which is several times as fast.

use std::collections::HashMap;

use arrow::array::{Array, StringArray};

/// A table of so many items takes some fifty megabytes.
const ITEMS_IN_A_TABLE: usize = 500_000;

/// Rows by item.
#[derive(Debug)]
pub(crate) enum ItemRows {
    Table(HashMap<String, usize>),
    /// The ids, ascending; windows of the mapped file.
    Sorted(StringArray),
}

impl ItemRows {
    /// `item_ids` as the pack holds them; sorted where there are many.
    pub(crate) fn of(item_ids: &StringArray) -> Result<Self, String> {
        Self::with_limit(item_ids, ITEMS_IN_A_TABLE)
    }

    fn with_limit(item_ids: &StringArray, in_a_table: usize) -> Result<Self, String> {
        if item_ids.len() <= in_a_table {
            let rows = item_ids.iter().enumerate();
            return Ok(Self::Table(
                rows.filter_map(|(row, id)| Some((id?.to_owned(), row))).collect(),
            ));
        }
        let ascending = (1..item_ids.len()).all(|row| item_ids.value(row - 1) < item_ids.value(row));
        if item_ids.null_count() > 0 || !ascending {
            return Err("its items are not in order".to_owned());
        }
        Ok(Self::Sorted(item_ids.clone()))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Table(rows) => rows.len(),
            Self::Sorted(ids) => ids.len(),
        }
    }

    pub(crate) fn row(&self, item_id: &str) -> Option<usize> {
        match self {
            Self::Table(rows) => rows.get(item_id).copied(),
            Self::Sorted(ids) => {
                let (mut low, mut high) = (0, ids.len());
                while low < high {
                    let middle = low + (high - low) / 2;
                    match ids.value(middle).cmp(item_id) {
                        std::cmp::Ordering::Equal => return Some(middle),
                        std::cmp::Ordering::Less => low = middle + 1,
                        std::cmp::Ordering::Greater => high = middle,
                    }
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_find_the_same_rows() {
        let ids: Vec<String> = (0..1_000).map(|item| format!("item-{item:04}")).collect();
        let ids = StringArray::from(ids);
        let table = ItemRows::with_limit(&ids, 1_000).unwrap();
        let sorted = ItemRows::with_limit(&ids, 999).unwrap();
        assert!(matches!(
            (&table, &sorted),
            (ItemRows::Table(_), ItemRows::Sorted(_))
        ));
        for id in ids.iter().flatten().chain(["", "item", "item-0500x", "zzz"]) {
            assert_eq!(table.row(id), sorted.row(id), "{id}");
        }
        assert_eq!(sorted.row("item-0999"), Some(999));
        assert_eq!((table.len(), sorted.len()), (1_000, 1_000));
    }

    #[test]
    fn a_large_pack_must_be_in_order() {
        let ids = StringArray::from(vec!["b", "a"]);
        assert!(ItemRows::with_limit(&ids, 1).is_err());
        assert_eq!(ItemRows::with_limit(&ids, 2).unwrap().row("a"), Some(1));
    }
}
