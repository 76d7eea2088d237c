-- Items of this run's activities whose text has no vector from this encoder yet.
-- Input: known_items, slice_activities, item_vectors. Params: encoder.
SELECT i.item_id, i.title, i.text, i.tags, i.embed_text, i.content_hash
FROM known_items i
WHERE EXISTS (SELECT 1 FROM slice_activities a WHERE a.item_id = i.item_id)
  AND NOT EXISTS (
    SELECT 1 FROM item_vectors v
    WHERE v.item_id = i.item_id AND v.content_hash = i.content_hash AND v.encoder = $encoder
  )
