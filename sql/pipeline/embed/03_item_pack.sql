-- The item store that segmentation reads: one row per item, with the vector of its present text where that is known.
-- Input: item_vectors, known_items. Params: encoder.
SELECT item_id, title, vector, concepts
FROM (
  SELECT v.item_id, v.title, v.vector, v.concepts,
    row_number() OVER (PARTITION BY v.item_id ORDER BY i.item_id NULLS LAST, v.content_hash) AS choice
  FROM item_vectors v
  LEFT JOIN known_items i ON i.item_id = v.item_id AND i.content_hash = v.content_hash
  WHERE v.encoder = $encoder
)
WHERE choice = 1
ORDER BY item_id
