-- Invented coaches and their clients.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('coach', 'client'))
);

INSERT INTO users (email, role)
SELECT 'user' || n || '@example.com', CASE WHEN n % 5 = 0 THEN 'coach' ELSE 'client' END FROM generate_series(1, 100) AS n;
