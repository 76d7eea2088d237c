-- Activities of one slice, each with the reason why it cannot be used, null where it can.
-- Input: source_activities(user_id, item_id, occurred_at, weight), usable_items(item_id).
-- Output: user_id, item_id, occurred_at, weight, reason.
SELECT a.user_id, a.item_id, a.occurred_at, a.weight,
  CASE
    WHEN a.user_id IS NULL OR a.user_id = '' THEN 'missing_user_id'
    WHEN a.item_id IS NULL OR a.item_id = '' THEN 'missing_item_id'
    WHEN a.occurred_at IS NULL THEN 'missing_occurred_at'
    WHEN a.occurred_at < TIMESTAMP '1970-01-01T00:00:00Z' OR a.occurred_at >= TIMESTAMP '2100-01-01T00:00:00Z'
      THEN 'occurred_at_out_of_range'
    WHEN a.weight IS NULL OR isnan(a.weight) OR a.weight < 0.000001 OR a.weight > 1000000.0
      THEN 'weight_out_of_range'
    WHEN i.item_id IS NULL THEN 'unknown_item'
  END AS reason
FROM source_activities a
LEFT JOIN usable_items i ON i.item_id = a.item_id
