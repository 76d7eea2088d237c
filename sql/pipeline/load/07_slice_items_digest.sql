-- The items that the activities of a slice refer to, with their texts, as one digest.
-- Input: slice_activities(item_id), known_items. Output: one row.
SELECT coalesce(bit_xor(content_digest(i.item_id, i.content_hash)), arrow_cast(0, 'UInt64')) AS digest
FROM known_items i
WHERE EXISTS (SELECT 1 FROM slice_activities a WHERE a.item_id = i.item_id)
