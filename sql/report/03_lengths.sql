-- How many journeys have how many activities. From 1,000 on, values are rounded down to three digits, so that the rows
-- stay few whatever the size of the tables.
-- Input: journeys. Output: value (activities of a journey), count (journeys).
SELECT value, count(*) AS count
FROM (
  SELECT activity_count - activity_count % CASE
      WHEN activity_count < 1000 THEN 1
      WHEN activity_count < 10000 THEN 10
      WHEN activity_count < 100000 THEN 100
      ELSE 1000
    END AS value
  FROM journeys
)
GROUP BY value
ORDER BY value
