-- The journeys of changed users, with their names: the table journeys.
-- Input: segmented, chosen_names. Params: encoder, run_id.
SELECT s.bucket, s.user_id, s.j['journey_id'] AS journey_id, s.j['started_at'] AS started_at,
  s.j['last_active_at'] AS last_active_at, s.j['activity_count'] AS activity_count,
  s.j['active_days'] AS active_days, s.j['vector'] AS vector, s.j['representative_items'] AS representative_items,
  s.j['concepts'] AS concepts, n.name, n.name_source, n.name_score, n.name_flags, n.naming_input, n.namer,
  $encoder AS encoder, $run_id AS run_id
FROM (SELECT bucket, user_id, unnest(journeys) AS j FROM segmented) s
JOIN chosen_names n ON n.naming_input = s.j['naming_input']
