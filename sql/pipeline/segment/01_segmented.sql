-- Segments the users of a bucket group whose activities changed. The columns are apart, so that each of the statements
-- that follow reads only its own.
-- Input, all sorted by user_id and partitioned by bucket: activity_log, slice_changes(user_id, occurred_at, item_id,
-- recompute), segment_state. Params: bucket_count, settings, settings_hash.
-- A user goes on from the stored state when everything that changed is new and later than the state's watermark;
-- otherwise the user's journeys are computed anew from the log. The state is a view: joining it to each of the user's
-- activities then repeats a pointer and not the bytes.
WITH changed AS (
  SELECT user_id, min(occurred_at) AS first_changed_at, bool_or(recompute) AS recompute
  FROM slice_changes
  GROUP BY user_id
), resumable AS (
  SELECT c.user_id,
    NOT c.recompute AND s.settings = $settings_hash AND c.first_changed_at > s.watermark_at AS resumes,
    arrow_cast(s.state, 'BinaryView') AS state, s.watermark_at
  FROM changed c
  LEFT JOIN segment_state s ON s.user_id = c.user_id
)
SELECT bucket, user_id, resumes, s['state'] AS state, s['watermark_at'] AS watermark_at,
  s['watermark_item'] AS watermark_item, s['journeys'] AS journeys, s['assignments'] AS assignments,
  s['aliases'] AS aliases, s['settled_at'] AS settled_at, s['settled_item'] AS settled_item,
  s['settled_journeys'] AS settled_journeys, s['retired_journeys'] AS retired_journeys
FROM (
  SELECT bucket_of(l.user_id, $bucket_count) AS bucket, l.user_id, coalesce(bool_or(r.resumes), false) AS resumes,
    segment_journeys(l.user_id, CASE WHEN r.resumes THEN r.state END, l.item_id, l.occurred_at, l.weight, $settings
      ORDER BY l.occurred_at, l.item_id) AS s
  FROM activity_log l
  JOIN resumable r ON r.user_id = l.user_id
  WHERE r.resumes IS NOT TRUE OR l.occurred_at > r.watermark_at
  GROUP BY l.user_id
)
