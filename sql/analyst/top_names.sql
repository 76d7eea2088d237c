-- The ten most common journey names.
SELECT name, count(*) AS journeys, count(DISTINCT user_id) AS users, sum(activity_count) AS activities
FROM journeys
GROUP BY name
ORDER BY journeys DESC, name
LIMIT 10
