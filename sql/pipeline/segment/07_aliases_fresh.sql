-- Other ids that journeys had: merged into older ones, or begun with another activity as seen by an earlier run: the table
-- journey_aliases.
SELECT bucket, user_id, a['old_journey_id'] AS old_journey_id, a['journey_id'] AS journey_id, a['since'] AS since,
  a['reason'] AS reason, $run_id AS run_id
FROM (SELECT bucket, user_id, unnest(aliases) AS a FROM segmented)
