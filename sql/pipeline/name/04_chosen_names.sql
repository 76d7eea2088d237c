-- The name of each naming input: the model's where the budget reaches it, else the extractive one.
-- Input: naming_inputs, journey_names (with this run's). Params: model_namer, extractive_namer, max_model_names.
SELECT i.naming_input, coalesce(m.namer, e.namer) AS namer, coalesce(m.name, e.name) AS name,
  coalesce(m.name_source, e.name_source) AS name_source,
  CASE WHEN m.name IS NOT NULL THEN m.score ELSE e.score END AS name_score,
  CASE WHEN m.name IS NOT NULL THEN m.flags ELSE e.flags END AS name_flags
FROM naming_inputs i
JOIN journey_names e ON e.naming_input = i.naming_input AND e.namer = $extractive_namer
LEFT JOIN journey_names m
  ON m.naming_input = i.naming_input AND m.namer = $model_namer AND i.place <= $max_model_names
