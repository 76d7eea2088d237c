-- Why source rows were rejected, in all runs and in one, with an example.
-- Input: rejected_rows. Output: source, reason, row_count, row_count_of_run, example. Params: run_id.
SELECT source, reason, count(*) AS row_count, count(*) FILTER (WHERE run_id = $run_id) AS row_count_of_run,
  min(payload) AS example
FROM rejected_rows
GROUP BY source, reason
ORDER BY row_count DESC, source, reason
