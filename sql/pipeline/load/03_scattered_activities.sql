-- The activities of one slice, divided among bucket groups; those that cannot be used go to group -1.
-- Input: checked_activities. Params: bucket_count, buckets_per_group. Output: bucket_group, and the columns of the input.
-- Read once, in any order: from here on a bucket group is small enough to be sorted on its own.
SELECT
  CASE WHEN reason IS NULL THEN bucket_of(user_id, $bucket_count) / $buckets_per_group ELSE -1 END AS bucket_group,
  c.*
FROM checked_activities c
