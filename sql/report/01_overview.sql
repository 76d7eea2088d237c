-- All journeys in one row; the times are null where there is no journey.
-- Input: journey_status. Output: first_at, last_at (seconds since 1970), dormant, most_activities, longest_seconds.
SELECT CAST(floor(date_part('epoch', min(started_at))) AS BIGINT) AS first_at,
  CAST(floor(date_part('epoch', max(last_active_at))) AS BIGINT) AS last_at,
  count(*) FILTER (WHERE status = 'dormant') AS dormant,
  max(activity_count) AS most_activities,
  CAST(floor(max(date_part('epoch', last_active_at - started_at))) AS BIGINT) AS longest_seconds
FROM journey_status
