-- The states of users that did not change.
SELECT p.bucket, p.user_id, p.state, p.watermark_at, p.watermark_item, p.settings, p.run_id
FROM segment_state p
LEFT JOIN changed_users c ON c.user_id = p.user_id
WHERE c.user_id IS NULL
