-- How many names came from the model and how many were put together from the journeys' own words.
SELECT name_source, count(*) AS journeys, count(DISTINCT name) AS distinct_names
FROM journeys
GROUP BY name_source
ORDER BY name_source
