-- Vectors and concepts of fresh items, each distinct text encoded once: the table item_vectors.
-- Input: fresh_items. Params: encoder (its id), encoder_reference (where its weights lie, and their hash), run_id.
WITH encoded AS (
  SELECT embed_text, embed(embed_text, $encoder_reference) AS vector
  FROM (SELECT DISTINCT embed_text FROM fresh_items)
)
SELECT f.content_hash, $encoder AS encoder, f.item_id, f.title, e.vector,
  salient_terms(f.title, f.text, f.tags, $encoder_reference) AS concepts, $run_id AS run_id
FROM fresh_items f
JOIN encoded e ON e.embed_text = f.embed_text
