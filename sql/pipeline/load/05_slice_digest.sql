-- What a slice of the log holds, with the texts of its items, independent of order, files and runs.
-- Input: slice_activities(user_id, occurred_at, item_id, weight), usable_items. Output: one row.
SELECT count(*) AS row_count, count(DISTINCT a.user_id) AS user_count,
  coalesce(bit_xor(content_digest(a.user_id, a.occurred_at, a.item_id, a.weight, i.content_hash)),
    arrow_cast(0, 'UInt64')) AS digest
FROM slice_activities a
LEFT JOIN usable_items i ON i.item_id = a.item_id
