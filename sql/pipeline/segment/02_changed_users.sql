-- What happens to the rows that earlier runs published for the changed users.
-- Input: slice_changes, segmented. A user without any activity left is not in segmented.
SELECT bucket_of(c.user_id, $bucket_count) AS bucket, c.user_id, coalesce(s.resumes, false) AS resumes,
  s.superseded, s.aliases
FROM (SELECT user_id FROM slice_changes GROUP BY user_id) c
LEFT JOIN segmented s ON s.user_id = c.user_id
