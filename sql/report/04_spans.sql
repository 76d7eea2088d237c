-- How many journeys live how long, from the first activity to the last. Rounded down to minutes, and to days from two
-- days on, so that the rows stay few whatever the size of the tables.
-- Input: journeys. Output: value (seconds), count (journeys).
SELECT value, count(*) AS count
FROM (
  SELECT seconds - seconds % CASE WHEN seconds < 2 * 86400 THEN 60 ELSE 86400 END AS value
  FROM (
    SELECT CAST(floor(date_part('epoch', last_active_at - started_at)) AS BIGINT) AS seconds FROM journeys
  )
)
GROUP BY value
ORDER BY value
