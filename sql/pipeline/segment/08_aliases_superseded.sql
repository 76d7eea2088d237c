-- Where in the files of earlier runs the aliases are that no longer hold.
-- Input: journey_aliases with places, changed_users.
SELECT p.file, deletion_vector(p.row) AS rows
FROM journey_aliases p
JOIN changed_users c ON c.user_id = p.user_id
WHERE (c.resumes AND p.reason = 'merged') IS NOT TRUE
GROUP BY p.file
