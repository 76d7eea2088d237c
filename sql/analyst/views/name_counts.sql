-- name_counts: names with how many users share them, without any user id.
-- A name that only one user has can tell who that user is: publish only names of at least k users, for example
-- SELECT * FROM name_counts WHERE user_count >= 50.
SELECT name, name_source, count(DISTINCT user_id) AS user_count, count(*) AS journey_count,
  sum(activity_count) AS activity_count
FROM journeys
GROUP BY name, name_source
