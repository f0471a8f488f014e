# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Locks everyone out of a restored server but the master, whose password is new: until its data is anonymized, nobody else logs in.

The roles come from production with their passwords. All of them lose both the password and the right to log in, and sessions are ended.
They get them back, with passwords of the environment, when the role rds runs after the cut-over; those that it does not describe never do.
"""

from __future__ import annotations

from ..postgresql.quoting import identifier
from ..postgresql.session import Session
from ..reconcile.errors import CallFailed

OTHERS = """SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname <> current_user AND rolname !~ '^(pg_|rds)' ORDER BY rolname"""

SESSIONS = """SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> current_user AND usename !~ '^rds'"""

OPERATION = "lock the users out"


def lock_out(session: Session) -> tuple[str, ...]:
    """The users that could log in until now. Raises CallFailed if one still can, or still is logged in."""
    users = tuple(str(row[0]) for row in session.rows(OTHERS))
    if users:
        with session.transaction(OPERATION) as run:
            for user in users:
                run(f"ALTER ROLE {identifier(user)} NOLOGIN PASSWORD NULL")
    session.rows(f"SELECT pg_terminate_backend(pid, 5000) FROM ({SESSIONS}) AS open")  # noqa: S608 - a constant
    check(session)
    return users


def check(session: Session) -> None:
    """Raises CallFailed unless only the master can log in and is logged in."""
    users = [str(row[0]) for row in session.rows(OTHERS)]
    open_sessions = session.rows(SESSIONS)
    if users or open_sessions:
        who = f"{', '.join(users)} can still log in" if users else f"{len(open_sessions)} other sessions are open"
        raise CallFailed(f"the restored database is not closed: {who}", OPERATION, "NotClosed", "Nothing was released.")
