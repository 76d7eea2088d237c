-- Where in the files of earlier runs the rows are that no longer hold, or hold under another journey's id.
-- Input: journey_activities with places, changed_users.
SELECT p.file, deletion_vector(p.row) AS rows
FROM journey_activities p
JOIN changed_users c ON c.user_id = p.user_id
WHERE (c.resumes AND array_has(c.settled_journeys, p.journey_id)
    AND (p.occurred_at < c.settled_at OR (p.occurred_at = c.settled_at AND p.item_id <= c.settled_item))) IS NOT TRUE
  OR follow_alias(p.journey_id, c.aliases) <> p.journey_id
GROUP BY p.file
