-- What one bucket group of a slice of the log holds, independent of order, files and runs.
-- Input: slice_activities(user_id, occurred_at, item_id, weight). Output: one row.
-- Users first: over activities sorted by user that takes no memory.
SELECT CAST(coalesce(sum(activities), 0) AS BIGINT) AS row_count, count(*) AS user_count,
  coalesce(bit_xor(digest), arrow_cast(0, 'UInt64')) AS digest
FROM (
  SELECT user_id, count(*) AS activities, bit_xor(content_digest(user_id, occurred_at, item_id, weight)) AS digest
  FROM slice_activities
  GROUP BY user_id
)
