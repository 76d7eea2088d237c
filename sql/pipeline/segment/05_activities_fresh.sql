-- Newly assigned activities: the table journey_activities.
SELECT bucket, user_id, a['journey_id'] AS journey_id, a['occurred_at'] AS occurred_at, a['item_id'] AS item_id,
  a['similarity'] AS similarity, $run_id AS run_id
FROM (SELECT bucket, user_id, unnest(assignments) AS a FROM segmented)
