-- What a slice would bring. Input: checked_activities. Output: one row.
SELECT count(*) AS row_count, count(*) FILTER (WHERE reason IS NOT NULL) AS rejected_count,
  count(DISTINCT CASE WHEN reason IS NULL THEN user_id END) AS user_count
FROM checked_activities
