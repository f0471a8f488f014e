# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The marks of production inside a restored server become those of the environment, for what its inventory describes.

The next run of the role rds then finds its own databases, schemas, and users, and sets privileges and passwords. What the inventory does
not describe loses its mark, so it is nobody's, and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..domains.database_content.server.acting import acting_as
from ..domains.database_content.server.marks import MARK, Mark, mark_in, marked
from ..domains.database_content.wanted.settings import Contents
from ..postgresql.quoting import identifier, literal
from ..postgresql.session import Session

ROLES = """SELECT rolname, coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname !~ '^(pg_|rds)'"""
DATABASES = """SELECT datname, coalesce(shobj_description(oid, 'pg_database'), ''), pg_get_userbyid(datdba) FROM pg_database
    WHERE NOT datistemplate AND datname <> 'rdsadmin'"""
SCHEMAS = """SELECT nspname, coalesce(obj_description(oid, 'pg_namespace'), ''), pg_get_userbyid(nspowner) FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"""
EXTENSIONS = """SELECT extname, coalesce(obj_description(oid, 'pg_extension'), ''), pg_get_userbyid(extowner) FROM pg_extension"""


def new_comment(comment: str, mark: Mark | None) -> str | None:
    """The comment with this mark, or without any; None if it stays as it is."""
    found = mark_in(comment)
    if found is None and mark is None:
        return None
    wanted = marked(comment, mark) if mark else MARK.sub("", comment)
    return None if wanted == comment else wanted


def addresses(contents: Contents, within: str) -> set[str]:
    """Everything that the inventory describes inside the server ``within``."""
    found = {f"postgres_role.{within}/{name}" for name in contents.users}
    for database in contents.databases.values():
        found.add(f"postgres_database.{within}/{database.name}")
        found |= {f"postgres_schema.{within}/{database.name}/{one.name}" for one in database.schemas}
        found |= {f"postgres_extension.{within}/{database.name}/{one.name}" for one in database.extensions}
    return found


class Ownership:
    def __init__(self, contents: Contents, within: str, environment: str, component: str) -> None:
        self._wanted = addresses(contents, within)
        self._within, self._environment, self._component = within, environment, component

    def of_server(self, session: Session) -> None:
        """Roles and databases. Raises CallFailed."""
        with session.transaction("mark the users and databases") as run:
            for name, comment in session.rows(ROLES):
                self._set(run, f"ROLE {identifier(name)}", comment, f"postgres_role.{self._within}/{name}")
            rows = session.rows(DATABASES)
            with acting_as(session, run, _owners(rows)):
                for name, comment, _owner in rows:
                    self._set(run, f"DATABASE {identifier(name)}", comment, f"postgres_database.{self._within}/{name}")

    def of_database(self, session: Session, database: str) -> None:
        """Schemas and extensions of the database that the session is connected to. Raises CallFailed."""
        inside = f"{self._within}/{database}"
        with session.transaction("mark the schemas") as run:
            schemas, extensions = session.rows(SCHEMAS), session.rows(EXTENSIONS)
            with acting_as(session, run, _owners([*schemas, *extensions])):
                for name, comment, _owner in schemas:
                    self._set(run, f"SCHEMA {identifier(name)}", comment, f"postgres_schema.{inside}/{name}")
                for name, comment, _owner in extensions:
                    self._set(run, f"EXTENSION {identifier(name)}", comment, f"postgres_extension.{inside}/{name}")

    def _set(self, run: Callable[[str], None], what: str, comment: str, address: str) -> None:
        mark = Mark(self._environment, self._component, address) if address in self._wanted and mark_in(comment) else None
        wanted = new_comment(comment, mark)
        if wanted is not None:
            run(f"COMMENT ON {what} IS {literal(wanted)}")


def _owners(rows: Iterable[tuple[str, ...]]) -> set[str]:
    """The owners of what has a mark: nothing else is touched, and RDS's own cannot be."""
    return {str(owner) for _name, comment, owner in rows if mark_in(comment)}
