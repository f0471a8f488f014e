# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Acting as the owner of something: the login is no superuser, so it grants itself the owner's role for one transaction.

Grant, change and revocation are one transaction, so an interrupted run leaves no membership behind. PostgreSQL 16 and later record who
granted what and whether it may be inherited; a grant that the login had made before is restored as it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from ....postgresql.quoting import identifier, literal
from ....postgresql.session import Session

GRANTS_HAVE_OPTIONS = 160000
"""The first version in which memberships have INHERIT and SET options, and CREATEROLE gives ADMIN OPTION on roles it has made only."""

DATABASE_OWNER = "pg_database_owner"
"""A predefined role, which owns schema public. It cannot be granted: the owner of the database is its only member."""

Run = Callable[[str], None]


@contextlib.contextmanager
def acting_as(session: Session, run: Run, roles: Iterable[str]) -> Iterator[None]:
    """Have the privileges of these roles within a transaction. Roles that the login can act as anyway are left alone."""
    wanted = {database_owner(session) if role == DATABASE_OWNER else role for role in roles} - {session.user}
    taken = [(role, _own_grant(session, role)) for role in sorted(wanted) if not _usable(session, role)]
    modern = session.version >= GRANTS_HAVE_OPTIONS
    for role, _before in taken:
        run(f"GRANT {identifier(role)} TO {identifier(session.user)}{' WITH INHERIT TRUE, SET TRUE' if modern else ''}")
    yield
    for role, before in reversed(taken):
        if before is None:
            run(f"REVOKE {identifier(role)} FROM {identifier(session.user)}")
        else:
            inherit, can_set = (str(one).upper() for one in before)
            run(f"GRANT {identifier(role)} TO {identifier(session.user)} WITH INHERIT {inherit}, SET {can_set}")


def database_owner(session: Session) -> str:
    return str(session.rows("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")[0][0])


def _usable(session: Session, role: str) -> bool:
    """Whether the login has the role's privileges already. On 16 and later, it must be able to SET ROLE as well, to give things away."""
    also = f" AND pg_has_role({literal(role)}, 'SET')" if session.version >= GRANTS_HAVE_OPTIONS else ""
    return bool(session.rows(f"SELECT pg_has_role({literal(role)}, 'USAGE'){also}")[0][0])


def _own_grant(session: Session, role: str) -> tuple[bool, bool] | None:
    """The options of the membership that the login has granted to itself; None if there is none."""
    if session.version < GRANTS_HAVE_OPTIONS:
        return None
    query = """SELECT m.inherit_option, m.set_option FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
        JOIN pg_roles u ON u.oid = m.member WHERE r.rolname = %s AND u.rolname = current_user AND m.grantor = m.member"""
    found = session.rows(query, [role])
    return (bool(found[0][0]), bool(found[0][1])) if found else None
