-- Invented authors and posts.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    display_name text NOT NULL
);
CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author_id bigint NOT NULL REFERENCES users (id),
    title text NOT NULL,
    published_at timestamptz
);

INSERT INTO users (email, display_name)
SELECT 'author' || n || '@example.com', 'Author ' || n FROM generate_series(1, 20) AS n;

INSERT INTO posts (author_id, title, published_at)
SELECT 1 + n % 20, 'Post ' || n, CASE WHEN n % 4 > 0 THEN now() - n * interval '1 hour' END FROM generate_series(1, 200) AS n;
