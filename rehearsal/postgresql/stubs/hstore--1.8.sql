-- Columns of the type, and its simplest constructor; neither operators nor indexes.
CREATE DOMAIN hstore AS text;
CREATE FUNCTION hstore(text, text) RETURNS hstore LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (to_json($1) || '=>' || coalesce(to_json($2)::text, 'NULL'))::hstore $$;
