-- The activities of one slice that cannot be used, with the reason: the table rejected_rows.
-- Input: scattered_activities (of group -1). Params: logical_date, run_id. The sources are queries, so file and row are unknown.
SELECT $run_id AS run_id, 'activities' AS source, CAST(NULL AS VARCHAR) AS file, CAST(NULL AS BIGINT) AS row, reason,
  concat_ws(' | ', 'user_id=' || substr(coalesce(user_id, ''), 1, 100),
    'item_id=' || substr(coalesce(item_id, ''), 1, 100),
    'occurred_at=' || coalesce(CAST(occurred_at AS VARCHAR), ''), 'weight=' || coalesce(CAST(weight AS VARCHAR), ''),
    'unreadable ' || unreadable) AS payload,
  $logical_date AS logical_date
FROM scattered_activities
