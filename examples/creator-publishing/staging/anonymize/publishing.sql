-- Posts are public and stay. Who wrote them does not.
UPDATE users SET email = 'author' || id || '@example.com', display_name = 'Author ' || id;
