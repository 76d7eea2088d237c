-- Where in the files of earlier runs the rows are that no longer hold: the states of users that changed.
-- Input: segment_state with places, changed_users.
SELECT p.file, deletion_vector(p.row) AS rows
FROM segment_state p
JOIN changed_users c ON c.user_id = p.user_id
GROUP BY p.file
