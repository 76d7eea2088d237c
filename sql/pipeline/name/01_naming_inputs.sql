-- Every distinct naming input of the journeys that are about to be published, strongest first.
-- Input: segmented, journeys (before this run), changed_users, journey_names. Params: extractive_namer.
-- Output: naming_input, titles, concepts, strength, place.
WITH published AS (
  SELECT j['naming_input'] AS naming_input, j['naming_titles'] AS titles, j['naming_concepts'] AS concepts,
    j['activity_count'] AS strength
  FROM (SELECT unnest(journeys) AS j FROM segmented)
  UNION ALL
  SELECT p.naming_input, n.titles, n.concepts, p.activity_count
  FROM journeys p
  LEFT JOIN changed_users c ON c.user_id = p.user_id
  JOIN journey_names n ON n.naming_input = p.naming_input AND n.namer = $extractive_namer
  WHERE c.user_id IS NULL OR (c.resumes AND array_has(c.retired_journeys, p.journey_id))
)
SELECT naming_input, titles, concepts, strength, row_number() OVER (ORDER BY strength DESC, naming_input) AS place
FROM (
  SELECT naming_input, first_value(titles) AS titles, first_value(concepts) AS concepts, max(strength) AS strength
  FROM published
  GROUP BY naming_input
)
