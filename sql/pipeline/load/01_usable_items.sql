-- Items that can be embedded, one row per item_id.
-- Input: source_items(item_id, title, text, tags). Output: item_id, title, text, tags, embed_text, content_hash.
-- An item given several times with different texts counts once, with the first text in alphabetical order.
SELECT item_id, title, text, tags, embed_text, text_hash(embed_text) AS content_hash
FROM (
  SELECT item_id, title, text, tags, embed_text,
    row_number() OVER (PARTITION BY item_id ORDER BY embed_text, title) AS choice
  FROM (
    SELECT item_id, title, text, tags,
      substr(concat_ws('. ', nullif(trim(title), ''), nullif(trim(text), ''),
        nullif(array_to_string(tags, ', '), '')), 1, 2000) AS embed_text
    FROM source_items
    WHERE item_id IS NOT NULL AND item_id <> ''
  )
  WHERE embed_text <> ''
)
WHERE choice = 1
