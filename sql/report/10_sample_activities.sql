-- When a few journeys were active. The times of a journey with many activities are rounded to a thousandth of its span,
-- so that the rows stay few.
-- Input: journeys, journey_activities. Output: journey_id, at (seconds since 1970), activities.
-- Params: user_ids, journey_ids.
WITH chosen AS (
  SELECT user_id, journey_id, activity_count,
    CAST(floor(date_part('epoch', started_at)) AS BIGINT) AS first_at,
    CAST(floor(date_part('epoch', last_active_at)) AS BIGINT) AS last_at
  FROM journeys
  WHERE user_id IN $user_ids AND journey_id IN $journey_ids
), stepped AS (
  SELECT user_id, journey_id, first_at,
    CASE WHEN activity_count <= 1000 THEN 1 ELSE (last_at - first_at) / 1000 + 1 END AS step
  FROM chosen
), times AS (
  SELECT user_id, journey_id, CAST(floor(date_part('epoch', occurred_at)) AS BIGINT) AS at
  FROM journey_activities
  WHERE user_id IN $user_ids AND journey_id IN $journey_ids
)
SELECT t.journey_id, s.first_at + (t.at - s.first_at) / s.step * s.step AS at, count(*) AS activities
FROM times t
JOIN stepped s ON s.user_id = t.user_id AND s.journey_id = t.journey_id
GROUP BY t.journey_id, s.first_at + (t.at - s.first_at) / s.step * s.step
ORDER BY t.journey_id, at
