-- The items, one row per item_id, with what of their texts is used.
-- Input: source_items(item_id, title, text, tags).
-- Output: item_id, title, text, tags, embed_text, content_hash, has_text.
-- An item given several times with different texts counts once, with the first text in alphabetical order.
-- A title is cut to 300 characters, the last of which then is `…`; of title, text and tags together the encoder gets
-- 2,000 characters. What is cut here reaches no table, however long the source's texts are.
SELECT item_id, CASE WHEN char_length(title) > 300 THEN substr(title, 1, 299) || '…' ELSE title END AS title,
  substr(text, 1, 2000) AS text, tags, embed_text, text_hash(embed_text) AS content_hash, has_text
FROM (
  SELECT item_id, title, text, tags, embed_text, has_text,
    row_number() OVER (PARTITION BY item_id ORDER BY has_text DESC, embed_text, title) AS choice
  FROM (
    SELECT item_id, title, text, tags, embed_text, embed_text <> '' AS has_text
    FROM (
      SELECT item_id, title, text, tags,
        substr(concat_ws('. ', nullif(substr(trim(title), 1, 2000), ''), nullif(substr(trim(text), 1, 2000), ''),
          nullif(array_to_string(tags, ', '), '')), 1, 2000) AS embed_text
      FROM source_items
      WHERE item_id IS NOT NULL AND item_id <> ''
    )
  )
)
WHERE choice = 1
