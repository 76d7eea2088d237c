-- Journeys of earlier runs that still hold, under the names they have now.
-- Input: journeys (before this run), changed_users, chosen_names.
SELECT p.bucket, p.user_id, p.journey_id, p.started_at, p.last_active_at, p.activity_count, p.active_days, p.vector,
  p.representative_items, p.concepts, n.name, n.name_source, n.name_score, n.name_flags, p.naming_input, n.namer,
  p.encoder, p.run_id
FROM journeys p
LEFT JOIN changed_users c ON c.user_id = p.user_id
JOIN chosen_names n ON n.naming_input = p.naming_input
WHERE c.user_id IS NULL OR (c.resumes AND array_has(c.retired_journeys, p.journey_id))
