-- The strongest journeys of a few users, and what all journeys of each come to.
-- Input: journeys, journey_status. Output: as selected, times in seconds since 1970. Params: user_ids, most_journeys.
SELECT user_id, journey_id, name, name_source, activity_count, active_days, started_at, last_active_at, status, items,
  activities_of_user, first_of_user, last_of_user
FROM (
  SELECT j.user_id, j.journey_id, j.name, j.name_source, j.activity_count, j.active_days,
    CAST(floor(date_part('epoch', j.started_at)) AS BIGINT) AS started_at,
    CAST(floor(date_part('epoch', j.last_active_at)) AS BIGINT) AS last_active_at,
    s.status, j.representative_items AS items,
    sum(j.activity_count) OVER (PARTITION BY j.user_id) AS activities_of_user,
    CAST(floor(date_part('epoch', min(j.started_at) OVER (PARTITION BY j.user_id))) AS BIGINT) AS first_of_user,
    CAST(floor(date_part('epoch', max(j.last_active_at) OVER (PARTITION BY j.user_id))) AS BIGINT) AS last_of_user,
    row_number() OVER (PARTITION BY j.user_id ORDER BY j.activity_count DESC, j.journey_id) AS place
  FROM journeys j
  JOIN journey_status s ON s.user_id = j.user_id AND s.journey_id = j.journey_id
  WHERE j.user_id IN $user_ids AND s.user_id IN $user_ids
)
WHERE place <= $most_journeys
ORDER BY user_id, started_at, journey_id
