-- Activities of one slice, each with the reason why it cannot be used, null where it can.
-- Input: source_activities(user_id, item_id, occurred_at, weight, unreadable), known_items(item_id, has_text).
-- Output: user_id, item_id, occurred_at, weight, unreadable, reason.
-- `unreadable` is `column=text` where a value of the source is not what its column holds, such as a time that is none.
-- The items come first in the join: they are what is held in memory, whatever is known of the sources' sizes.
SELECT a.user_id, a.item_id, a.occurred_at, a.weight, a.unreadable,
  CASE
    WHEN a.unreadable IS NOT NULL THEN 'unreadable_' || split_part(a.unreadable, '=', 1)
    WHEN a.user_id IS NULL OR a.user_id = '' THEN 'missing_user_id'
    WHEN malformed_id(a.user_id) THEN 'malformed_user_id'
    WHEN a.item_id IS NULL OR a.item_id = '' THEN 'missing_item_id'
    WHEN malformed_id(a.item_id) THEN 'malformed_item_id'
    WHEN a.occurred_at IS NULL THEN 'missing_occurred_at'
    WHEN a.occurred_at < TIMESTAMP '1970-01-01T00:00:00Z' OR a.occurred_at >= TIMESTAMP '2100-01-01T00:00:00Z'
      THEN 'occurred_at_out_of_range'
    WHEN a.weight IS NULL OR isnan(a.weight) OR a.weight < 0.000001 OR a.weight > 1000000.0
      THEN 'weight_out_of_range'
    WHEN i.item_id IS NULL THEN 'unknown_item'
    WHEN NOT i.has_text THEN 'item_without_text'
  END AS reason
FROM known_items i
RIGHT JOIN source_activities a ON a.item_id = i.item_id
