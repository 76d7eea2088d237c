-- The names that most journeys share. Input: journeys. Output: name, name_source, journeys, activities.
-- Params: most_names.
SELECT name, min(name_source) AS name_source, count(*) AS journeys, sum(activity_count) AS activities
FROM journeys
WHERE name IS NOT NULL
GROUP BY name
ORDER BY journeys DESC, activities DESC, name
LIMIT $most_names
