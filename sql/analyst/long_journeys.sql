-- Journeys per user, and how many journeys live longer than three months (91 days).
SELECT count(*) AS journeys, count(DISTINCT user_id) AS users,
  round(CAST(count(*) AS DOUBLE) / count(DISTINCT user_id), 2) AS journeys_per_user,
  count(*) FILTER (WHERE span_days > 91) AS longer_than_three_months
FROM journey_status
