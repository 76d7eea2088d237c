-- One user's journeys in time order, with their items. Param: user_id.
--   wayfare sql -f sql/analyst/user_journeys.sql --param user_id=42 TABLES_URL
SELECT j.name, j.started_at, j.last_active_at, j.activity_count,
  array_to_string(array_agg(DISTINCT v.title ORDER BY v.title), '; ') AS items
FROM journeys j
JOIN journey_activities a ON a.user_id = j.user_id AND a.journey_id = j.journey_id
JOIN item_vectors v ON v.item_id = a.item_id
WHERE j.user_id = $user_id
GROUP BY j.journey_id, j.name, j.started_at, j.last_active_at, j.activity_count
ORDER BY j.started_at, j.journey_id
