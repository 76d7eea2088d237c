-- What happens to the rows that earlier runs published for the changed users: of those who go on from a state, activities
-- up to (settled_at, settled_item) keep their places in the settled journeys, and retired journeys stay as they are.
-- Input: slice_changes, segmented. A user without any activity left is not in segmented.
SELECT bucket_of(c.user_id, $bucket_count) AS bucket, c.user_id, coalesce(s.resumes, false) AS resumes,
  s.aliases, s.settled_at, s.settled_item, s.settled_journeys, s.retired_journeys
FROM (SELECT user_id FROM slice_changes GROUP BY user_id) c
LEFT JOIN segmented s ON s.user_id = c.user_id
