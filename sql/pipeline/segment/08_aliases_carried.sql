-- Aliases of earlier runs that still hold.
SELECT p.bucket, p.user_id, p.old_journey_id, p.journey_id, p.since, p.reason, p.run_id
FROM journey_aliases p
LEFT JOIN changed_users c ON c.user_id = p.user_id
WHERE c.user_id IS NULL OR (c.resumes AND p.reason = 'merged')
