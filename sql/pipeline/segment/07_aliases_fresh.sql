-- Journeys that were merged into older ones: the table journey_aliases.
SELECT bucket, user_id, a['old_journey_id'] AS old_journey_id, a['journey_id'] AS journey_id, a['since'] AS since,
  'merged' AS reason, $run_id AS run_id
FROM (SELECT bucket, user_id, unnest(aliases) AS a FROM segmented)
