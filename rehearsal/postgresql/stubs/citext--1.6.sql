-- Only the name of the type: comparing without regard to case needs a collation of ICU or code in C.
CREATE DOMAIN citext AS text;
CREATE FUNCTION citext(boolean) RETURNS citext LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1::text::citext';
