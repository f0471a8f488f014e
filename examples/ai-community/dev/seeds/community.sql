-- Invented members, with embeddings of three dimensions.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE
);
CREATE TABLE embeddings (
    user_id bigint PRIMARY KEY REFERENCES users (id),
    embedding vector(3) NOT NULL
);

INSERT INTO users (email) SELECT 'member' || n || '@example.com' FROM generate_series(1, 50) AS n;

INSERT INTO embeddings (user_id, embedding)
SELECT n, format('[%s,%s,%s]', n % 2, n % 3, n % 5)::vector FROM generate_series(1, 50) AS n;
