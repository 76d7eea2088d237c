-- Why activities of one slice cannot be used, most frequent reason first.
-- Input: scattered_activities (of group -1). Output: reason, row_count.
SELECT reason, count(*) AS row_count
FROM scattered_activities
GROUP BY reason
ORDER BY row_count DESC, reason
