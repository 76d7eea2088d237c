-- The state that each changed user's next increment goes on from: the table segment_state.
SELECT bucket, user_id, segmented['state'] AS state, segmented['watermark_at'] AS watermark_at,
  segmented['watermark_item'] AS watermark_item, $settings_hash AS settings, $run_id AS run_id
FROM segmented
