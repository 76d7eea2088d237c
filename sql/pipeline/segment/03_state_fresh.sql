-- The state that each changed user's next increment goes on from: the table segment_state.
SELECT bucket, user_id, state, watermark_at, watermark_item, $settings_hash AS settings, $run_id AS run_id
FROM segmented
