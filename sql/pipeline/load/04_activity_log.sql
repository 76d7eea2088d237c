-- The usable activities of one slice and bucket group, each once: the table activity_log.
-- Input: scattered_activities (of the group). Params: bucket_count, logical_date, run_id.
-- An activity given twice (same user, item and time) counts once, with its greatest weight.
SELECT bucket_of(user_id, $bucket_count) AS bucket, $logical_date AS logical_date, user_id, occurred_at, item_id,
  max(weight) AS weight, $run_id AS run_id
FROM scattered_activities
GROUP BY user_id, occurred_at, item_id
