-- Buckets with users whose activities are needed from the first on, although a state is stored: something changed that is
-- not later than the state's watermark, or the settings did. Elsewhere the changes are all that has to be read of the log.
-- Input: slice_changes, segment_state. Params: bucket_count, settings_hash.
SELECT DISTINCT bucket_of(c.user_id, $bucket_count) AS bucket
FROM (
  SELECT user_id, min(occurred_at) AS first_changed_at, bool_or(recompute) AS recompute
  FROM slice_changes
  GROUP BY user_id
) c
JOIN segment_state s ON s.user_id = c.user_id
WHERE c.recompute OR s.settings <> $settings_hash OR c.first_changed_at <= s.watermark_at
