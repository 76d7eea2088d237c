-- What a slice of the log holds, independent of order, files and runs.
-- Input: slice_activities(user_id, occurred_at, item_id, weight). Output: one row.
SELECT count(*) AS row_count, count(DISTINCT user_id) AS user_count,
  coalesce(bit_xor(content_digest(user_id, occurred_at, item_id, weight)), 0) AS digest
FROM slice_activities
