-- Items whose text is another than the one their users were segmented with.
-- Input: fresh_items, item_vectors (before this run). Params: encoder.
SELECT DISTINCT f.item_id
FROM fresh_items f
JOIN item_vectors v ON v.item_id = f.item_id AND v.encoder = $encoder
