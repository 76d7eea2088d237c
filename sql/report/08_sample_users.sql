-- Users to look at: users in the order of how many journeys they have, cut into equal parts, the last of each part.
-- So there is one of those who have most, and the others are as varied as users are. Who has equally many is in the
-- order of a hash. All users if there are not more than asked for.
-- Input: journeys. Output: user_id, journeys. Params: users (how many have journeys), most_users.
SELECT user_id, journeys
FROM (
  SELECT user_id, journeys, row_number() OVER (ORDER BY journeys, text_hash(user_id), user_id) AS place
  FROM (SELECT user_id, count(*) AS journeys FROM journeys GROUP BY user_id)
)
WHERE CAST(place AS BIGINT) * $most_users / $users > (CAST(place AS BIGINT) - 1) * $most_users / $users
ORDER BY place
