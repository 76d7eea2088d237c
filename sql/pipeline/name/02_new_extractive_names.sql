-- Names put together from the journeys' own words, for inputs that have none yet: the table journey_names.
-- Input: naming_inputs, journey_names. Params: extractive_namer,
-- extractive_reference, run_id.
SELECT naming_input, $extractive_namer AS namer, n['name'] AS name, n['source'] AS name_source, n['score'] AS score,
  n['flags'] AS flags, titles, concepts, $run_id AS run_id
FROM (
  SELECT i.naming_input, i.titles, i.concepts, name_journey(i.titles, i.concepts, $extractive_reference) AS n
  FROM naming_inputs i
  WHERE NOT EXISTS (
    SELECT 1 FROM journey_names k WHERE k.naming_input = i.naming_input AND k.namer = $extractive_namer
  )
)
