-- Twenty journeys to judge by eye: of twenty users, each user's strongest, with its most representative items.
SELECT user_id, name, name_source, activity_count, active_days, started_at, last_active_at, items
FROM (
  SELECT user_id, name, name_source, activity_count, active_days, started_at, last_active_at,
    array_to_string(array_slice(titles, 1, 5), '; ') AS items,
    row_number() OVER (PARTITION BY user_id ORDER BY activity_count DESC, journey_id) AS place
  FROM (
    SELECT user_id, journey_id, name, name_source, activity_count, active_days, started_at, last_active_at,
      array_agg(item['title'] ORDER BY item['similarity'] DESC, item['item_id']) AS titles
    FROM (
      SELECT user_id, journey_id, name, name_source, activity_count, active_days, started_at, last_active_at,
        unnest(representative_items) AS item
      FROM journeys
    )
    GROUP BY user_id, journey_id, name, name_source, activity_count, active_days, started_at, last_active_at
  )
)
WHERE place = 1
ORDER BY text_hash(user_id)
LIMIT 20
