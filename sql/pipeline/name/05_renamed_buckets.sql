-- Buckets in which a journey's name is another than the published one.
-- Input: journeys (before this run), chosen_names.
SELECT DISTINCT p.bucket
FROM journeys p
JOIN chosen_names n ON n.naming_input = p.naming_input
WHERE n.namer <> p.namer OR n.name <> p.name
ORDER BY p.bucket
