-- Embeddings of what members wrote can be turned back into text, so they are replaced too.
UPDATE users SET email = 'member' || id || '@example.com';
UPDATE embeddings SET embedding = array_fill(0, ARRAY[vector_dims(embedding)])::vector;
