-- The activities of one slice that cannot be used, with the reason: the table rejected_rows.
-- Input: checked_activities. Params: logical_date, run_id. The sources are queries, so file and row are unknown.
SELECT $run_id AS run_id, 'activities' AS source, CAST(NULL AS VARCHAR) AS file, CAST(NULL AS BIGINT) AS row, reason,
  substr(concat_ws(' | ', 'user_id=' || coalesce(user_id, ''), 'item_id=' || coalesce(item_id, ''),
    'occurred_at=' || coalesce(CAST(occurred_at AS VARCHAR), ''), 'weight=' || coalesce(CAST(weight AS VARCHAR), '')),
    1, 500) AS payload,
  $logical_date AS logical_date
FROM checked_activities
WHERE reason IS NOT NULL
