-- Where in the files of earlier runs the journeys are that no longer hold. For buckets in which no other journey's name
-- changed: elsewhere every row is written anew.
-- Input: journeys (before this run) with places, changed_users.
SELECT p.file, deletion_vector(p.row) AS rows
FROM journeys p
JOIN changed_users c ON c.user_id = p.user_id
WHERE (c.resumes AND array_has(c.retired_journeys, p.journey_id)) IS NOT TRUE
GROUP BY p.file
