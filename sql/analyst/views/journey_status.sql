-- journey_status: journeys with what depends on the clock.
-- status is active when the last activity is at most 30 days old, else dormant; strength halves every 90 days
-- without activity.
-- "Now" is the latest activity of the whole log, so that a history of any age can be looked at.
WITH latest AS (SELECT max(last_active_at) AS now FROM journeys)
SELECT j.bucket, j.user_id, j.journey_id, j.name, j.name_source, j.started_at, j.last_active_at, j.activity_count,
  j.active_days,
  date_part('epoch', j.last_active_at - j.started_at) / 86400.0 AS span_days,
  CASE WHEN date_part('epoch', latest.now - j.last_active_at) <= 30 * 86400 THEN 'active' ELSE 'dormant' END
    AS status,
  j.activity_count * power(0.5, date_part('epoch', latest.now - j.last_active_at) / (90 * 86400.0)) AS strength
FROM journeys j
CROSS JOIN latest
