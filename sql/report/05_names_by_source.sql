-- Who made the names. Input: journeys. Output: name_source, journeys, distinct_names.
SELECT name_source, count(*) AS journeys, count(DISTINCT name) AS distinct_names
FROM journeys
GROUP BY name_source
ORDER BY journeys DESC, name_source
