-- Items most like a text. The text is encoded once, while the query is planned.
SELECT item_id, title, cosine_similarity(vector, embed('cat food')) AS similarity
FROM item_vectors
ORDER BY similarity DESC, item_id
LIMIT 10
