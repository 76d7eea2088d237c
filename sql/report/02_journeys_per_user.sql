-- How many users have how many journeys; users without a journey are not among them.
-- Input: journeys. Output: value (journeys of a user), count (users).
SELECT value, count(*) AS count
FROM (SELECT user_id, count(*) AS value FROM journeys GROUP BY user_id)
GROUP BY value
ORDER BY value
