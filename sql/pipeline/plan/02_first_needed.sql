-- For each run of a series, the items whose texts it would be the first to embed.
-- Input: fresh_items, planned_activities(item_id, run).
SELECT run, count(*) AS item_count, count(DISTINCT embed_text) AS text_count
FROM (
  SELECT f.item_id, min(f.embed_text) AS embed_text, min(a.run) AS run
  FROM fresh_items f
  JOIN planned_activities a ON a.item_id = f.item_id
  GROUP BY f.item_id
)
GROUP BY run
ORDER BY run
