-- Assignments of earlier runs that still hold, where their journey has another id now.
-- Input: journey_activities, changed_users.
SELECT p.bucket, p.user_id, follow_alias(p.journey_id, c.aliases) AS journey_id, p.occurred_at, p.item_id,
  p.similarity, p.run_id
FROM journey_activities p
JOIN changed_users c ON c.user_id = p.user_id
WHERE c.resumes AND array_has(c.settled_journeys, p.journey_id)
  AND (p.occurred_at < c.settled_at OR (p.occurred_at = c.settled_at AND p.item_id <= c.settled_item))
  AND follow_alias(p.journey_id, c.aliases) <> p.journey_id
