-- Invented data, to be replaced by your own.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE
);

INSERT INTO users (email) SELECT 'user' || n || '@example.com' FROM generate_series(1, 10) AS n;
