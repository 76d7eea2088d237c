-- Assignments of earlier runs that still hold, under the id that their journey has now.
SELECT p.bucket, p.user_id, follow_alias(p.journey_id, c.aliases) AS journey_id, p.occurred_at, p.item_id,
  p.similarity, p.run_id
FROM journey_activities p
LEFT JOIN changed_users c ON c.user_id = p.user_id
WHERE c.user_id IS NULL OR (c.resumes AND array_has(c.settled_journeys, p.journey_id)
  AND (p.occurred_at < c.settled_at OR (p.occurred_at = c.settled_at AND p.item_id <= c.settled_item)))
