# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Writes markers to the source and reads them in the target. The statements are in markers.py."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ...postgresql.session import Session
from ...reconcile.errors import CallFailed, NotYet
from . import markers
from .markers import Marker, Place, State

WRITE = "write a marker"


class Marking:
    """The markers of one drill in its source.

    ``open_session``: opens a connection to the source that may change things. It stays open as long as the drill, because it holds an
    advisory lock: the server releases that when a killed drill's connection ends, so the lock says whether another drill is running.
    """

    def __init__(self, open_session: Callable[[], Session], place: Place, drill: str, resource_id: str) -> None:
        self._open, self.place, self.drill = open_session, place, drill
        self._key = markers.lock_key(resource_id)
        self._session: Session | None = None
        self._locked = False
        self._number = 0
        self.written: list[Marker] = []

    @property
    def session(self) -> Session:
        if self._session is None or not self._session.is_open:
            self._session = self._open()
            if self._locked:
                self._try_lock(self._session)
        return self._session

    def lock(self) -> bool:
        """Whether no other drill of this database is running. The lock is held until ``close``."""
        self._locked = self._try_lock(self.session)
        return self._locked

    def _try_lock(self, session: Session) -> bool:
        return bool(session.rows("SELECT pg_try_advisory_lock(%s)", [self._key])[0][0])

    def keep_alive(self) -> None:
        """A connection that is idle for minutes is cut by firewalls and NAT gateways, and the lock would go with it."""
        with contextlib.suppress(CallFailed):
            if self._session is not None:
                self._session.rows("SELECT 1")

    def state(self) -> State:
        return look(self.session, self.place)

    def prepare(self) -> None:
        """Create the schema and the table, unless they exist."""
        state = self.state()
        with self.session.transaction("create the table of markers") as run:
            for statement in () if state.has_schema else markers.create_schema(self.place):
                run(statement)
            for statement in () if state.has_table else markers.create_table(self.place):
                run(statement)

    def now(self) -> float:
        """The source's clock, in seconds since 1970. Markers and the failure are measured by the same clock."""
        found: datetime = self.session.rows("SELECT clock_timestamp()")[0][0]
        return found.timestamp()

    def write(self) -> Marker:
        """Write the next marker and commit it. After a lost connection it is written again, with another number."""
        self._number += 1
        moment: datetime = self.session.rows("SELECT clock_timestamp()")[0][0]
        bare = Marker(self.drill, self._number, moment, secrets.token_hex(16))
        marker = replace(bare, checksum=markers.checksum(bare))
        with self.session.transaction(WRITE) as run:
            run(markers.insert(self.place, marker))
        self.written.append(marker)
        return marker

    def clean(self) -> None:
        """Remove the markers, and the table and schema if a drill created them and nothing else is in them."""
        state = self.state()
        if not state.has_table:
            return
        with self.session.transaction("remove the markers") as run:
            run(markers.delete(self.place))
        if state.table_ours and not self.session.rows(markers.any_left(self.place)):
            self._drop(schema=state.schema_ours)

    def _drop(self, *, schema: bool) -> None:
        """Whoever uses them at this moment keeps them: the next drill removes them."""
        with contextlib.suppress(NotYet), self.session.transaction("drop the table of markers") as run:
            run(markers.drop_table(self.place))
        if schema:
            with contextlib.suppress(CallFailed), self.session.transaction("drop the schema of markers") as run:
                run(markers.drop_schema(self.place))

    def close(self) -> None:
        if self._session is not None:
            self._session.close()


def look(session: Session, place: Place) -> State:
    """What there is of the table, with any connection: it changes nothing."""
    return markers.state_of(session.rows(markers.STATE, [markers.COMMENT, markers.COMMENT, place.schema, place.table])[0])


def read(session: Session, place: Place, drill: str) -> list[Marker]:
    """The markers of a drill that a database has. Raises CallFailed if the table is missing."""
    return [markers.marker_of(row) for row in session.rows(markers.select(place), [drill])]
