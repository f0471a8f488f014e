-- What is personal in prod, replaced. Adjust it to your own tables; the checks in group_vars/rds.yml say when it is complete.
UPDATE users SET email = 'user' || id || '@example.com';
